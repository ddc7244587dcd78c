"""The calendar of the next 14 days, and one session's card: what is listed, at what rate, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session as Db

from adapter.marketplace.sold import sold_of
from adapter.overbooking import find_cause, tell
from adapter.people.permissions import Act
from adapter.showing.agenda import Agenda, Day, agenda_of
from adapter.statements.pace import HOURS, Pace, pace_of
from adapter.statements.stake import stake_of
from adapter.store.alerts import open_alerts
from adapter.store.calendar import Upcoming, decisions_of, one_session, outcomes_of, venues_of
from adapter.store.connection_health import connections_of
from adapter.store.connection_then import connection_then
from adapter.store.freshness import freshness_of
from adapter.store.member_pages import page_of_members
from adapter.store.settings import effective_settings
from adapter.store.tables import ConnectionState, Session, Studio
from adapter.store.tenancy import row_id
from adapter.store.then import UNKNOWABLE, decisions_then, outcomes_then, session_then
from adapter.store.timeline import timeline_of
from adapter.web.access import context, needs
from adapter.web.charts import band
from adapter.web.days import day_asked_for
from adapter.web.languages import said
from adapter.web.then import instant_asked_for, not_kept_yet, not_known_yet
from adapter.web.wording import can, seen

blueprint = Blueprint("calendar", __name__)
HISTORY = 20  # decisions shown
ROWS = 60  # sessions on a page, where a day has very many


class Cut(NamedTuple):
    """Which of a day's sessions are on the page: from the first one on."""

    first: int
    last: int
    of: int


@blueprint.get("/studios/<int:studio_id>")
@needs(Act.SEE_CALENDAR)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The studio's next 14 days, of all venues or one, all days or one."""
    now, venue_id, chosen = context().now(), request.args.get("venue", type=row_id), day_asked_for("day")
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        then = instant_asked_for(studio.timezone)
        agenda = agenda_of(db, studio, now, venue_id=venue_id, then=then, chosen=chosen)
        rules = Counter(rule for item in agenda.total.ahead if (rule := _rule(item)) is not None)
        venues, connections = venues_of(db, studio_id), connections_of(db, studio_id)
        alerts = open_alerts(db, studio_id=studio_id, at=then)
        unknowable = (*UNKNOWABLE, *not_kept_yet(db, studio_id, then))
        settings = effective_settings(db, studio_id).studio
        if then is not None:
            connections = [connection_then(db, each, then) for each in connections if each.connected_at <= then]
        standing = [each for each in connections if each.state is not ConnectionState.DISCONNECTED]
        freshness = [freshness_of(each, settings, then or now) for each in standing]
    chosen = chosen or agenda.only
    shown, cut = _cut(_shown(agenda, chosen), agenda.only, request.args.get("after", 0, type=row_id))
    return render_template(
        "calendar.html",
        studio=studio,
        days=agenda.days,
        total=agenda.total,
        only=agenda.only,
        shown=shown,
        cut=cut,
        rules=rules,
        rule=request.args.get("rule"),
        chosen=chosen,
        venue_id=venue_id,
        venues=venues,
        connections=connections,
        alerts=alerts,
        freshness=freshness,
        now=then or now,
        then=then,
        unknowable=unknowable,
    )


@blueprint.get("/sessions/<int:session_id>")
@needs(Act.SEE_CALENDAR)
def of_session(session_id: int) -> ResponseReturnValue:
    """One session: the explanation card, its decisions and pushes, its reservations as counts."""
    with context().store.read() as db:
        studio = db.get_one(Studio, g.studio_id)
        item = one_session(db, session_id)
        then = instant_asked_for(item.session.timezone)
        if then is None:
            history = decisions_of(db, session_id, limit=HISTORY)
            outcomes = outcomes_of(db, item.session)
        else:
            history, outcomes = _history_then(db, item.session, then)
            item = session_then(db, session_id, then) or not_known_yet(item.session.timezone)
        pace = None if then else pace_of(db, item.session, context().now())
        unknowable = (*UNKNOWABLE, *not_kept_yet(db, studio.id, then))
        page = page_of_members(db, session_id)
        sold = None if then else sold_of(db, session_id, context().keys if can(Act.SEE_GUESTS) else None)
        stake = None if then else stake_of(db, item.session)
    return render_template(
        "session.html",
        item=item,
        history=history,
        outcomes=outcomes,
        studio=studio,
        pace=pace,
        chart=None if pace is None else _chart(pace),
        stake=stake,
        sold=sold,
        now=context().now(),
        then=then,
        unknowable=unknowable,
        member_page=page,
        public_url=context().config.public_url,
    )


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


def _shown(agenda: Agenda, chosen: date | None) -> list[Day]:
    """The days to show, each with the sessions that the address asks for."""
    rule = request.args.get("rule")
    days = [day for day in agenda.days if chosen in (None, day.date)]
    if rule:
        days = [replace(day, items=[item for item in day.ahead if _rule(item) == rule]) for day in days]
    return [day for day in days if day.items]


def _cut(days: list[Day], only: date | None, after: int) -> tuple[list[Day], Cut | None]:
    """Of a day with very many sessions as many as fit a page, after so many; and which these are."""
    longest = max((len(day.items) for day in days), default=0)
    if only is None or longest <= ROWS:
        return days, None
    pages = [replace(day, items=day.items[after : after + ROWS]) for day in days]
    return [day for day in pages if day.items], Cut(after + 1, min(after + ROWS, longest), longest)


def _rule(item: Upcoming) -> str | None:
    """What decided a session's number, as this reader may see it."""
    return None if item.decision is None else str(seen(item.decision.binding or item.decision.reason))


def _chart(pace: Pace) -> dict[str, Any]:
    labels = [said("{1} days", hours // 24) if hours >= 48 else f"{hours} h" for hours in HOURS]
    lines = (said("This class"), "accent", list(pace.so_far)), (said("Usual"), "soft", list(pace.usual))
    return band([*labels[:-1], said("start")], list(pace.low), list(pace.high), *lines)


def _history_then(db: Db, session: Session, then: datetime) -> Any:
    return decisions_then(db, session.id, then, limit=HISTORY), outcomes_then(db, session, then)
