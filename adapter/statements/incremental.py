"""What the marketplace really brings: the displacement meter of the last six months (PD-05, N-04) and the holdout's
readout (N-03).

Knows where the facts are; the arithmetic is `adapter.experiments`'. Sums only: nobody is named here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.experiments.displacement import Displaced, Held, displaced
from adapter.experiments.readout import Panel, Readout
from adapter.store.campaigns import spotlights_of
from adapter.store.connection_health import connections_of
from adapter.store.facts import facts_of_connection
from adapter.store.first_booking import direct_of_those_from
from adapter.store.holdouts import Draw, draw_of
from adapter.store.tables import Session
from connectors.records import Channel

SIX_MONTHS = timedelta(days=182)
STANDS = frozenset({"booked", "attended", "no_show"})
Spotlit = Callable[[str, datetime], bool]  # whether a class of a venue falls on a day of a campaign


@dataclass(frozen=True)
class Class:
    """A class that was held, and what it brought."""

    session_id: int
    slot: str | None
    starts_at: datetime
    capacity: int | None
    direct: int
    marketplace: int
    waitlisted: int
    payouts: float
    direct_revenue: float
    retail: float
    acquired: float = 0.0  # of the direct revenue, that of people whose first booking ever was the marketplace's
    unpriced: int = 0  # marketplace reservations whose payout is not known: booked before we set a rate
    spotlit: bool = False  # on a day of a Spotlight campaign (SP-02)


@dataclass(frozen=True)
class Meter:
    """Six months: what came in, what was turned away for it, and how much of that is known for certain."""

    classes: int
    payouts: float
    direct_revenue: float
    people: float  # direct clients turned away, expected
    lost: float  # at the direct price
    known: int  # classes that a waiting list speaks for
    guessed: int  # full classes of which nobody can tell
    unpriced: int  # marketplace reservations whose payout is not known: they are not in ``payouts``
    spotlit: int = 0  # classes on days of Spotlight campaigns: a holdout's readout leaves them out
    acquired: float = 0.0  # of the direct revenue, what people brought whom the marketplace had brought

    @property
    def earned(self) -> float:
        """Payouts, and what people whom the marketplace brought spent directly since."""
        return self.payouts + self.acquired

    @property
    def incremental(self) -> float:
        """What was earned less what displaced direct clients would have paid."""
        return self.earned - self.lost

    @property
    def share(self) -> float | None:
        """Of the direct visits' revenue."""
        return incremental_share(self.earned, self.lost, self.direct_revenue)


def incremental_share(earned: float, lost: float, direct: float) -> float | None:
    """What was earned less what was lost, as a share of direct visit revenue (PD-05); None where that is 0."""
    return (earned - lost) / direct if direct else None


def meter_of(classes: list[Class]) -> Meter:
    """The displacement meter over classes that were held."""
    wanted = _wanted(classes)
    judged = [(held, _displaced(held, wanted)) for held in classes]
    return Meter(
        classes=len(classes),
        payouts=sum(held.payouts for held in classes),
        direct_revenue=sum(held.direct_revenue for held in classes),
        people=sum(found.expected for _, found in judged),
        lost=sum(found.expected * held.retail for held, found in judged),
        known=sum(found.how == "waitlist" for _, found in judged),
        guessed=sum(found.how == "unknown" for _, found in judged),
        unpriced=sum(held.unpriced for held in classes),
        spotlit=sum(held.spotlit for held in classes),
        acquired=sum(held.acquired for held in classes),
    )


def displaced_of(classes: list[Class]) -> dict[int, float]:
    """How many direct clients each class's marketplace reservations turned away, as expected, by session."""
    wanted = _wanted(classes)
    return {held.session_id: _displaced(held, wanted).expected for held in classes}


def _wanted(classes: list[Class]) -> dict[str, list[int]]:
    """By slot, how many direct clients came to the classes that did not fill."""
    found: dict[str, list[int]] = defaultdict(list)
    for held in classes:
        if held.slot and held.capacity and held.direct + held.marketplace < held.capacity:
            found[held.slot].append(held.direct)
    return found


