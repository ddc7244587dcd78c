"""Facts in, a statement with its reasons out. Pure: no store, no Flask, no connectors, no clock."""
