"""The sessions that a decision is due for, each with what the limits look at. Knows the mirror and the settings."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as Database

from adapter.store.facts import Facts
from adapter.store.holdouts import Draw, draw_of
from adapter.store.in_force import limit_read
from adapter.store.opportunities import granted
from adapter.store.overrides import Wishes, frozen_rate
from adapter.store.reading_plan import last_readings, part_read_at
from adapter.store.rosters import roster_mark
from adapter.store.selling import PREMIUM
from adapter.store.settings import Settings
from adapter.store.tables import ClassType, Connection, Decision, OverrideKind, PushMode, Session, Venue
from sync.deciding.limits import Standing
from sync.pushing import listings, outbox

MEANWHILE = timedelta(minutes=5)
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
    shadow: bool  # decided and not pushed: the whole connection is, or this class by the studio's settings

    @property
    def is_closed(self) -> bool:
        """Whether nothing is listed since pushing is off: no model is asked."""
        return self.skip in CLOSING


def candidates(
    db: Database,
    connection: Connection,
    facts: Facts,
    now: datetime,
    *,
    wishes: Wishes,
    only: frozenset[int] | None = None,
) -> list[Candidate]:
    """A candidate for each session of the facts that starts after ``now``; ``only``: these of ours."""
    rows = {row.id: row for row in db.scalars(select(Session).where(Session.id.in_(facts["sessions"]["session_id"])))}
    last = _last_decisions(db, list(rows))
    taken = _places(facts)
    desk = _Desk.of(db, connection, rows.keys(), wishes, now)
    why_not = unpriced(facts)
    return [
        desk.candidate(rows[n], last.get(n), taken.get(n, NOBODY), why_not.get(n))
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


@dataclass(frozen=True)
class _Desk:
    """What the sessions of a connection are looked at by, read once."""

    connection: Connection
    now: datetime
    wishes: Wishes
    readings: Mapping[str, datetime]
    draw: Draw | None
    venues: Mapping[str, int]
    types: Mapping[str, tuple[int, bool]]
    own_caps: Mapping[int, int]
    granted: Mapping[int, int]  # marketplace places that were accepted of an opportunity
    held: Container[int]  # sessions of which the platform may hold something of ours

    @classmethod
    def of(
        cls, db: Database, connection: Connection, session_ids: Collection[int], wishes: Wishes, now: datetime
    ) -> _Desk:
        return cls(
            connection=connection,
            now=now,
            wishes=wishes,
            readings=last_readings(db, connection.id, now),
            draw=draw_of(db, connection.studio_id),
            venues=_venues(db, connection.id),
            types=_class_types(db, connection.id),
            own_caps=dict(listings.own_caps(db, connection.id)),
            granted=granted(db, session_ids),
            held=outbox.may_stand(db, session_ids) if wishes.keep_back(connection) else set(),
        )

    def candidate(self, row: Session, last: Decision | None, taken: Taken, why_not: str | None) -> Candidate:
        kind, hidden = self.types.get(row.class_type_id, (None, False))
        place = _Place(self.venues.get(row.venue_id), kind, row.id)
        own = self.wishes.settings.of(**asdict(place))
        shadow = self.connection.push_mode is PushMode.SHADOW or bool(own.shadow)
        standing = replace(
            self._standing(row, last, own, shadow),
            hidden=row.hidden or hidden,
            own_spots=_left(self.own_caps.get(row.id), taken.marketplace),
            their_spots=_left(limit_read(self.connection.platform, row.online_capacity), taken.marketplace),
            granted=_left(self.granted.get(row.id), taken.marketplace),
            **self._by_hand(row, place, own, taken),
        )
        closed = "paused" if standing.paused else "withdrawn" if standing.withdrawn else None
        return Candidate(row, standing, last, *taken, closed or why_not, shadow)

    def _standing(self, row: Session, last: Decision | None, own: Settings, shadow: bool) -> Standing:
        release, studio = own.release_all_hours, self.wishes.settings.studio
        return Standing(
            withdrawn=shadow and (row.id in self.held or _is_listed(last)),
            paused=self.connection.push_mode is PushMode.PAUSED,
            excluded=bool(own.excluded),
            premium=bool(own.premium),
            held_out=self.draw is not None and self.draw.holds_out(row.template_id, row.starts_at),
            floor_agreed=own.rate_floor is not None,
            waitlisted=row.waitlisted,
            released=release is not None and row.starts_at - self.now <= timedelta(hours=release),
            read_at=_read_at(self.connection, row, part_read_at(row.starts_at, self.readings), self.now),
            listed=last.spots + last.premium_spots if last else None,
            no_increase_after=studio.no_increase_after,
            nothing_after=studio.nothing_after,
        )

    def _by_hand(self, row: Session, place: _Place, own: Settings, taken: Taken) -> dict[str, Any]:
        """What a person set for this session, as far as places are free and rates are agreed."""
        found = {kind: self.wishes.overrides.of(kind, row.starts_at, **asdict(place)) for kind in OverrideKind}
        spots, rate = found[OverrideKind.SPOTS], frozen_rate(found[OverrideKind.RATE], own.rate_floor, own.rate_ceiling)
        free = max(0, (row.capacity or 0) - taken.active)
        return {
            "blackout": found[OverrideKind.BLACKOUT] is not None,
            "by_hand": None if spots is None else min(free, max(0, (spots.spots or 0) - taken.marketplace)),
            "frozen_rate": None if rate is None else str(rate),
        }


@dataclass(frozen=True)
class _Place:
    """Where a session stands among the scopes, by our ids."""

    venue_id: int | None
    class_type_id: int | None
    session_id: int


def _left(cap: int | None, marketplace: int) -> int | None:
    return None if cap is None else max(0, cap - marketplace)


def _is_listed(decision: Decision | None) -> bool:
    return decision is not None and not decision.shadow and decision.spots + decision.premium_spots > 0


def _read_at(connection: Connection, session: Session, part_at: datetime | None, now: datetime) -> datetime | None:
    """How fresh our picture of a session is: that of its part of the timetable, unless its roster could not be read.

    A time far ahead was told by a clock that ran ahead, and tells nothing; one just after ``now`` is of a reading that
    ended while we decide.
    """
    roster = (session.roster_read_at,)
    whole = session.roster_mark == roster_mark(session)
    known = (connection.last_pulled_at, part_at, *roster) if whole else roster
    return max((at for at in known if at is not None and at <= now + MEANWHILE), default=None)


class Taken(NamedTuple):
    """Places taken in a session."""

    active: int  # all of them
    marketplace: int  # of these through the marketplace
    premium: int  # of these known to be premium ones: sold through the channel


NOBODY = Taken(0, 0, 0)


def _places(facts: Facts) -> dict[int, Taken]:
    booked = facts["reservations"]
    standing = booked[booked["outcome"].isin(["booked", "attended", "no_show"])]
    ours = standing[standing["channel"] == "marketplace"]
    further = ours[ours["product"].isin([product.value for product in PREMIUM])]
    every, through, premium = (part.groupby("session_id").size() for part in (standing, ours, further))
    return {
        int(str(key)): Taken(int(count), int(through.get(key, 0)), int(premium.get(key, 0)))
        for key, count in every.items()
    }


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
