"""Their side: speaks HTTP, knows booking platforms, knows nothing of us. Start reading at records.py."""
