"""The commands that need the road, and serving."""
