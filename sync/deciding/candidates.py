"""The sessions that a decision is due for, each with what the limits look at. Knows the mirror and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Database

from adapter.store.facts import Facts
from adapter.store.holdouts import draw_of
from adapter.store.opportunities import granted
from adapter.store.reading_plan import last_readings, part_read_at
from adapter.store.rosters import roster_mark
from adapter.store.selling import PREMIUM
from adapter.store.settings import effective_settings
from adapter.store.tables import ClassType, Connection, Decision, PushMode, Session, Venue
from sync.deciding.limits import Standing
from sync.pushing import listings, outbox

CLOSING = frozenset({"paused", "withdrawn"})
"""Why nothing is listed of a session though the model might propose some: pushing was paused, or switched off."""


@dataclass(frozen=True)
class Candidate:
    """An upcoming session: its row, how it stands, what was decided last, why it can't be decided by a model."""

    session: Session
    standing: Standing
    last: Decision | None
    active: int  # places taken
    marketplace: int  # of these through the marketplace
    premium: int  # of these known to be premium ones: sold through the channel
    skip: str | None

    @property
    def is_closed(self) -> bool:
        """Whether nothing is listed since pushing is off: no model is asked."""
        return self.skip in CLOSING


def candidates(
    db: Database, connection: Connection, facts: Facts, now: datetime, *, only: frozenset[int] | None = None
) -> list[Candidate]:
    """A candidate for each session of the facts that starts after ``now``; ``only``: these of ours."""
    rows = {row.id: row for row in db.scalars(select(Session).where(Session.id.in_(facts["sessions"]["session_id"])))}
    last = _last_decisions(db, list(rows))
    active, marketplace, premium = _places(facts)
    own = {number: max(0, cap - marketplace.get(number, 0)) for number, cap in listings.own_caps(db, connection.id)}
    more = {number: max(0, most - marketplace.get(number, 0)) for number, most in granted(db, rows).items()}
    standings = _standings(db, connection, rows, last, own, more, now)
    skips = unpriced(facts) | _closed(standings)
    return [
        Candidate(
            rows[n],
            standings[n],
            last.get(n),
            active.get(n, 0),
            marketplace.get(n, 0),
            premium.get(n, 0),
            skips.get(n),
        )
        for n in facts["sessions"]["session_id"].tolist()
        if rows[n].starts_at > now and (only is None or n in only)
    ]


def _last_decisions(db: Database, session_ids: list[int]) -> dict[int, Decision]:
    latest = (
        select(Decision.session_id, func.max(Decision.sequence).label("sequence"))
        .where(Decision.session_id.in_(session_ids))
        .group_by(Decision.session_id)
        .subquery()
    )
    same = and_(Decision.session_id == latest.c.session_id, Decision.sequence == latest.c.sequence)
    return {row.session_id: row for row in db.scalars(select(Decision).join(latest, same))}


def _standings(
    db: Database,
    connection: Connection,
    rows: Mapping[int, Session],
    last: Mapping[int, Decision],
    own_spots: Mapping[int, int],
    granted_spots: Mapping[int, int],
    now: datetime,
) -> dict[int, Standing]:
    settings, readings = effective_settings(db, connection.studio_id), last_readings(db, connection.id, now)
    draw = draw_of(db, connection.studio_id)
    venues, types = _venues(db, connection.id), _class_types(db, connection.id)
    standing = outbox.may_stand(db, rows.keys()) if connection.push_mode is PushMode.SHADOW else set()
    found = {}
    for number, row in rows.items():
        kind = types.get(row.class_type_id)
        own = settings.of(venue_id=venues.get(row.venue_id), class_type_id=kind[0] if kind else None, session_id=number)
        before = last.get(number)
        found[number] = Standing(
            withdrawn=number in standing or (connection.push_mode is PushMode.SHADOW and _is_listed(before)),
            paused=connection.push_mode is PushMode.PAUSED,
            hidden=row.hidden or bool(kind and kind[1]),
            excluded=bool(own.excluded),
            premium=bool(own.premium),
            held_out=draw is not None and draw.holds_out(row.template_id, row.starts_at),
            floor_agreed=own.rate_floor is not None,
            waitlisted=row.waitlisted,
            released=own.release_all_hours is not None
            and row.starts_at - now <= timedelta(hours=own.release_all_hours),
            read_at=_read_at(connection, row, part_read_at(row.starts_at, readings)),
            listed=before.spots + before.premium_spots if before else None,
            own_spots=own_spots.get(number),
            granted=granted_spots.get(number),
            no_increase_after=settings.studio.no_increase_after,
            nothing_after=settings.studio.nothing_after,
        )
    return found


def _is_listed(decision: Decision | None) -> bool:
    return decision is not None and not decision.shadow and decision.spots + decision.premium_spots > 0


def _read_at(connection: Connection, session: Session, part_at: datetime | None) -> datetime | None:
    """How fresh our picture of a session is: that of its part of the timetable, unless its roster could not be read."""
    known = [at for at in (connection.last_pulled_at, part_at, session.roster_read_at) if at is not None]
    if session.roster_mark == roster_mark(session):
        return max(known, default=None)
    return session.roster_read_at


def _closed(standings: Mapping[int, Standing]) -> dict[int, str]:
    """Sessions that are closed by the kill switch or by going back to shadow."""
    named = {number: "paused" if each.paused else "withdrawn" for number, each in standings.items()}
    return {number: why for number, why in named.items() if getattr(standings[number], why)}


def _places(facts: Facts) -> tuple[dict[int, int], ...]:
    """Places taken by session: all, through the marketplace, and of these the premium ones."""
    booked = facts["reservations"]
    standing = booked[booked["outcome"].isin(["booked", "attended", "no_show"])]
    ours = standing[standing["channel"] == "marketplace"]
    further = ours[ours["product"].isin([product.value for product in PREMIUM])]
    counts = (part.groupby("session_id").size() for part in (standing, ours, further))
    return tuple({int(str(key)): int(value) for key, value in count.items()} for count in counts)


def unpriced(facts: Facts) -> dict[int, str]:
    """Sessions that no model can be asked about, each with the reason that is stored (IN-03)."""
    table = facts["sessions"]
    floor, ceiling = table["rate_floor"], table["rate_ceiling"]
    retail = table["retail_rate"].fillna(ceiling)
    whys = {
        "no_capacity": table["capacity"].isna(),
        "no_price": retail.isna() | (retail <= 0),
        "floor_above_ceiling": floor > ceiling,
    }
    found: dict[int, str] = {}
    for why, holds in whys.items():
        for number in table["session_id"][holds].tolist():
            found.setdefault(number, why)
    return found


def _venues(db: Database, connection_id: int) -> dict[str, int]:
    rows = db.execute(select(Venue.external_id, Venue.id).where(Venue.connection_id == connection_id))
    return dict(rows.all())


def _class_types(db: Database, connection_id: int) -> dict[str, tuple[int, bool]]:
    wanted = select(ClassType.external_id, ClassType.id, ClassType.hidden)
    rows = db.execute(wanted.where(ClassType.connection_id == connection_id))
    return {external: (number, hidden) for external, number, hidden in rows}
