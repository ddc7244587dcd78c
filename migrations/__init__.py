"""Alembic revisions: one verb a revision."""
