"""Raise alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_alert_connection_id_connection")),
        sa.ForeignKeyConstraint(["session_id"], ["class_session.id"], name=op.f("fk_alert_session_id_class_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_connection_id_until"), "alert", ["connection_id", "until"])
    op.add_column("setting", sa.Column("no_increase_after_minutes", sa.Integer(), nullable=True))
    op.add_column("setting", sa.Column("nothing_after_minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Back."""
    for name in ("nothing_after_minutes", "no_increase_after_minutes"):
        op.drop_column("setting", name)
    op.drop_index(op.f("ix_alert_connection_id_until"), table_name="alert")
    op.drop_table("alert")
