"""Begin: every table."""

from __future__ import annotations

from alembic import op

from adapter.store.tables import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    Base.metadata.create_all(op.get_bind())


def downgrade() -> None:
    """Back."""
    Base.metadata.drop_all(op.get_bind())
