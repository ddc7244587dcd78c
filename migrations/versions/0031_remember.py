"""Remember what we believed of reservations and when, what a run did, and which classes members may read about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "reservation_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("reservation_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=True),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_reservation_reading_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation_reading")),
    )
    together = ["connection_id", "session_id", "at"]
    op.create_index(op.f("ix_reservation_reading_connection_id_session_id_at"), "reservation_reading", together)
    op.create_index(op.f("ix_reservation_reading_at"), "reservation_reading", ["at"])
    op.create_table(
        "run_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_line_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_line")),
    )
    op.create_index(op.f("ix_run_line_run_id_id"), "run_line", ["run_id", "id"])
    op.create_index(op.f("ix_run_line_at"), "run_line", ["at"])
    op.create_table(
        "member_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_member_page_session_id_class_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_page")),
        sa.UniqueConstraint("session_id", name=op.f("uq_member_page_session_id")),
        sa.UniqueConstraint("token", name=op.f("uq_member_page_token")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("member_page")
    op.drop_table("run_line")
    op.drop_table("reservation_reading")
