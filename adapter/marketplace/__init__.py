"""What is sold through a marketplace, and what it pays."""
