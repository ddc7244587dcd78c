"""Invite people, and know when somebody signed in last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email_id", sa.Integer(), nullable=True),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["accepted_by"], ["user_account.id"], name=op.f("fk_invitation_accepted_by_user_account")
        ),
        sa.ForeignKeyConstraint(["email_id"], ["email_address.id"], name=op.f("fk_invitation_email_id_email_address")),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_invitation_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_studio_id"), "invitation", ["studio_id"])
    op.add_column("user_account", sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user_account", sa.Column("access_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Back."""
    op.drop_column("user_account", "access_until")
    op.drop_column("user_account", "signed_in_at")
    op.drop_table("invitation")
