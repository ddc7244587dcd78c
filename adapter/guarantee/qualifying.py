"""Which marketplace reservations qualify, and why (GQ-01 to GQ-07).

Attended qualifies, whatever cancellation was recorded. Early or late is a matter of elapsed hours, never of what the
platform calls it. A late cancellation that was rebooked through the marketplace does not count; what becomes of the
reservation that took its place does not matter.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.guarantee.case import Reservation
from adapter.guarantee.readings import Readings
from adapter.guarantee.terms import Terms

Reservations = Sequence[Reservation]

LONGEST_POLICY = 1_000_000  # hours: more than anybody books ahead, and still a time


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a marketplace reservation qualifies, and the reason."""

    qualifying: bool
    reason: str


ATTENDED = Verdict(True, "attended")
NO_SHOW = Verdict(True, "no_show")
LATE_CANCELLED = Verdict(True, "late_cancelled")
DENIED = Verdict(False, "denied")
BY_STUDIO = Verdict(False, "cancelled_by_studio")
EARLY = Verdict(False, "cancelled_early")
REBOOKED = Verdict(False, "rebooked")


def cutoff(policy_hours: int, terms: Terms, readings: Readings) -> timedelta:
    """How long before its start a reservation may still be cancelled: the smaller of policy and terms (GQ-02)."""
    hours = (min(policy_hours, LONGEST_POLICY), terms.cancel_hours)
    return timedelta(hours=max(hours) if readings["cutoff"] == "max(policy,12h)" else min(hours))


def verdicts(reservations: Iterable[Reservation], until: timedelta) -> dict[str, Verdict]:
    """The verdict on each marketplace reservation, by its id; all of a class have to be among them."""
    offered = [each for each in reservations if each.channel == "marketplace"]
    found = {each.id: _alone(each, until) for each in offered}
    late = [each for each in offered if found[each.id] is LATE_CANCELLED]
    for rebooked in _rebooked(late, offered):
        found[rebooked] = REBOOKED
    return found


def _alone(each: Reservation, until: timedelta) -> Verdict:
    """What a reservation is by itself, before it is known whether somebody took its place."""
    if each.outcome == "attended":
        return ATTENDED
    if each.outcome == "denied":
        return DENIED
    if each.cancelled_at is None:
        return NO_SHOW if each.outcome == "no_show" else ATTENDED
    if each.cancelled_by == "studio":
        return BY_STUDIO
    return EARLY if each.starts_at - each.cancelled_at >= until else LATE_CANCELLED


def _rebooked(late: Reservations, offered: Reservations) -> Collection[str]:
    """The late cancellations whose place was booked again: by the platform's own link, else in order of cancelling.

    Only a marketplace reservation rebooks ("rebooked via ClassPass", 5 a). One that is linked to has replaced that one,
    cancelled late or not, and replaces no other.
    """
    through_us = {each.id for each in offered}
    found = {each.id for each in late if each.rebooked_by in through_us}
    taken = {each.rebooked_by for each in offered if each.rebooked_by is not None}
    return found | _matched(
        [each for each in late if each.rebooked_by is None], [each for each in offered if each.id not in taken]
    )


def _matched(late: Reservations, offered: Reservations) -> set[str]:
    """First cancelled, first replaced: by the earliest booking of the same class after it that has replaced none yet.

    A booking that came too early for one cancellation came too early for every later one.
    """
    waiting = _by_class(offered)
    found = set()
    for at, gone in sorted(
        ((each.cancelled_at, each) for each in late if each.cancelled_at is not None),
        key=lambda pair: (pair[0], pair[1].id),
    ):
        queue = waiting[gone.class_id]
        while queue and queue[0][0] <= at:
            queue.popleft()
        if queue:
            queue.popleft()
            found.add(gone.id)
    return found


def _by_class(offered: Reservations) -> Mapping[str, deque[tuple[datetime, str]]]:
    """When the reservations of each class were booked, in that order."""
    booked: dict[str, deque[tuple[datetime, str]]] = defaultdict(deque)
    for at, number, class_id in sorted((each.booked_at, each.id, each.class_id) for each in offered if each.booked_at):
        booked[class_id].append((at, number))
    return booked
