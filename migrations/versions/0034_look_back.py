"""Look back: what a connection's past weeks would have brought, as last worked out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0031"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "backtest",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_backtest_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_backtest")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("backtest")
