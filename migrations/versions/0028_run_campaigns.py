"""Run campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("marketplace", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("fee", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_campaign_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index(op.f("ix_campaign_studio_id"), "campaign", ["studio_id"])
    op.create_table(
        "campaign_venue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_venue_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_campaign_venue_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_venue")),
        sa.UniqueConstraint("campaign_id", "venue_id", name=op.f("uq_campaign_venue_campaign_id_venue_id")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("campaign_venue")
    op.drop_table("campaign")
