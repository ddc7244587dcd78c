"""Keep settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("studio_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("min_spots", sa.Integer(), nullable=True),
        sa.Column("release_all_hours", sa.Integer(), nullable=True),
        sa.Column("rate_floor", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rate_ceiling", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("retail_rate", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("displacement_weight", sa.Double(), nullable=True),
        sa.Column("max_displacement_risk", sa.Double(), nullable=True),
        sa.Column("excluded", sa.Boolean(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["studio_id"], ["studio.id"], name=op.f("fk_setting_studio_id_studio")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
        sa.UniqueConstraint("studio_id", "scope", "scope_id", name=op.f("uq_setting_studio_id_scope_scope_id")),
    )
    op.create_table(
        "source_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_source_mapping_connection_id_connection")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_mapping")),
        sa.UniqueConstraint("connection_id", "source", name=op.f("uq_source_mapping_connection_id_source")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("source_mapping")
    op.drop_table("setting")
