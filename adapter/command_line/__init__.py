"""Commands that need no road and are no topic's own, and how commands print."""
