"""Write back online capacities and a catalogue price."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "total_write",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_total_write_connection_id_connection")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_total_write_session_id_class_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_total_write")),
        sa.UniqueConstraint("session_id", name=op.f("uq_total_write_session_id")),
    )
    op.create_index(op.f("ix_total_write_connection_id"), "total_write", ["connection_id"])
    op.add_column("connection", sa.Column("catalog_option", sa.String(), nullable=True))
    prices = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("connection", sa.Column("catalog_before", prices, nullable=True))
    op.add_column("connection", sa.Column("catalog_sent", sa.Numeric(precision=18, scale=4), nullable=True))
    op.add_column("connection", sa.Column("catalog_seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Back."""
    for name in ("catalog_seen_at", "catalog_sent", "catalog_before", "catalog_option"):
        op.drop_column("connection", name)  # in place: other tables point at this one
    op.drop_index(op.f("ix_total_write_connection_id"), table_name="total_write")
    op.drop_table("total_write")