def _displaced(held: Class, wanted: dict[str, list[int]]) -> Displaced:
    if held.capacity is None:
        return Displaced(0.0, "unknown" if held.marketplace else "not_full")
    seen = wanted.get(held.slot or "", [])
    return displaced(Held(held.capacity, held.direct, held.marketplace, held.waitlisted), seen)


def readout_of(classes: list[Class], draw: Draw) -> Readout | None:
    """What the holdout says of the classes held in it so far; days of campaigns are left out: they confound (SP-02)."""
    cells = [(held, draw.week(held.starts_at)) for held in classes if held.slot is not None and not held.spotlit]
    inside = [(held, week) for held, week in cells if week is not None]
    if not inside:
        return None
    panel = Panel([held.slot or "" for held, _ in inside], [week for _, week in inside])
    listed = [not draw.holds_out(held.slot, held.starts_at) for held, _ in inside]
    return panel.read(listed, [held.payouts + held.direct_revenue for held, _ in inside])


def classes_of(
    db: Db, studio_id: int, since: datetime, until: datetime, acquired: Set[int] = frozenset()
) -> list[Class]:
    """The classes of a studio that were held in a span, with what each brought.

    ``acquired``: the direct reservations, by our ids, of people whom the marketplace brought.
    """
    campaigns = spotlights_of(db, studio_id)
    return [
        held
        for connection in connections_of(db, studio_id)
        for held in _classes(
            facts_of_connection(db, connection.id, since=since, until=until),
            partial(campaigns.on, connection.id),
            _waiting(db, connection.id, since),
            acquired,
        )
    ]


def _waiting(db: Db, connection_id: int, since: datetime) -> dict[int, int]:
    """How many wait for a place, of the sessions for which somebody does."""
    waited = select(Session.id, Session.waitlisted).where(Session.waitlisted > 0, Session.starts_at >= since)
    return dict(db.execute(waited.where(Session.connection_id == connection_id)).all())


def _classes(facts: dict[str, Any], spotlit: Spotlit, waiting: dict[int, int], acquired: Set[int]) -> list[Class]:
    counts: dict[int, dict[str, list[float]]] = defaultdict(lambda: {channel.value: [] for channel in Channel})
    brought: dict[int, list[float]] = defaultdict(list)
    columns = ("reservation_id", "session_id", "channel", "outcome", "amount")
    for made, number, channel, outcome, amount in zip(
        *(facts["reservations"][name].tolist() for name in columns), strict=True
    ):
        if outcome in STANDS:
            counts[number][channel].append(amount)
            if made in acquired:
                brought[number].append(amount)
    return [
        replace(
            _class(row, counts[row["session_id"]], waiting.get(row["session_id"], 0), facts),
            spotlit=spotlit(row["venue_id"], row["starts_at"]),
            acquired=_known(brought[row["session_id"]]),
        )
        for row in facts["sessions"].to_dict("records")
        if not row["cancelled"]
    ]


def _class(row: dict[str, Any], counts: dict[str, list[float]], waiting: int, facts: dict[str, Any]) -> Class:
    retail = [row["retail_rate"], facts["studios"]["retail_rate"].iloc[0], 0.0]
    direct, marketplace = counts[Channel.DIRECT], counts[Channel.MARKETPLACE]
    return Class(
        session_id=row["session_id"],
        slot=row["template_id"],
        starts_at=row["starts_at"].to_pydatetime(),
        capacity=int(row["capacity"]) if row["capacity"] == row["capacity"] else None,
        direct=len(direct),
        marketplace=len(marketplace),
        waitlisted=waiting,
        payouts=_known(marketplace),
        direct_revenue=_known(direct),
        retail=next(rate for rate in retail if rate == rate),
        unpriced=sum(amount != amount for amount in marketplace),
    )


def _known(amounts: list[float]) -> float:
    return sum(amount for amount in amounts if amount == amount)


def incremental_of(db: Db, studio_id: int, now: datetime) -> tuple[Meter, Draw | None, Readout | None]:
    """The meter of six months, and the holdout with what it says so far, where there is one."""
    since = now - SIX_MONTHS
    classes = classes_of(db, studio_id, since, now, direct_of_those_from(db, studio_id, Channel.MARKETPLACE, since))
    draw = draw_of(db, studio_id)
    return meter_of(classes), draw, None if draw is None else readout_of(classes, draw)
