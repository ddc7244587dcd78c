"""Sell through marketplaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "channel_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_position")),
    )
    op.create_table(
        "market",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("margin", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("credit_value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("rounding", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market")),
        sa.UniqueConstraint("name", name=op.f("uq_market_name")),
    )
    op.create_table(
        "market_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("market_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("visits_per_month", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["market_id"], ["market.id"], name=op.f("fk_market_plan_market_id_market")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_plan")),
        sa.UniqueConstraint("market_id", "name", name=op.f("uq_market_plan_market_id_name")),
    )
    op.create_table(
        "marketplace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("market_id", sa.Integer(), nullable=True),
        sa.Column("webhook_url", sa.String(), nullable=True),
        sa.Column("webhook_secret", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["market_id"], ["market.id"], name=op.f("fk_marketplace_market_id_market")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketplace")),
        sa.UniqueConstraint("name", name=op.f("uq_marketplace_name")),
    )
    op.create_table(
        "channel_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["marketplace_id"], ["marketplace.id"], name=op.f("fk_channel_message_marketplace_id_marketplace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_channel_message_message_id")),
    )
    with op.batch_alter_table("channel_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_message_marketplace_id"), ["marketplace_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_message_next_try_at"), ["next_try_at"], unique=False)

    op.create_table(
        "marketplace_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("sells", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("trials", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["marketplace_id"], ["marketplace.id"], name=op.f("fk_marketplace_terms_marketplace_id_marketplace")
        ),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_marketplace_terms_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketplace_terms")),
        sa.UniqueConstraint("marketplace_id", "studio_id", name=op.f("uq_marketplace_terms_marketplace_id_studio_id")),
    )
    with op.batch_alter_table("marketplace_terms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_marketplace_terms_studio_id"), ["studio_id"], unique=False)

    op.create_table(
        "channel_offer",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spots", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("premium_spots", sa.Integer(), nullable=False),
        sa.Column("premium_rate", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_channel_offer_connection_id_connection")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_channel_offer_session_id_class_session")
        ),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_channel_offer_studio_id_studio")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_channel_offer")),
        sa.UniqueConstraint("position", name=op.f("uq_channel_offer_position")),
    )
    with op.batch_alter_table("channel_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_offer_connection_id"), ["connection_id"], unique=False)

    op.create_table(
        "channel_reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", sa.Integer(), nullable=False),
        sa.Column("caller_id", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("guest_email_id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("product", sa.String(length=32), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("quote_id", sa.String(), nullable=True),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payout", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("refusal", sa.String(length=32), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("platform_id", sa.String(), nullable=True),
        sa.Column("on_ledger", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_channel_reservation_connection_id_connection")
        ),
        sa.ForeignKeyConstraint(
            ["guest_email_id"], ["email_address.id"], name=op.f("fk_channel_reservation_guest_email_id_email_address")
        ),
        sa.ForeignKeyConstraint(
            ["marketplace_id"], ["marketplace.id"], name=op.f("fk_channel_reservation_marketplace_id_marketplace")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_channel_reservation_session_id_class_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_reservation")),
        sa.UniqueConstraint(
            "connection_id", "platform_id", name=op.f("uq_channel_reservation_connection_id_platform_id")
        ),
        sa.UniqueConstraint(
            "marketplace_id", "caller_id", name=op.f("uq_channel_reservation_marketplace_id_caller_id")
        ),
        sa.UniqueConstraint("quote_id", name=op.f("uq_channel_reservation_quote_id")),
    )
    with op.batch_alter_table("channel_reservation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_channel_reservation_connection_id_changed_at"), ["connection_id", "changed_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_channel_reservation_look_at"), ["look_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_channel_reservation_session_id_state"), ["session_id", "state"], unique=False
        )


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("channel_reservation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_reservation_session_id_state"))
        batch_op.drop_index(batch_op.f("ix_channel_reservation_look_at"))
        batch_op.drop_index(batch_op.f("ix_channel_reservation_connection_id_changed_at"))

    op.drop_table("channel_reservation")
    with op.batch_alter_table("channel_offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_offer_connection_id"))

    op.drop_table("channel_offer")
    with op.batch_alter_table("marketplace_terms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_marketplace_terms_studio_id"))

    op.drop_table("marketplace_terms")
    with op.batch_alter_table("channel_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_message_next_try_at"))
        batch_op.drop_index(batch_op.f("ix_channel_message_marketplace_id"))

    op.drop_table("channel_message")
    op.drop_table("marketplace")
    op.drop_table("market_plan")
    op.drop_table("market")
    op.drop_table("channel_position")
