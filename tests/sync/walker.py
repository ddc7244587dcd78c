"""A process that works off whatever is due, to be killed at any moment. Run by test_kill with one line of JSON."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from adapter.context import Context
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from sync.engine import engine_of
from tests.sync.conftest import settings_of


def main(told: dict[str, Any]) -> None:
    """Open the adapter as told, say so, work."""
    config = settings_of(told["facts"], Path(told["instance"]), told["database_url"])
    config = type(config)(**{**vars(config), "encryption_keys": tuple(told["encryption_keys"])})
    now = datetime.fromisoformat(told["now"])
    keys = Keyring(config.encryption_keys, told["hash_key"])
    context = Context(config=config, store=Store(config.database_url), keys=keys, now=lambda: now)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    engine_of(context).run_due()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
