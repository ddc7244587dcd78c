"""What a Spotlight campaign brought: its classes against the same slots in weeks without one (SP-01).

Knows where the facts are; the arithmetic is `adapter.experiments.lift`'s. The fee is set against the lift here and
nowhere else: no payout, statement or guarantee knows of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Db

from adapter.experiments.lift import Lift, lift, net
from adapter.store.campaigns import campaigns_of, spotlights_of, venues_of_campaign
from adapter.store.facts import STANDING, facts_of_connection
from adapter.store.holdouts import draw_of
from adapter.store.tables import Campaign, Venue

WEEKS_AROUND = 8  # before, and as many after, as far as they have gone by
WEEK, A_DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """A class that was held, as far as a comparison looks at it."""

    slot: str
    week: int  # 0: the campaign's first seven days; counted from there
    inside: bool  # on a day of the campaign
    spoiled: bool  # on a day of another one
    bookings: int  # through the marketplace, that stood
    priced: int  # of these, whose payout is known
    paid: float  # by those


@dataclass(frozen=True)
class Result:
    """A campaign and what it brought so far. ``lift`` None: too little to compare."""

    campaign: Campaign
    venues: Sequence[Venue]
    lift: Lift | None
    payout: float | None  # mean of its marketplace reservations, as far as known; None: of none

    def net(self, extra: float) -> float | None:
        """What so many bookings more leave after the fee."""
        return None if self.payout is None else net(extra, self.payout, float(self.campaign.fee))


def results_of(db: Db, studio_id: int, now: datetime) -> list[Result]:
    """The studio's campaigns, as registered by ``now``, with what each brought by then, the latest first."""
    return [result_of(db, row, now) for row in campaigns_of(db, studio_id, now)]


def result_of(db: Db, row: Campaign, now: datetime) -> Result:
    """What one campaign brought by now."""
    venues = venues_of_campaign(db, row.id)
    held = list(_held(db, row, venues, now))
    inside = [each for each in held if each.inside]
    days = min(row.ends_on, now.date()) - row.starts_on
    found = lift([(each.slot, each.bookings) for each in inside], _others(held), days=days.days + 1)
    priced, paid = sum(each.priced for each in inside), sum(each.paid for each in inside)
    return Result(row, venues, found, paid / priced if priced else None)


def _others(held: Sequence[Held]) -> Mapping[int, Mapping[str, int]]:
    """Bookings by week and slot, of weeks in which nothing was placed."""
    placed = {each.week for each in held if each.inside or each.spoiled}
    weeks: dict[int, dict[str, int]] = defaultdict(dict)
    for each in held:
        if each.week not in placed:
            weeks[each.week][each.slot] = each.bookings
    return weeks


def _held(db: Db, row: Campaign, venues: Sequence[Venue], now: datetime) -> Iterator[Held]:
    """The classes of the campaign's venues that are over: on its days, and in the weeks around."""
    others, draw = spotlights_of(db, row.studio_id, without=[row.id]), draw_of(db, row.studio_id)
    zones = {(venue.connection_id, venue.external_id): ZoneInfo(venue.timezone) for venue in venues}
    for connection_id in sorted({venue.connection_id for venue in venues}):
        facts = facts_of_connection(db, connection_id, since=_begin(row), until=min(_end(row), now))
        booked = facts["reservations"]
        ours = booked[(booked["channel"] == "marketplace") & booked["outcome"].isin(STANDING)]
        counts = ours.groupby("session_id")["amount"].agg(["size", "count", "sum"]).to_dict("index")
        for one in facts["sessions"].to_dict("records"):
            zone = zones.get((connection_id, one["venue_id"]))
            if zone is None or one["cancelled"] or (draw and draw.holds_out(one["template_id"], one["starts_at"])):
                continue
            local = one["starts_at"].astimezone(zone)
            found = counts.get(one["session_id"], {"size": 0, "count": 0, "sum": 0.0})
            yield Held(
                slot=_slot(connection_id, one, local),
                week=(local.date() - row.starts_on).days // 7,
                inside=row.starts_on <= local.date() <= row.ends_on,
                spoiled=others.on(connection_id, one["venue_id"], one["starts_at"]),
                bookings=int(found["size"]),
                priced=int(found["count"]),
                paid=float(found["sum"]),
            )


def _slot(connection_id: int, session: Mapping[Hashable, Any], local: datetime) -> str:
    """The recurring slot; where the platform names none, class, weekday and time at the venue."""
    own = session["template_id"] or f"{session['category']}~{local:%a %H:%M}"
    return f"{connection_id}|{session['venue_id']}|{own}"


def _begin(row: Campaign) -> datetime:
    """Early enough for any zone: the days themselves are told apart by the venue's."""
    return datetime.combine(row.starts_on - WEEKS_AROUND * WEEK, time(), UTC) - A_DAY


def _end(row: Campaign) -> datetime:
    return datetime.combine(row.ends_on + (WEEKS_AROUND + 1) * WEEK, time(), UTC) + A_DAY
