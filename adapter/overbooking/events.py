"""What can have happened to a session, told with an instant and plain facts. Never who: a channel, not a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happened. At the same instant, what stands first here came first."""

    READ = "read"  # capacity, booked, waitlisted, status: news from the platform
    CAPACITY = "capacity"  # before, after: as the reading told it
    MODE = "mode"  # before, after: pushing was switched
    BOOKED = "booked"  # channel, seats, exact; twin: the same client stands there already
    CANCELLED = "cancelled"  # channel, seats
    TOLD = "told"  # the platform's event came in
    LOOKED = "looked"  # it was worked off; seconds since it came
    DECIDED = "decided"  # sequence, spots, limit, read_at: how old the copy was that it was decided on
    WANTED = "wanted"  # a push was written down: push, limit
    SENT = "sent"  # push, seconds: an attempt began
    PUSHED = "pushed"  # push, state, limit, seconds, wanted_at: what became of it
    DRIFTED = "drifted"  # limit: what was found there instead of ours; suspect: who may have changed it
    GONE = "gone"  # the class vanished over there


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    kind: Kind
    facts: Mapping[str, Any] = field(default_factory=dict)


def in_order(events: list[Event]) -> list[Event]:
    """By time; what happened at the same instant, by how one thing leads to the next."""
    order = list(Kind)
    return sorted(events, key=lambda event: (event.at, order.index(event.kind)))
