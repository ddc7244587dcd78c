"""Keep pages by name: the guarantee's was the only one, and only a copy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "kept_page",
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        *_what_is_kept(),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_kept_page_studio_id_studio")),
        sa.PrimaryKeyConstraint("studio_id", "name", name=op.f("pk_kept_page")),
    )
    op.drop_table("guarantee_page")


def downgrade() -> None:
    """Back."""
    op.create_table(
        "guarantee_page",
        sa.Column("studio_id", sa.Integer(), nullable=False),
        *_what_is_kept(),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_guarantee_page_studio_id_studio")),
        sa.PrimaryKeyConstraint("studio_id", name=op.f("pk_guarantee_page")),
    )
    op.drop_table("kept_page")


def _what_is_kept() -> list[sa.Column[object]]:
    return [
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("content", JSON, nullable=False),
    ]
