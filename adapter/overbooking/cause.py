"""The cause of an overbooking, from a closed list. Pure: the same events give the same words.

The booking that was one too many is found by counting seats against the capacity of its instant. Then each cause is
held against what happened before it, the most certain first; where none fits, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.overbooking.events import Event, Kind, in_order

MARKETPLACE = "marketplace"
IN_FORCE = frozenset({"sent", "confirmed", "local"})  # the platform has taken it, or it is in force where we sell
NEVER = frozenset({"refused", "failed", "unknown"})

INEXACT = frozenset({"first_seen", "unknown"})  # where a booking's time comes from, if nobody told it
UNEXPLAINED = "nothing that was kept explains it"


class Cause(StrEnum):
    """Why there were more reservations than places."""

    NONE = "none"  # there were not
    CAPACITY_CUT = "capacity_cut"  # the studio took places away below what was booked
    DOUBLE = "double"  # the platform has the same client twice
    IGNORED = "ignored"  # the limit was in force, and the platform let one through, or somebody changed it there
    PUSH_LATENCY = "push_latency"  # the lower limit was on its way, or never got there
    STALE = "stale"  # it was decided without knowing of bookings that had been made
    SHARED = "shared"  # direct clients took places after they were listed: places are shared, no fault
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The cause, in words, and the instant of the overbooking."""

    cause: Cause
    words: str
    at: datetime | None = None


@dataclass
class _Seats:
    """What was taken, as time passes."""

    capacity: int | None = None
    taken: int = 0
    marketplace: int = 0

    def apply(self, event: Event) -> None:
        if event.kind is Kind.READ and event.facts.get("capacity") is not None:
            self.capacity = event.facts["capacity"]
        if event.kind is Kind.CAPACITY and event.facts["after"] is not None:
            self.capacity = event.facts["after"]
        if event.kind in (Kind.BOOKED, Kind.CANCELLED):
            seats = event.facts["seats"] * (1 if event.kind is Kind.BOOKED else -1)
            self.taken += seats
            self.marketplace += seats if event.facts["channel"] == MARKETPLACE else 0

    @property
    def over(self) -> int:
        return 0 if self.capacity is None else max(0, self.taken - self.capacity)


def find_cause(events: Iterable[Event], *, until: datetime | None = None) -> Finding:
    """The cause of the first overbooking. ``until``: now, for a push that is still on its way."""
    ordered = in_order(list(events))
    seats = _Seats(capacity=_first_capacity(ordered))
    for number, event in enumerate(ordered):
        before = seats.over
        seats.apply(event)
        if seats.over and not before:
            cause, words = _named(ordered[:number], event, ordered[number + 1 :], seats, until or ordered[-1].at)
            return Finding(cause, words, event.at)
    if seats.capacity is None and seats.taken:
        return Finding(Cause.UNKNOWN, "the platform gives no capacity: whether it is overbooked cannot be told")
    return Finding(Cause.NONE, "never more reservations than places")


def _first_capacity(events: Sequence[Event]) -> int | None:
    """A session had places before we first read how many."""
    known = (event.facts.get("capacity", event.facts.get("before")) for event in events if event.kind in _TELL_CAPACITY)
    return next((capacity for capacity in known if capacity is not None), None)


_TELL_CAPACITY = (Kind.READ, Kind.CAPACITY)


def _named(
    before: Sequence[Event], event: Event, after: Sequence[Event], seats: _Seats, until: datetime
) -> tuple[Cause, str]:
    if event.kind is not Kind.BOOKED:
        cut = f"capacity was cut to {seats.capacity} when {seats.taken} places were booked"
        return Cause.CAPACITY_CUT, cut
    if event.facts.get("twin"):
        return Cause.DOUBLE, "double reservation: the platform's books have the same client in this class twice"
    if event.facts["channel"] != MARKETPLACE:
        return _of_direct(seats, event)
    return (
        _ignored(before, event, seats)
        or _push_latency(before, event, after, seats, until)
        or _stale(before, event, after)
        or (
            Cause.UNKNOWN,
            UNEXPLAINED if _is_exact(event) else f"{UNEXPLAINED}; the platform does not tell when it was booked",
        )
    )


