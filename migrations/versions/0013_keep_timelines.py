"""Keep what explains an overbooking: readings of sessions that changed, and the steps of each push."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "session_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("online_capacity", sa.Integer(), nullable=True),
        sa.Column("booked", sa.Integer(), nullable=True),
        sa.Column("waitlisted", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_session_reading_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_reading")),
    )
    op.create_index(op.f("ix_session_reading_at"), "session_reading", ["at"])
    op.create_index(
        op.f("ix_session_reading_connection_id_session_id_at"), "session_reading", ["connection_id", "session_id", "at"]
    )
    op.create_table(
        "push_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("push_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"], name=op.f("fk_push_step_push_id_push")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_step")),
    )
    op.create_index(op.f("ix_push_step_at"), "push_step", ["at"])
    op.create_index(op.f("ix_push_step_push_id"), "push_step", ["push_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("push_step")
    op.drop_table("session_reading")
