"""Merge clients."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "client_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("lost_id", sa.String(), nullable=False),
        sa.Column("kept_id", sa.String(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_client_merge_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_merge")),
        sa.UniqueConstraint("connection_id", "lost_id", name=op.f("uq_client_merge_connection_id_lost_id")),
    )
    op.create_index(op.f("ix_client_merge_connection_id_kept_id"), "client_merge", ["connection_id", "kept_id"])


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_client_merge_connection_id_kept_id"), table_name="client_merge")
    op.drop_table("client_merge")
