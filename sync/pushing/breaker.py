"""The circuit breaker of a connection's writes: when to stop sending, and when to try one. Pure.

Closed, everything is sent. After so many passing faults in a row it opens: nothing is sent until a cool-down is over,
then one probe goes alone (half-open). Its success closes, its failure opens again for twice as long, up to a cap. What
takes spots away may probe sooner: the kill switch can't wait for a long cool-down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

MOST_FAILURES = 5  # in a row
FIRST_COOL_DOWN = timedelta(seconds=30)
LONGEST_COOL_DOWN = timedelta(minutes=15)
URGENT_COOL_DOWN = timedelta(seconds=10)
PROBE = timedelta(seconds=60)  # as long as a claim: a probe whose worker died is made again


class Gate(StrEnum):
    """What may be sent now."""

    SEND = "send"
    PROBE = "probe"  # one, and then wait how it ends
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Where the breaker stands."""

    failures: int = 0  # in a row
    trips: int = 0  # openings in a row
    opened_at: datetime | None = None  # None: closed
    failed_at: datetime | None = None
    open_until: datetime | None = None
    probe_until: datetime | None = None  # a probe is under way


def gate(circuit: Circuit, now: datetime, *, urgent: bool = False) -> Gate:
    """Whether something may be sent; ``urgent``: it takes spots away."""
    if circuit.open_until is None or circuit.failed_at is None:
        return Gate.SEND
    if circuit.probe_until is not None and now < circuit.probe_until:
        return Gate.WAIT
    until = min(circuit.open_until, circuit.failed_at + URGENT_COOL_DOWN) if urgent else circuit.open_until
    return Gate.PROBE if now >= until else Gate.WAIT


def probing(circuit: Circuit, now: datetime) -> Circuit:
    """A probe is sent: nobody else sends one beside it."""
    return replace(circuit, probe_until=now + PROBE)


def succeeded(_: Circuit) -> Circuit:
    """The platform took a call, or refused it in words: it is there."""
    return Circuit()


def failed(circuit: Circuit, now: datetime, after: float | None = None) -> Circuit:
    """A passing fault; ``after``: seconds that the platform asked us to wait."""
    if circuit.open_until is not None and circuit.probe_until is None:
        return circuit  # it was sent before the breaker opened, and tells nothing new
    failures = circuit.failures + 1
    if circuit.open_until is None and failures < MOST_FAILURES:
        return replace(circuit, failures=failures, failed_at=now)
    return Circuit(
        failures=failures,
        trips=circuit.trips + 1,
        opened_at=circuit.opened_at or now,
        failed_at=now,
        open_until=now + cool_down(circuit.trips + 1, after),
    )


def cool_down(trips: int, after: float | None = None) -> timedelta:
    """How long nothing is sent after so many openings in a row."""
    own = min(FIRST_COOL_DOWN * int(2 ** min(trips - 1, 16)), LONGEST_COOL_DOWN)
    return max(own, timedelta(seconds=min(after or 0.0, LONGEST_COOL_DOWN.total_seconds())))
