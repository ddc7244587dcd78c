"""How Alembic sees our tables. Run by ``migrations.run`` inside a transaction that is already open and locked."""

from __future__ import annotations

from alembic import context

from adapter.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_server_default=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
