"""Show changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    changes = sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
    op.add_column("run", changes)


def downgrade() -> None:
    """Back."""
    op.drop_column("run", "changes")
