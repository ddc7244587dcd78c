"""Keep the payout ledger, and the franchisor's share of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "payout_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=True),
        sa.Column("quote", sa.String(), nullable=True),
        sa.Column("rate", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("franchisor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_payout_line_studio_id_studio")),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservation.id"], name=op.f("fk_payout_line_reservation_id_reservation")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_payout_line_session_id_class_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_line")),
        sa.UniqueConstraint(
            "reservation_id", "seat", "sequence", name=op.f("uq_payout_line_reservation_id_seat_sequence")
        ),
    )
    op.create_index(op.f("ix_payout_line_studio_id_day"), "payout_line", ["studio_id", "day"])
    op.create_index(op.f("ix_payout_line_session_id"), "payout_line", ["session_id"])
    op.create_table(
        "franchisor_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("share", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_franchisor_share_studio_id_studio")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_franchisor_share_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_franchisor_share")),
    )
    op.create_index(op.f("ix_franchisor_share_studio_id"), "franchisor_share", ["studio_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("franchisor_share")
    op.drop_table("payout_line")
