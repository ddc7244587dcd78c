"""Note what a proof tries before it writes: killed in between, it left its number for the studio's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TRIAL = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.add_column("total_write", sa.Column("trial", TRIAL, nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("total_write", "trial")
