"""Index what pages count: pushes by state and day, sessions that stand, reservations by source."""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0037"
branch_labels = None
depends_on = None

INDEXES = (
    ("push", ("connection_id", "state", "settled_at")),
    ("push", ("connection_id", "created_at")),
    ("class_session", ("connection_id", "gone_at", "starts_at")),
    ("reservation", ("connection_id", "source")),
)


def upgrade() -> None:
    """Forward."""
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def downgrade() -> None:
    """Back."""
    for table, columns in reversed(INDEXES):
        op.drop_index(_name(table, columns), table_name=table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")
