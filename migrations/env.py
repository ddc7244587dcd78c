"""How Alembic sees our tables. Run by ``migrations.run`` inside a transaction that is already open and locked."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from adapter.store.tables import Base
from adapter.store.tables.base import WORD_LENGTH, UtcDateTime, Word
from migrations.job_engine import is_ours


def frozen(kind: str, item: Any, writing: AutogenContext) -> str | Literal[False]:
    """A revision names what the database has, not our own column types: these may change, a revision may not."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Word):
        return f"sa.String(length={WORD_LENGTH})"
    if isinstance(item, JSON):
        writing.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=frozen,
    include_name=is_ours,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
