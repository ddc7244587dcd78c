"""Show how far a platform's clock is from ours (F20)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("connection", sa.Column("clock_ahead", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("connection", "clock_ahead")
