"""A worker of the fleet, to be killed at any moment. Run by test_fleet with one line of JSON; its lease is short."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from sync.engine import jobs, queue
from sync.engine.fleet import Fleet, Pace
from tests.fixtures.database import NOON
from tests.sync.conftest import settings_of


def main(told: dict[str, Any]) -> None:
    """Open the adapter as told, its clock at noon when the test began; work until killed."""
    queue.LEASE, jobs.HEARTBEAT = timedelta(seconds=1.5), timedelta(seconds=0.3)
    config = settings_of(told["facts"], Path(told["instance"]), told["database_url"])
    context = Context(
        config=replace(config, encryption_keys=tuple(told["encryption_keys"])),
        store=Store(config.database_url),
        keys=Keyring(told["encryption_keys"], told["hash_key"]),
        now=lambda: NOON + timedelta(seconds=time.time() - told["began"]),
    )
    Fleet(context, pace=Pace(look=0.1, beat=0.2, missed=0.8)).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
