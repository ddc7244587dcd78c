"""How things are shown wherever they are: the days ahead, amounts, who may see the floor, cells."""
