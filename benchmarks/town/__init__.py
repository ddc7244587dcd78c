"""A made-up town whose people choose: a market built quite otherwise than the worlds SmartTools was made beside."""
