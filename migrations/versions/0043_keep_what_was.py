"""Keep what was: what a payout hung on before it changed, how offers stood at the platform, why a push failed."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

WAS = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
READINGS = ("session_reading", "reservation_reading")
STEPS = "listing_step"
INDEXES = (("connection_id", "at"), ("session_id",), ("at",))


def upgrade() -> None:
    """Forward."""
    for table in READINGS:
        op.add_column(table, sa.Column("was", WAS, nullable=True))
        op.add_column(table, sa.Column("moved", sa.Boolean(), server_default=sa.false(), nullable=False))
        op.create_index(
            f"ix_{table}_moved",
            table,
            ["connection_id", "at"],
            sqlite_where=sa.text("moved = 1"),
            postgresql_where=sa.text("moved"),
        )
    op.add_column("push_step", sa.Column("answer", sa.String(), nullable=True))
    op.add_column("channel_reservation", sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connection", sa.Column("history_since", sa.DateTime(timezone=True), nullable=True))
    known = sa.table("connection", sa.column("history_since", sa.DateTime(timezone=True)))
    op.execute(known.update().values(history_since=datetime.now(UTC)))
    _create_steps()


def downgrade() -> None:
    """Back."""
    op.drop_table(STEPS)
    op.drop_column("connection", "history_since")
    op.drop_column("channel_reservation", "entered_at")
    op.drop_column("push_step", "answer")
    for table in READINGS:
        op.drop_index(f"ix_{table}_moved", table_name=table)
        op.drop_column(table, "moved")
        op.drop_column(table, "was")


def _create_steps() -> None:
    op.create_table(
        STEPS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drifting", sa.Boolean(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_listing_step_connection_id_connection")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_listing_step_session_id_class_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_step")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_{STEPS}_{'_'.join(columns)}"), STEPS, list(columns))
    op.execute(
        "insert into listing_step (connection_id, session_id, at, drifting, own, mended) "
        "select connection_id, session_id, (select max(history_since) from connection), drift_since is not null, "
        "own is not null, mended from listing where drift_since is not null or own is not null or mended > 0"
    )
