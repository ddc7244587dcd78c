"""An event in words that people understand: the page, the command and the API say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from adapter.overbooking.cause import INEXACT, spell
from adapter.overbooking.events import Event, Kind

CHANNELS = {
    "direct": "Direct client",
    "marketplace": "Marketplace",
    "third_party": "Another marketplace",
    "unknown": "Source not mapped",
}
PUSHED = {
    "sending": "Limit {limit} being sent {ago} after it was decided",
    "sent": "Limit {limit} accepted {ago} after it was decided, not read back yet",
    "confirmed": "Limit {limit} read back and equal {ago} after it was decided",
    "accepted": "Limit {limit} accepted {ago} after it was decided",
    "local": "Limit {limit} in force where we sell {ago} after it was decided",
    "refused": "Limit {limit} refused {ago} after it was decided",
    "failed": "Limit {limit} failed {ago} after it was decided",
    "superseded": "Limit {limit} replaced by a newer decision {ago} after it was decided",
    "unknown": "Limit {limit}: no answer came {ago} after it was decided; whether it arrived is looked up",
    "pending": "Limit {limit} put back {ago} after it was decided, to be tried again",
}
"""What became of a push, by its state."""


def tell(event: Event) -> str:
    """One line."""
    return _WORDS[event.kind](event, event.facts)


def facts_of(event: Event) -> dict[str, Any]:
    """The event's facts as JSON takes them."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in event.facts.items()}


def _read(event: Event, said: Mapping[str, Any]) -> str:
    by = f" (run {said['run']})" if said.get("run") else ""
    booked, capacity = ("?" if said.get(name) is None else said[name] for name in ("booked", "capacity"))
    waiting = f", {said['waitlisted']} waiting" if said.get("waitlisted") else ""
    status = f", {said['status']}" if said.get("status") not in (None, "scheduled") else ""
    return f"Read{by}: {booked} of {capacity} places booked{waiting}{status}"


def _booked(event: Event, facts: Mapping[str, Any]) -> str:
    inexact = "" if facts.get("exact", True) and facts.get("by") not in INEXACT else "; seen then, made earlier"
    twin = "; the same client stands there already" if facts.get("twin") else ""
    return f"{CHANNELS[facts['channel']]} booked{_seats(facts)}{inexact}{twin}"


def _decided(event: Event, facts: Mapping[str, Any]) -> str:
    read_at = facts.get("read_at")
    age = f", on a copy {_ago(event.at - read_at)} old" if read_at else ""
    shadow = "; nothing is pushed" if facts.get("shadow") else ""
    listed = facts["spots"] + facts.get("premium_spots", 0)
    return f"Decided: {listed} listed, limit {facts['limit']}{age}{shadow}"


def _pushed(event: Event, facts: Mapping[str, Any]) -> str:
    told = PUSHED[facts["state"]].format(limit=facts["limit"], ago=_ago(timedelta(seconds=facts["seconds"])))
    return f"{told}: “{facts['answer']}”" if facts.get("answer") else told


def _by(facts: Mapping[str, Any]) -> str:
    return f"; {facts['suspect']}" if facts.get("suspect") else ""


def _ago(length: timedelta) -> str:
    return spell(max(length, timedelta(0)))


def _seats(facts: Mapping[str, Any]) -> str:
    return "" if facts["seats"] == 1 else f" {facts['seats']} places"


_WORDS: Mapping[Kind, Callable[[Event, Mapping[str, Any]], str]] = {
    Kind.READ: _read,
    Kind.CAPACITY: lambda _, facts: f"Capacity changed from {facts['before']} to {facts['after']}",
    Kind.MODE: lambda _, facts: f"Pushing was switched from {facts['before']} to {facts['after']}",
    Kind.BOOKED: _booked,
    Kind.CANCELLED: lambda _, facts: f"{CHANNELS[facts['channel']]} cancelled{_seats(facts)}",
    Kind.TOLD: lambda _, facts: f"The platform told us of {facts['event']}",
    Kind.LOOKED: lambda _, facts: f"Looked where the platform's event points, {facts['seconds']:.0f} s after it came",
    Kind.DECIDED: _decided,
    Kind.WANTED: lambda _, facts: f"Limit {facts['limit']} written down to be pushed",
    Kind.SENT: lambda _, facts: f"Sending begins, {_ago(timedelta(seconds=facts['seconds']))} after it was decided",
    Kind.PUSHED: _pushed,
    Kind.DRIFTED: lambda _, facts: f"The platform was found to hold a limit of {facts['limit']}{_by(facts)}",
    Kind.GONE: lambda *_: "The class vanished at the platform",
}
