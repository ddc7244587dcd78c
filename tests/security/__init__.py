"""What nobody may do: each route, each role, each studio."""
