"""Running the service itself: what is wrong and what to do, its keys, its memory, moving house."""
