"""The requirements while there is time to act: a light for each, with a deadline (N-15). Amber is not a judgement.

From what people recorded, from the audit of what is pushed, from the offers in force (GE-03) and from when the platform
could not be read (GD-03). What the terms leave to a person stays with a person: nothing here changes a statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as Db

from adapter.guarantee.periods import Period, Span, day_begins, day_ends, gaps, local_date, period_from
from adapter.guarantee.reading_case import REQUIREMENTS
from adapter.guarantee.terms import SMARTTOOLS_TOLERANCE, TERMS
from adapter.statements.inventory import Level, levels_of
from adapter.statements.overview import retail_now
from adapter.statements.recorded import eligibility_of, participation_of, waivers_of
from adapter.statements.reservations import key
from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.connection_health import connections_of
from adapter.store.settings import effective_settings
from adapter.store.tables import Alert, AlertKind, Connection, KeptPage, Participation, Studio, Venue

TRACKING_GAP = timedelta(hours=24)  # after which a person should decide whether the guarantee could be tracked (GD-03)
LIGHTS = "guarantee lights"  # the kept page's name: begins as that of the guarantee's own does
NAMES = {
    "subscriber": "Active subscriber",
    "agreement": "Signed marketplace agreement",
    "inventory": "Consistent inventory",
    "payout_set": "Payout set as agreed",
    "smarttools": "SmartTools at every venue",
    "tracking": "The booking platform can be read",
    "floor": "The floor agreed",
}


@dataclass(frozen=True)
class Light:
    """How one requirement stands at this moment."""

    requirement: str
    colour: str  # green; amber: it can still be mended, by the deadline; red: a person has to decide
    words: str
    deadline: datetime | None = None

    @property
    def name(self) -> str:
        """The requirement in words."""
        return NAMES[self.requirement]


def kept_lights(lights: Sequence[Light]) -> dict[str, Any]:
    """Lights as a kept page has them."""
    deadlines = [None if light.deadline is None else light.deadline.isoformat() for light in lights]
    return {"lights": [asdict(light) | {"deadline": at} for light, at in zip(lights, deadlines, strict=True)]}


def told_lights(content: dict[str, Any]) -> list[Light]:
    """The lights of a kept page."""
    return [
        Light(**row | {"deadline": row["deadline"] and datetime.fromisoformat(row["deadline"])})
        for row in content["lights"]
    ]


def lights_of(db: Db, studio_id: int, now: datetime) -> list[Light]:
    """The lights of a studio whose period runs; none before its start date is displayed, or after its last day."""
    studio, part = db.get_one(Studio, studio_id), participation_of(db, studio_id)
    period = _running(part, studio, now)
    if period is None:
        return []
    connections = connections_of(db, studio_id)
    rows = eligibility_of(db, studio_id, connections, now)
    waived = {row["requirement"] for row in waivers_of(db, studio_id, now)}
    found = [*_recorded(rows, studio, period, now), *_smarttools(db, rows, connections, period, now)]
    found += [*_levels(db, studio, period, now), *_tracking(db, connections, studio, period, now)]
    found += _floor(db, studio, now)
    return [light for light in found if light.requirement not in waived]


def watch_guarantees(db: Db, now: datetime) -> None:
    """Raise, tell anew or end the alert of each studio that takes part, at its first connection."""
    for part in db.scalars(select(Participation).where(Participation.displayed_start_date.is_not(None))).all():
        connections = connections_of(db, part.studio_id)
        if not connections:
            continue
        lights = lights_of(db, part.studio_id, now)
        if (page := db.get(KeptPage, (part.studio_id, LIGHTS))) is not None:
            page.content, page.made_at = kept_lights(lights), now
        lit = [light for light in lights if light.colour != "green"]
        if lit:
            words = " ".join(f"{light.name}: {light.words}" for light in lit)
            open_alert(db, connections[0].id, AlertKind.GUARANTEE, f"Revenue Guarantee. {words}", now=now)
        else:
            resolve_alert(db, connections[0].id, AlertKind.GUARANTEE, now=now)


def _running(part: Participation | None, studio: Studio, now: datetime) -> Period | None:
    if part is None or part.displayed_start_date is None:
        return None
    period = period_from(part.displayed_start_date, TERMS[part.terms])
    zone = studio.timezone
    return period if day_begins(period.start, zone) <= now < day_ends(period.last_day, zone) else None


def _spans(rows: Sequence[dict[str, Any]], requirement: str, venue: str | None = None) -> list[Span]:
    return [
        (datetime.fromisoformat(row["from"]), _instant(row["until"]))
        for row in rows
        if row["requirement"] == requirement and (venue is None or row["venue_id"] == venue)
    ]


def _instant(text: str | None) -> datetime:
    return datetime.max.replace(tzinfo=ZoneInfo("UTC")) if text is None else datetime.fromisoformat(text)


def _recorded(rows: Sequence[dict[str, Any]], studio: Studio, period: Period, now: datetime) -> Iterator[Light]:
    """What must hold without a gap: missing already, or recorded to end before the period does."""
    begins, ends = day_begins(period.start, studio.timezone), day_ends(period.last_day, studio.timezone)
    for name in REQUIREMENTS:
        if name == "smarttools":
            continue
        held = _spans(rows, name)
        missing = gaps(begins, now, held)
        ahead = gaps(now, ends, held)
        if missing:
            words = f"not recorded from {_moment(missing[0][0], studio)} to {_moment(missing[0][1], studio)}."
            yield Light(name, "red", f"{words} Record it with evidence, or ask for a waiver.")
        elif ahead:
            until = ahead[0][0]
            yield Light(name, "amber", f"is recorded until {_moment(until, studio)} only; have it go on.", until)
        else:
            yield Light(name, "green", "holds to the last day.")


def _smarttools(
    db: Db, rows: Sequence[dict[str, Any]], connections: Sequence[Connection], period: Period, now: datetime
) -> Iterator[Light]:
    numbers = [connection.id for connection in connections]
    for venue in db.scalars(select(Venue).where(Venue.connection_id.in_(numbers)).order_by(Venue.id)):
        held = _spans(rows, "smarttools", key(venue.connection_id, venue.external_id))
        missing = gaps(day_begins(period.start, venue.timezone), now, held)
        left = SMARTTOOLS_TOLERANCE - sum((end - begin for begin, end in missing), timedelta(0))
        if left < timedelta(0):
            words = f"off at {venue.name} for more than a day in all. Ask for a waiver, or record when they were on."
            yield Light("smarttools", "red", words)
        elif missing and missing[-1][1] == now:
            until = now + left
            words = (
                f"off at {venue.name} since {_moment(missing[-1][0], venue)}; turn them on by {_moment(until, venue)}."
            )
            yield Light("smarttools", "amber", words, until)
        else:
            yield Light("smarttools", "green", f"on at {venue.name}; a pause of {_hours(left)} in all is left.")


def _levels(db: Db, studio: Studio, period: Period, now: datetime) -> Iterator[Light]:
    yesterday = local_date(now, studio.timezone) - timedelta(days=1)
    for level in levels_of(db, studio.id, period.start, min(yesterday, period.last_day)):
        colour = "red" if level.fails else "amber" if level.low_now else "green"
        yield Light("inventory", colour, _level_words(level), now + timedelta(days=7) if colour == "amber" else None)


def _level_words(level: Level) -> str:
    usual, low = (f"{float(share * 100):.0f}%" for share in (level.baseline, level.week))
    words = f"{level.venue} usually lists {usual} of its places, in its lowest week {low}."
    if level.fails:
        return f"{words} Two weeks were below half of what is usual: a person should judge whether that was agreed."
    return f"{words} The last seven days are below half: list more before it is two weeks." if level.low_now else words


def _tracking(
    db: Db, connections: Sequence[Connection], studio: Studio, period: Period, now: datetime
) -> Iterator[Light]:
    """When the platform could not be read: what was booked then is read later, but nobody can be sure of all of it."""
    begins = day_begins(period.start, studio.timezone)
    numbers = [connection.id for connection in connections]
    wanted = select(Alert).where(Alert.connection_id.in_(numbers), Alert.kind == AlertKind.STALE)
    stretches = [(max(row.since, begins), row.until or now) for row in db.scalars(_since(wanted, begins)).all()]
    longest = max((until - since for since, until in stretches), default=timedelta(0))
    open_since = [since for since, until in stretches if until == now]
    if longest >= TRACKING_GAP:
        words = (
            f"it could not be read for {_hours(longest)}: a person should judge whether fill rates could be tracked."
        )
        yield Light("tracking", "red", words)
    elif open_since:
        until = min(open_since) + TRACKING_GAP
        words = (
            f"it has not been read since {_moment(min(open_since), studio)}; have it read by {_moment(until, studio)}."
        )
        yield Light("tracking", "amber", words, until)
    else:
        yield Light("tracking", "green", f"the longest gap was {_hours(longest)}.")


def _floor(db: Db, studio: Studio, now: datetime) -> Iterator[Light]:
    """Whether the floor is still the agreed share of the direct price (N-24); says no amount, which is confidential."""
    part, floor = participation_of(db, studio.id), effective_settings(db, studio.id).studio.rate_floor
    if part is None or part.floor_share is None or floor is None:
        return
    today = local_date(now, studio.timezone)
    price = retail_now(db, studio.id, today, part.readings)
    if price is not None and floor < price * part.floor_share:
        yield Light("floor", "amber", "prices rose and the floor did not: it is a smaller share of them than agreed.")
    elif price is not None:
        yield Light("floor", "green", "is still the share of your direct price that was agreed.")


def _since(wanted: Any, begins: datetime) -> Any:
    return wanted.where(or_(Alert.until.is_(None), Alert.until > begins)).order_by(Alert.id)


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.0f} h"


def _moment(when: datetime, where: Studio | Venue) -> str:
    return f"{when.astimezone(ZoneInfo(where.timezone)):%d %b %H:%M}"
