"""Show pages of large studios as last worked out; agree on taxes and on the floor's share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "guarantee_page",
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_guarantee_page_studio_id_studio")),
        sa.PrimaryKeyConstraint("studio_id", name=op.f("pk_guarantee_page")),
    )
    op.add_column("participation", sa.Column("tax_rates", JSON, nullable=False, server_default=sa.text("'{}'")))
    op.add_column("participation", sa.Column("floor_share", sa.Numeric(precision=9, scale=6), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("participation", "floor_share")
    op.drop_column("participation", "tax_rates")
    op.drop_table("guarantee_page")
