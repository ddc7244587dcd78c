"""A worker of the fleet, to be killed at any moment by test_fleet; its lease is short."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from sync.engine import jobs, queue
from sync.engine.fleet import Fleet, Pace
from tests.fixtures.database import NOON
from tests.sync.conftest import settings_of


def main(told: dict[str, Any], ready: Connection) -> None:
    """Open the adapter as told, its clock at noon when the test began; say so, and work until killed."""
    queue.LEASE, jobs.HEARTBEAT = timedelta(seconds=1.5), timedelta(seconds=0.3)
    config = settings_of(told["facts"], Path(told["instance"]), told["database_url"])
    context = Context(
        config=replace(config, encryption_keys=tuple(told["encryption_keys"])),
        store=Store(config.database_url),
        keys=Keyring(told["encryption_keys"], told["hash_key"]),
        now=lambda: NOON + timedelta(seconds=time.time() - told["began"]),
    )
    Fleet(context, pace=Pace(look=0.1, beat=0.2, missed=0.8)).start()
    ready.send(True)
    threading.Event().wait()
