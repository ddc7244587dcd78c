"""A worker of the fleet, to be killed at any moment. Run by test_fleet with one line of JSON; its lease is short."""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from sync import jobs, queue
from sync.engine.fleet import Fleet, Pace
from tests.fixtures.database import NOON
from tests.sync.walker import opened


def main(told: dict[str, Any]) -> None:
    """Open the adapter as told, its clock at noon when the test began; work until killed."""
    queue.LEASE, jobs.HEARTBEAT = timedelta(seconds=1.5), timedelta(seconds=0.3)
    context = opened(told, lambda: NOON + timedelta(seconds=time.time() - told["began"]))
    Fleet(context, pace=Pace(look=0.1, beat=0.2, missed=0.8)).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
