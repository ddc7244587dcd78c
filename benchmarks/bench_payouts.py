"""How long a payout ledger of 50,000 reservations takes: to be written, looked through again, shown and compared.

On SQLite, one year of a large studio. The limits: 30 s to write it for the first time (once in a studio's life), 15 s
to look all of it through (after a share or a tax was set), 1 s for the hourly look that finds nothing new, 5 s for a
year on one page, 10 s for a statement of 50,000 rows.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.due import due_classes, settled_classes
from adapter.marketplace.payouts.exports import period_as_csv
from adapter.marketplace.payouts.ledger import append_settled
from adapter.marketplace.payouts.mirrored import rules_of
from adapter.marketplace.payouts.statements import compare_file
from adapter.marketplace.payouts.sums import totals_of
from adapter.marketplace.payouts.view import Period, period_of
from adapter.people.accounts import create_studio
from adapter.store.database import Store
from adapter.store.dialect import chunks
from adapter.store.tables import Base, ClassType, Connection, Reservation, Session, SourceMapping, Venue
from connectors.records import BookingTime, Channel, Outcome, SessionStatus

RESERVATIONS, CLASSES, DAYS = 50_000, 10_000, 360
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = NOW - timedelta(days=DAYS + 3)
YEAR = Days((FIRST - timedelta(days=1)).date(), NOW.date())
LIMITS = {"written": 30.0, "looked through": 15.0, "found up to date": 1.0, "shown": 5.0, "compared": 10.0}  # seconds
STEP = 200  # classes, as a run takes them


def large_studio(store: Store, seed: int = 0) -> tuple[int, int]:
    """A studio and its connection: five marketplace reservations a class, a fifth of them cancelled."""
    draw = random.Random(seed)
    with store.write() as db:
        studio = create_studio(db, "Large", timezone="Europe/Paris", currency="EUR", now=FIRST)
        row = Connection(studio_id=studio.id, platform="sandbox", site="1", site_name="Large", connected_at=FIRST)
        row.timezone, row.currency = "Europe/Paris", "EUR"
        db.add(row)
        db.flush()
        plain = {"connection_id": row.id, "raw": {}, "content_hash": "0" * 32, "fetched_at": FIRST}
        db.add(Venue(**plain, external_id="v", name="Main Street", timezone="Europe/Paris", currency="EUR"))
        db.add(ClassType(**plain, external_id="t", name="Yoga", hidden=False))
        source = SourceMapping(connection_id=row.id, source="channel", channel=Channel.MARKETPLACE, confirmed_by="x")
        source.confirmed_at = FIRST
        db.add(source)
        starts = [FIRST + timedelta(days=number % DAYS, hours=number % 9) for number in range(CLASSES)]
        db.execute(insert(Session), [plain | _class(number, at) for number, at in enumerate(starts)])
        made = [plain | _reservation(number, starts[number % CLASSES], draw) for number in range(RESERVATIONS)]
        db.execute(insert(Reservation), made)
        return studio.id, row.id


def _class(number: int, starts: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "external_id": f"s{number}",
        "venue_id": "v",
        "class_type_id": "t",
        "timezone": "Europe/Paris",
    }
    row |= {"starts_at": starts, "ends_at": starts + timedelta(hours=1), "capacity": 20, "waitlisted": 0}
    return row | {"status": SessionStatus.SCHEDULED, "hidden": False}


def _reservation(number: int, starts: datetime, draw: random.Random) -> dict[str, Any]:
    gone = draw.random() < 0.2
    return {
        "external_id": f"r{number}",
        "session_id": f"s{number % CLASSES}",
        "source": "channel",
        "outcome": Outcome.CANCELLED if gone else Outcome.ATTENDED,
        "booked_at": starts - timedelta(hours=draw.randrange(2, 200)),
        "booked_at_source": BookingTime.PLATFORM,
        "cancelled_at": starts - timedelta(minutes=draw.randrange(10, 1800)) if gone else None,
        "seats": 1,
        "rate": Decimal(draw.randrange(700, 2500)) / 100,
    }


def settle(store: Store, studio: int, classes: list[int]) -> int:
    """What a run does; how many places were new or changed."""
    with store.read() as db:
        rules = rules_of(db, studio)
    moved = 0
    for some in chunks(classes, STEP):
        with store.write() as db:
            counts = append_settled(db, rules, some, NOW)
        moved += counts.new + counts.changed
    return moved


def _period(store: Store, studio: int) -> Period:
    with store.read() as db:
        period = period_of(db, studio, YEAR, NOW)
    totals_of(period.places)
    return period


def _due(store: Store, connection: int) -> int:
    """The classes that the hourly run would look at."""
    with store.read() as db:
        return len(due_classes(db, db.get_one(Connection, connection), NOW, NOW + timedelta(hours=1)))


def _compare(store: Store, studio: int, content: bytes) -> int:
    with store.read() as db:
        return len(compare_file(db, studio, content, "year.csv", YEAR, NOW).entries)


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = act()
    return time.perf_counter() - began, found


def main() -> int:
    """Print seconds and their ratios to the limits; 0 where all stay under them."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'adapter.db'}")
        Base.metadata.create_all(store.writer)
        studio, connection = large_studio(store)
        took: dict[str, float] = {}
        with store.read() as db:
            every = settled_classes(db, connection, NOW)
        took["written"], new = timed(lambda: settle(store, studio, every))
        took["looked through"], again = timed(lambda: settle(store, studio, every))
        took["found up to date"], due = timed(lambda: _due(store, connection))
        took["shown"], period = timed(lambda: _period(store, studio))
        content = period_as_csv(period).encode()
        took["compared"], entries = timed(lambda: _compare(store, studio, content))
        store.close()
    assert (new, again, due) == (RESERVATIONS, 0, 0)
    assert len(period.places) == entries == RESERVATIONS
    for name, seconds in took.items():
        limit = LIMITS[name]
        ratio = seconds / limit
        print(
            f"payouts: {RESERVATIONS} {name}: {seconds:.1f} s of {limit:.0f} s, ratio {ratio:.2f} (must stay below 1)"
        )
    return int(any(seconds >= LIMITS[name] for name, seconds in took.items()))


if __name__ == "__main__":
    sys.exit(main())
