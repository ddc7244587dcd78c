"""The schema's history: one verb a revision, forward and back, on SQLite and PostgreSQL. Run by ``migrations.run``."""
