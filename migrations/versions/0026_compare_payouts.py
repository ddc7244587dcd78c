"""Compare payouts with the statements of a marketplace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "payout_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sums", JSON, nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_payout_statement_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_statement")),
        sa.UniqueConstraint(
            "studio_id",
            "digest",
            "first_day",
            "last_day",
            name=op.f("uq_payout_statement_studio_id_digest_first_day_last_day"),
        ),
    )
    op.create_table(
        "payout_difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("named", sa.String(), nullable=False),
        sa.Column("reservation", sa.String(), nullable=True),
        sa.Column("file_rows", JSON, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("ours", sa.BigInteger(), nullable=False),
        sa.Column("theirs", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["payout_statement.id"], name=op.f("fk_payout_difference_statement_id_payout_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_difference")),
        sa.UniqueConstraint("statement_id", "position", name=op.f("uq_payout_difference_statement_id_position")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("payout_difference")
    op.drop_table("payout_statement")
