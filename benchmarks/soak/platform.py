"""The booking platform of the soak: a process with many small studios. Tells its facts as JSON, ends with its stdin."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.soak.clock import FileClock
from connectors.sandbox.market.plans import StudioPlan
from connectors.sandbox.market.studios import small_studio
from connectors.sandbox.market.world import World
from connectors.sandbox.server.app import create_app
from connectors.sandbox.server.options import Options
from connectors.sandbox.server.running import Server, facts, listen

WEEKS = 1  # of history at the beginning
SLOTS = 6  # classes a week
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Sydney", "America/Los_Angeles", "Europe/London")
MONEY = {"Europe/Berlin": "EUR", "Australia/Sydney": "AUD", "Europe/London": "GBP"}


def studios(count: int) -> tuple[StudioPlan, ...]:
    """So many small studios around the world."""
    small = small_studio(weeks=WEEKS)
    return tuple(
        replace(
            small,
            site=1001 + number,
            name=f"Studio {number + 1}",
            timezone=ZONES[number % len(ZONES)],
            currency=MONEY.get(ZONES[number % len(ZONES)], "USD"),
            slots=small.slots[number % 5 : number % 5 + SLOTS],
            people=60,
            marketplace=replace(small.marketplace, users=120),
        )
        for number in range(count)
    )


@contextmanager
def running(seed: int, count: int, clock: FileClock) -> Iterator[dict[str, Any]]:
    """The platform at work; what a caller must know to use it."""
    bound, url = listen()
    options = Options(
        url=url,
        access_token_seconds=8 * 3600,
        most_rows=25,
        webhook_retry_minutes=(15.0, 60.0, 240.0),
        webhook_give_up_after=10**6,  # a message given up is lost; the subscription stays
    )
    app = create_app(World(seed, clock(), studios(count)), options, clock=clock)
    server = Server(app, bound)
    server.start()
    try:
        yield facts(app.extensions["sandbox"])
    finally:
        server.stop()


def main(seed: str, count: str, clock: str) -> None:
    """Serve until stdin ends."""
    with running(int(seed), int(count), FileClock(Path(clock))) as told:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
