"""Plan calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("api_calls", sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "call_pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_pace")),
        sa.UniqueConstraint("key", name=op.f("uq_call_pace_key")),
    )
    op.create_table(
        "last_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_last_reading_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_last_reading")),
        sa.UniqueConstraint("connection_id", "what", name=op.f("uq_last_reading_connection_id_what")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("last_reading")
    op.drop_table("call_pace")
    op.drop_column("api_calls", "asked")
