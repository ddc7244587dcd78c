"""What follows from selling: what is open is settled, what was sold is decided again, marketplaces are told."""
