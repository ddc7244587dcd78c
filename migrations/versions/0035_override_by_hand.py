"""Override by hand for a time; keep class types in shadow while the rest is live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spots", sa.Integer(), nullable=True),
        sa.Column("rate", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_override_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
    )
    op.create_index(op.f("ix_override_studio_id"), "override", ["studio_id"])
    op.add_column("setting", sa.Column("shadow", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("setting", "shadow")
    op.drop_index(op.f("ix_override_studio_id"), table_name="override")
    op.drop_table("override")
