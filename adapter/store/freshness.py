"""How old our copy of a platform is, and what follows from it (SS-19): for the guard and for the pages alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.store.settings import Settings
from adapter.store.tables import Connection


class Age(StrEnum):
    """What may still be listed by a copy of this age."""

    FRESH = "fresh"
    OLD = "old"  # nothing more than was listed before
    TOO_OLD = "too_old"  # nothing at all


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a connection's copy is, and its studio's two limits."""

    age: Age
    read_at: datetime | None  # the start of the last complete read
    no_increase_after: timedelta
    nothing_after: timedelta


def freshness_of(connection: Connection, settings: Settings, now: datetime) -> Freshness:
    """The freshness at ``now`` by the studio's settings. A connection that was never read has nothing listed: fresh."""
    first, second = timedelta(minutes=settings.no_increase_after), timedelta(minutes=settings.nothing_after)
    passed = timedelta(0) if connection.last_pulled_at is None else now - connection.last_pulled_at
    age = Age.TOO_OLD if passed > second else Age.OLD if passed > first else Age.FRESH
    return Freshness(age, connection.last_pulled_at, first, second)
