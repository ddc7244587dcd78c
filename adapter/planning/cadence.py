"""What is read how often, as data: the readings of a round and of a night, in the order of their worth.

Pure. Knows no platform, no database and no clock. What a reading costs is told by the store, whether it can be afforded
by ``budget``; the reading itself is sync's.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ROUND = timedelta(minutes=10)
SLACK = timedelta(minutes=1)  # a clock that looks twice a minute is never early on purpose
NIGHT_BEGINS = time(2, 0)  # at the studio: nobody books, nobody is signed in
NIGHT_MINUTES = 180  # over which connections are spread (F23)

NIGHT, NIGHT_TRIED = "night", "night.tried"
NIGHT_AGAIN = timedelta(hours=1)  # one that failed is not tried at each round
ROSTERS = "rosters"
CLIENTS = "clients"
SALES = "sales"


@dataclass(frozen=True, slots=True)
class Ring:
    """A stretch of the timetable, in days from today: the nearer its classes, the more a fresh look is worth."""

    name: str
    first: int  # days from today (UTC), this one included
    last: int  # this one excluded
    words: str


RINGS = (
    Ring("day", -3, 2, "classes of the next 24 hours"),
    Ring("week", 2, 8, "classes of the next 7 days"),
    Ring("horizon", 8, 29, "classes further ahead"),
)
"""The timetable that is decided about (IN-03), and the days behind in which attendance is marked."""

WIDE = Ring("wide", -35, 57, "all classes of the last five and the next eight weeks")
"""What the nightly reconcile reads: a hard deletion is found within a day (F12), a class moved far away too."""

SALES_DAYS, NIGHT_SALES_DAYS = 3, 35  # so far back sales are read again: an old one may be edited or returned

EVERY = {
    **{ring.name: ROUND for ring in RINGS},
    CLIENTS: ROUND,
    SALES: timedelta(hours=1),
    NIGHT: timedelta(hours=24),
}
WORDS = {
    **{ring.name: ring.words for ring in RINGS},
    NIGHT: "the nightly comparison of everything",
    ROSTERS: "who is in a class",
    CLIENTS: "changed clients",
    SALES: "sales",
}
WORTH = (RINGS[0].name, NIGHT, ROSTERS, RINGS[1].name, CLIENTS, RINGS[2].name, SALES)
"""What is worth most comes first: what may be sold within a day, and that nothing is sold that is no more."""


def is_ripe(what: str, last: datetime | None, now: datetime) -> bool:
    """Whether a reading of a round is due again, calls apart."""
    return not is_within(EVERY[what] - SLACK, last, now)


def is_night_due(last: datetime | None, tried: datetime | None, now: datetime, night: datetime) -> bool:
    """Whether the nightly reading that was to begin at ``night`` is still to be made."""
    read = last is not None and night <= last <= now + SLACK
    return not read and not is_within(NIGHT_AGAIN, tried, now)


def is_within(time: timedelta, last: datetime | None, now: datetime) -> bool:
    """Whether something was done less than ``time`` ago. In the future it was not: a clock had run ahead (F19)."""
    return last is not None and -SLACK <= now - last < time


def night_before(now: datetime, zone: ZoneInfo, connection_id: int) -> datetime:
    """The latest instant at which this connection's nightly reading was to begin: the same minute of every night."""
    today = now.astimezone(zone).date()
    tonight = _night_of(datetime.combine(today, NIGHT_BEGINS), zone, connection_id)
    if tonight <= now:
        return tonight
    return _night_of(datetime.combine(today - timedelta(days=1), NIGHT_BEGINS), zone, connection_id)


def _night_of(begins: datetime, zone: ZoneInfo, connection_id: int) -> datetime:
    spread = zlib.crc32(str(connection_id).encode()) % NIGHT_MINUTES
    return begins.replace(tzinfo=zone).astimezone(UTC) + timedelta(minutes=spread)
