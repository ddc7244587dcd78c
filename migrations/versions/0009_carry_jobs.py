"""Carry jobs between processes: Procrastinate's tables, on PostgreSQL."""

from __future__ import annotations

from alembic import op

from migrations.job_engine import add_job_tables, drop_job_tables

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    add_job_tables(op.get_bind(), last="03.04.00_50_post_add_retry_failed_job_procedure")


def downgrade() -> None:
    """Back."""
    drop_job_tables(op.get_bind())