def _is_exact(booked: Event) -> bool:
    return bool(booked.facts.get("exact", True)) and booked.facts.get("by") not in INEXACT


def _of_direct(seats: _Seats, event: Event) -> tuple[Cause, str]:
    if not seats.marketplace:
        return Cause.UNKNOWN, f"a {event.facts['channel']} booking was one too many, and none is the marketplace's"
    words = "direct bookings after listing: places are shared, and the platform let in one too many; no fault of ours"
    return Cause.SHARED, words


def _ignored(before: Sequence[Event], event: Event, seats: _Seats) -> tuple[Cause, str] | None:
    """The limit in force at the platform was already lower than what it let in."""
    ended = [one for one in before if one.kind is Kind.PUSHED and one.facts["state"] in IN_FORCE]
    if not ended or ended[-1].facts["limit"] >= seats.marketplace:
        return None
    limit, since = ended[-1].facts["limit"], event.at - ended[-1].at
    drifted = [one for one in before if one.kind is Kind.DRIFTED and one.at >= ended[-1].at]
    if drifted:
        return Cause.IGNORED, f"drift: the platform held a limit of {drifted[-1].facts['limit']} instead of our {limit}"
    return (
        Cause.IGNORED,
        f"platform ignored the limit: {limit} had been in force for {spell(since)}, it let in {seats.marketplace}",
    )


def _push_latency(
    before: Sequence[Event], event: Event, after: Sequence[Event], seats: _Seats, until: datetime
) -> tuple[Cause, str] | None:
    """A limit that would have held it back was decided, and not in force yet."""
    ends: dict[int, Event] = {}
    for one in (*before, *after):
        if one.kind is Kind.PUSHED and not _is_in_force(ends.get(one.facts["push"])):
            ends[one.facts["push"]] = one
    lower = (one for one in before if one.kind is Kind.WANTED and one.facts["limit"] < seats.marketplace)
    for wanted in lower:
        ended, gap = ends.get(wanted.facts["push"]), spell(event.at - wanted.at)
        if ended is None:
            return Cause.PUSH_LATENCY, f"push still under way after {spell(until - wanted.at)} > booking gap {gap}"
        if _is_in_force(ended) and ended.at > event.at:
            return Cause.PUSH_LATENCY, f"push latency {spell(ended.at - wanted.at)} > booking gap {gap}"
        if ended.facts["state"] in NEVER:
            words = f"push {ended.facts['state']}: the limit {wanted.facts['limit']} never was in force"
            return Cause.PUSH_LATENCY, f"{words}, booking gap {gap}"
    return None


def _is_in_force(ended: Event | None) -> bool:
    return ended is not None and ended.facts["state"] in IN_FORCE


def _stale(before: Sequence[Event], event: Event, after: Sequence[Event]) -> tuple[Cause, str] | None:
    """The decision in force did not know of bookings that had been made."""
    decided = [one for one in before if one.kind is Kind.DECIDED]
    if not decided:
        return None
    known_until = _known_until(decided[-1], (*before, *after))
    unknown = sum(one.facts["seats"] for one in before if one.kind is Kind.BOOKED and one.at > known_until)
    if not unknown:
        return None
    known = f"read {spell(event.at - known_until)} before, and {_places(unknown)} booked since not known"
    return Cause.STALE, f"stale mirror at decision: {known}"


def _known_until(decided: Event, events: Sequence[Event]) -> datetime:
    """How far the copy went that a decision was made on: the last complete read, or a look of its own before it."""
    for one in events:
        if one.kind is Kind.LOOKED and one.at - timedelta(seconds=one.facts["seconds"]) <= decided.at <= one.at:
            return decided.at
    read: datetime = decided.facts.get("read_at") or decided.at
    return max([read, *(one.at for one in events if one.kind is Kind.READ and one.at <= decided.at)])


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


def spell(length: timedelta) -> str:
    """A length of time for people: seconds up to two minutes, then minutes, then hours."""
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
