"""Watch subscriptions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEX = "ix_webhook_message_connection_id_received_at"


def columns() -> list[sa.Column[Any]]:
    """What is kept of a subscription beside its id and key."""
    return [
        sa.Column("webhook_secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("webhook_secret_before_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_state", sa.String(length=32), nullable=True),
        sa.Column("webhook_why", sa.String(), nullable=True),
        sa.Column("webhook_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_given_up", sa.Integer(), server_default="0", nullable=False),
        sa.Column("webhook_gap", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
    ]


def upgrade() -> None:
    """Forward."""
    for column in columns():
        op.add_column("connection", column)
    op.create_index(op.f(INDEX), "webhook_message", ["connection_id", "received_at"])


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f(INDEX), "webhook_message")
    for column in reversed(columns()):
        op.drop_column("connection", column.name)
