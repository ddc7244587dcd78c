"""What becomes of a row we have when the platform says something else of it. Pure: two rows in, one row out.

A field that disappears, or turns into a word nobody has heard of, keeps its old value: silence is not a new fact, and
the payload itself is kept beside it. Some facts only get better: a booking time, the zone a session was first seen in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapter.store.booking_times import UNKNOWN, Booked, Evidence, better
from connectors.records import ACTIVE_OUTCOMES, Outcome

WORDS = frozenset({"outcome", "status", "kind"})
"""Columns of a closed list of words."""

UNKNOWN_WORD = "unknown"
"""What a word that nobody has heard of is read as, on each of these lists: it says nothing."""

DECIDED = frozenset({"gone_at", "booked_at", "cancelled_at"})
"""Columns that have rules of their own."""


def keep_what_is_not_said(old: Mapping[str, Any], new: dict[str, Any]) -> None:
    """Fill the silences of ``new`` from ``old``. A row that was gone has nothing to say about what it is now."""
    for name, value in new.items():
        silent = value is None or (name in WORDS and value == UNKNOWN_WORD and old["gone_at"] is None)
        if silent and name not in DECIDED and old[name] is not None:
            new[name] = old[name]


def stale(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether ``new`` is an older state of the record than the one we have (a lagging or repeated answer)."""
    before, after = old["updated_at"], new.get("updated_at")
    return before is not None and after is not None and after < before


def settle_reservation(old: Mapping[str, Any] | None, new: dict[str, Any], known: Evidence) -> None:
    """Decide the times of a reservation: when it was booked, and when it was cancelled."""
    said = Booked(new["booked_at"], new["booked_at_source"])
    booked = known.of(new["external_id"], new["session_id"], said)
    if old is not None:
        # What we have seen before is not seen for the first time now.
        seen = booked if said.at or new["external_id"] in known.notices else UNKNOWN
        booked = better(Booked(old["booked_at"], old["booked_at_source"]), seen)
    new["booked_at"], new["booked_at_source"] = booked.at, booked.source
    new["cancelled_at"] = _cancelled_at(old, new, known)


def _cancelled_at(old: Mapping[str, Any] | None, new: Mapping[str, Any], known: Evidence) -> datetime | None:
    if new["outcome"] in ACTIVE_OUTCOMES or new["outcome"] == Outcome.DENIED:
        return None
    if new["cancelled_at"] is not None or old is None:
        return _instant(new["cancelled_at"])
    if old["cancelled_at"] is not None:
        return _instant(old["cancelled_at"])
    start = known.starts.get(new["session_id"])
    watched = old["outcome"] in ACTIVE_OUTCOMES and start is not None and known.now < start
    return known.now if watched else None


def _instant(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
