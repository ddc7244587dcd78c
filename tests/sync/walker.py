"""A process that works off whatever is due, to be killed at any moment by test_kill."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from sync.engine import engine_of
from tests.sync.conftest import settings_of


def main(told: dict[str, Any], ready: Connection) -> None:
    """Open the adapter as told, say so, work."""
    config = settings_of(told["facts"], Path(told["instance"]), told["database_url"])
    config = type(config)(**{**vars(config), "encryption_keys": tuple(told["encryption_keys"])})
    now = datetime.fromisoformat(told["now"])
    keys = Keyring(config.encryption_keys, told["hash_key"])
    context = Context(config=config, store=Store(config.database_url), keys=keys, now=lambda: now)
    ready.send(True)
    engine_of(context).run_due()
