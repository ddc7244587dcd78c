"""The calendar of the next 14 days, and one session's card: what is listed, at what rate, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from adapter.overbooking import find_cause, tell
from adapter.permissions import Act
from adapter.store.alerts import open_alerts
from adapter.store.calendar import Upcoming, decisions_of, one_session, outcomes_of, upcoming, venues_of
from adapter.store.connection_health import connections_of
from adapter.store.freshness import freshness_of
from adapter.store.settings import effective_settings
from adapter.store.tables import ConnectionState, Studio
from adapter.store.timeline import timeline_of
from adapter.web.access import context, needs

DAYS = 14
blueprint = Blueprint("calendar", __name__)


@dataclass
class Day:
    """One day of the calendar with its sessions."""

    date: date
    items: list[Upcoming] = field(default_factory=list)

    @property
    def held(self) -> list[Upcoming]:
        """The sessions that take place."""
        return [item for item in self.items if item.takes_place]

    @property
    def ahead(self) -> list[Upcoming]:
        """The sessions that have not started."""
        now = context().now()
        return [item for item in self.held if item.session.starts_at > now]

    @property
    def marketplace(self) -> int:
        """Places taken through the marketplace."""
        return sum(item.places.marketplace for item in self.held)

    @property
    def value(self) -> float:
        """What the spots on offer are expected to bring, net of direct clients displaced."""
        return sum(item.decision.expected_value for item in self.ahead if item.decision)

    @property
    def listed(self) -> int:
        """Spots on offer on this day."""
        return sum(item.places.listed for item in self.ahead)

    @property
    def taken(self) -> int:
        """Places taken on this day."""
        return sum(item.places.taken for item in self.held)

    @property
    def capacity(self) -> int:
        """Places in all on this day."""
        return sum(item.places.capacity or 0 for item in self.held)


@blueprint.get("/studios/<int:studio_id>")
@needs(Act.SEE_CALENDAR)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The studio's next 14 days, of all venues or one, all days or one."""
    now = context().now()
    venue_id = request.args.get("venue", type=int)
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        today = now.astimezone(ZoneInfo(studio.timezone)).date()
        start, end = _span(today, studio.timezone)
        items = upcoming(db, frozenset({studio_id}), start, end, venue_id=venue_id)
        venues, connections = venues_of(db, studio_id), connections_of(db, studio_id)
        alerts = open_alerts(db, studio_id=studio_id)
        standing = [each for each in connections if each.state is not ConnectionState.DISCONNECTED]
        settings = effective_settings(db, studio_id).studio
        freshness = [freshness_of(each, settings, now) for each in standing]
    days = _by_day(today, items)
    chosen = _chosen_day()
    return render_template(
        "calendar.html",
        studio=studio,
        days=days,
        total=Day(today, items),
        shown=[day for day in days if day.items and chosen in (None, day.date)],
        chosen=chosen,
        venue_id=venue_id,
        venues=venues,
        connections=connections,
        alerts=alerts,
        freshness=freshness,
        now=now,
    )


@blueprint.get("/sessions/<int:session_id>")
@needs(Act.SEE_CALENDAR)
def of_session(session_id: int) -> ResponseReturnValue:
    """One session: the explanation card, its decisions and pushes, its reservations as counts."""
    with context().store.read() as db:
        item = one_session(db, session_id)
        history = decisions_of(db, session_id, limit=20)
        outcomes = outcomes_of(db, item.session)
        studio = db.get_one(Studio, g.studio_id)
    shown = {"item": item, "history": history, "outcomes": outcomes, "studio": studio}
    return render_template("session.html", **shown, over=item.session.starts_at <= context().now())


@blueprint.get("/sessions/<int:session_id>/timeline")
@needs(Act.SEE_TIMELINE)
def timeline(session_id: int) -> ResponseReturnValue:
    """All that happened to one session, in order, and why it is overbooked if it is. Nobody is named."""
    with context().store.read() as db:
        item = one_session(db, session_id)
        events = timeline_of(db, session_id)
        studio = db.get_one(Studio, g.studio_id)
    found = find_cause(events, until=context().now())
    lines = [(event, tell(event)) for event in events]
    return render_template("timeline.html", item=item, found=found, lines=lines, studio=studio)


def _span(today: date, zone: str) -> tuple[datetime, datetime]:
    midnight = datetime.combine(today, time(), ZoneInfo(zone))
    return midnight, datetime.combine(today + timedelta(days=DAYS), time(), ZoneInfo(zone))


def _by_day(today: date, items: Iterable[Upcoming]) -> list[Day]:
    days = {today + timedelta(days=ahead): Day(today + timedelta(days=ahead)) for ahead in range(DAYS)}
    for item in items:
        local = item.session.starts_at.astimezone(ZoneInfo(item.session.timezone)).date()
        days.setdefault(local, Day(local)).items.append(item)
    return sorted(days.values(), key=lambda day: day.date)


def _chosen_day() -> date | None:
    text = request.args.get("day")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)
