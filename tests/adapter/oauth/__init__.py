"""OAuth as a client."""
