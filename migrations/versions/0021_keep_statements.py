"""Keep statements and holdouts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "guarantee_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_guarantee_statement_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_statement")),
        sa.UniqueConstraint("studio_id", "version", name=op.f("uq_guarantee_statement_studio_id_version")),
    )
    op.create_table(
        "holdout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_holdout_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdout")),
    )
    op.create_index(op.f("ix_holdout_studio_id"), "holdout", ["studio_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("holdout")
    op.drop_table("guarantee_statement")
