"""Choose premium."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("setting", sa.Column("premium", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("setting", "premium")
