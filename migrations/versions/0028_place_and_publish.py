"""Place classes by campaigns, and publish what is on offer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


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
    op.create_table(
        "publisher",
        sa.Column("studio_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organizer", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_publisher_studio_id_studio")),
        sa.PrimaryKeyConstraint("studio_id", name=op.f("pk_publisher")),
    )
    op.create_table(
        "public_venue",
        sa.Column("venue_id", sa.Integer(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("street", "locality", "region", "postal_code", "country")
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_public_venue_venue_id_venue")),
        sa.PrimaryKeyConstraint("venue_id", name=op.f("pk_public_venue")),
    )
    op.create_table(
        "public_activity",
        sa.Column("class_type_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_type_id"], ["class_type.id"], name=op.f("fk_public_activity_class_type_id_class_type")
        ),
        sa.PrimaryKeyConstraint("class_type_id", name=op.f("pk_public_activity")),
    )
    op.create_table(
        "public_item",
        sa.Column("session_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("facts", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_public_item_session_id_class_session")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_public_item")),
        sa.UniqueConstraint("modified", name=op.f("uq_public_item_modified")),
    )


def downgrade() -> None:
    """Back."""
    for table in ("public_item", "public_activity", "public_venue", "publisher"):
        op.drop_table(table)
    op.drop_table("campaign_venue")
    op.drop_table("campaign")
