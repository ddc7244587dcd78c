"""Putting our side together: settings, the database at its newest schema, the keys, the clock."""

from __future__ import annotations

from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from adapter.clock import Clock, system_clock
from adapter.config import Config, ConfigError, load_config
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.kept_keys import hash_key
from adapter.store.sealing import Keyring, SealBroken
from migrations import run as migrations


def compose(config: Config | None = None, *, now: Clock = system_clock) -> Context:
    """An adapter, ready to work. Raises ConfigError where a setting or the database can't be used."""
    config = config or load_config()
    store = open_newest(config)
    return Context(config=config, store=store, keys=_keys(store, config), now=now)


def open_newest(config: Config) -> Store:
    """The database, brought to its newest schema. Raises ConfigError."""
    store = open_store(config)
    try:
        migrations.upgrade(store)
        return store
    except (SQLAlchemyError, CommandError) as error:
        shown = store.url.render_as_string(hide_password=True)
        raise ConfigError(
            f"ADAPTER_DATABASE_URL: the schema of {shown} cannot be brought up to date, and was left as it was: "
            f"{getattr(error, 'orig', None) or error}. A newer version of the adapter may have been here: use that one"
        ) from error


def _keys(store: Store, config: Config) -> Keyring:
    try:
        with store.write() as db:
            return Keyring(config.encryption_keys, hash_key(db, config.encryption_keys))
    except SealBroken as error:
        raise ConfigError(
            "ADAPTER_ENCRYPTION_KEYS: none of these keys opens this database; give the key it was made with as well"
        ) from error


def open_store(config: Config) -> Store:
    """The database, reachable. Raises ConfigError."""
    store = Store(config.database_url)
    if store.is_sqlite and store.url.database:
        Path(store.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        with store.reader.connect():
            return store
    except DatabaseError as error:
        shown = store.url.render_as_string(hide_password=True)
        store.close()
        raise ConfigError(f"ADAPTER_DATABASE_URL: {shown} cannot be opened: {error.orig}") from error
