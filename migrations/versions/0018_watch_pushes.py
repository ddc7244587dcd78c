"""Watch pushes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    state = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("before", state, nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drift", state, nullable=True),
        sa.Column("drift_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspect", sa.String(), nullable=True),
        sa.Column("drifts", sa.Integer(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.Column("own", state, nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_listing_connection_id_connection")),
        sa.ForeignKeyConstraint(["session_id"], ["class_session.id"], name=op.f("fk_listing_session_id_class_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("session_id", name=op.f("uq_listing_session_id")),
    )
    op.create_index(op.f("ix_listing_connection_id"), "listing", ["connection_id"])
    op.create_table(
        "breaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_breaker_connection_id_connection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaker")),
        sa.UniqueConstraint("connection_id", name=op.f("uq_breaker_connection_id")),
    )
    op.add_column("push", sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("push", sa.Column("sequence", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Back."""
    for name in ("sequence", "urgent"):
        op.drop_column("push", name)
    op.drop_table("breaker")
    op.drop_index(op.f("ix_listing_connection_id"), table_name="listing")
    op.drop_table("listing")
