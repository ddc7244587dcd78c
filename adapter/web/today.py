"""The studio's first page: what happens next, what it earned and cost, and how the shadow does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session as Db

from adapter.experiments.shadow import Shadowed, scores
from adapter.people.permissions import Act
from adapter.statements import kept
from adapter.statements.today import COUNTED, NAME, figures_of
from adapter.steering.promotion import promote
from adapter.store.alerts import open_alerts
from adapter.store.calendar import Upcoming, class_types_of, upcoming
from adapter.store.connection_health import connections_of
from adapter.store.connection_then import connection_then, settings_then
from adapter.store.freshness import Freshness, freshness_of
from adapter.store.push_health import PushHealth, push_health_of
from adapter.store.push_health_then import push_health_then
from adapter.store.settings import effective_settings
from adapter.store.tables import ClassType, Connection, ConnectionState, PushMode, Studio
from adapter.store.then import UNKNOWABLE, upcoming_then
from adapter.web.access import caller, context, needs
from adapter.web.charts import bars
from adapter.web.languages import said
from adapter.web.then import instant_asked_for, not_kept_yet
from adapter.web.wording import month_day

blueprint = Blueprint("today", __name__)
AHEAD = timedelta(days=2)
NOTABLE = 8
PAUSED = "paused"  # the rule by which everything is 0 while selling is stopped
OF_TODAY = ("What became of reservations in the weeks before: as we know it now",)
Line = tuple[Connection, Freshness, PushHealth]


@dataclass(frozen=True)
class Next:
    """The classes of the next two days that somebody may want to look at, and the sums of all."""

    classes: int
    listed: int
    in_shadow: int  # of the listed: decided and not pushed
    value: float
    notable: list[Upcoming]  # the first of those cut by a rule of ours
    more: int  # of these


@blueprint.get("/studios/<int:studio_id>/today")
@needs(Act.SEE_CALENDAR)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """Everything that one wants to know in the morning; or what one would have been told on an earlier one."""
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        then = instant_asked_for(studio.timezone)
    now = then or context().now()
    figures, made_at = _figures(studio_id, then)
    with context().store.read() as db:
        alerts = open_alerts(db, studio_id=studio_id, at=then)
        board = _board(db, studio_id, now, then)
        coming = _next(_coming(db, studio_id, now, then))
        types = {} if then else _promotable(db, studio_id, [one for one, *_ in board])
        unknowable = (*UNKNOWABLE, *OF_TODAY, *not_kept_yet(db, studio_id, then))
    weeks = figures["weeks"]
    return render_template(
        "today.html",
        studio=studio,
        board=board,
        alerts=alerts,
        coming=coming,
        weeks=weeks,
        this_month=_sum(weeks[-4:]),
        month_before=_sum(weeks[-8:-4]),
        chart=_chart(weeks),
        shadow=scores([Shadowed(**one) for one in figures["shadowed"]]),
        types=types,
        made_at=made_at,
        then=then,
        unknowable=unknowable,
    )


def _figures(studio_id: int, then: datetime | None) -> tuple[dict[str, Any], datetime | None]:
    """The weeks and the shadow's score, and as of when, where that is as last kept."""
    if then is not None:
        return kept.shown_then(context(), studio_id, NAME, then, lambda db: figures_of(db, studio_id, then)), None
    made, is_kept = kept.shown(context(), studio_id, NAME, lambda db: figures_of(db, studio_id, context().now()))
    return made.content, made.made_at if is_kept else None


def _board(db: Db, studio_id: int, now: datetime, then: datetime | None) -> list[Line]:
    """The connections with how fresh they are and how pushing does."""
    rows = [one for one in connections_of(db, studio_id) if then is None or one.connected_at <= then]
    if then is not None:
        rows, settings = [connection_then(db, one, then) for one in rows], settings_then(db, studio_id, then)
    else:
        settings = effective_settings(db, studio_id).studio
    standing = [one for one in rows if one.state is not ConnectionState.DISCONNECTED]
    health = push_health_of if then is None else push_health_then
    return [(one, freshness_of(one, settings, now), health(db, one.id, now)) for one in standing]


def _coming(db: Db, studio_id: int, now: datetime, then: datetime | None) -> list[Upcoming]:
    mine, span = frozenset({studio_id}), (now, now + AHEAD)
    return upcoming(db, mine, *span) if then is None else upcoming_then(db, mine, *span, then)


@blueprint.post("/class-types/<int:class_type_id>/promote")
@needs(Act.SWITCH_PUSH)
def let_out(class_type_id: int) -> ResponseReturnValue:
    """Push this class type from now on."""
    with context().store.write() as db:
        row = db.get_one(ClassType, class_type_id)
        promote(db, row, caller=caller(), now=context().now())
        name, studio_id = row.name, db.get_one(Connection, row.connection_id).studio_id
    context().wake_engine()
    flash(f"{name} is live: it is pushed from now on. Everything else is as it was.", "info")
    return redirect(url_for("today.of_studio", studio_id=studio_id))


def _next(items: Iterable[Upcoming]) -> Next:
    held = [item for item in items if item.takes_place and item.decision is not None]
    # That it is paused stands once, above: of each class it would hide the others.
    notable = [item for item in held if item.decision is not None and item.decision.binding not in (None, PAUSED)]
    return Next(
        classes=len(held),
        listed=sum(item.places.listed for item in held),
        in_shadow=sum(item.places.listed for item in held if item.in_shadow),
        value=sum(item.decision.expected_value for item in held if item.decision and item.places.listed),
        notable=notable[:NOTABLE],
        more=max(0, len(notable) - NOTABLE),
    )


def _promotable(db: Db, studio_id: int, connections: list[Connection]) -> dict[str, int]:
    """Class types that are in shadow and could be let out, by name."""
    shadow = {one.id for one in connections if one.push_mode is PushMode.SHADOW}
    live = {one.id for one in connections if one.push_mode is PushMode.LIVE}
    settings = effective_settings(db, studio_id)
    return {
        row.name: row.id
        for row in class_types_of(db, studio_id)
        if row.connection_id in shadow or (row.connection_id in live and settings.of(class_type_id=row.id).shadow)
    }


def _sum(weeks: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: sum(week.get(name, 0) for week in weeks) for name in COUNTED}
    total["payouts"] = sum((Decimal(week["payouts"]) for week in weeks), Decimal(0))
    taken = total["direct"] + total["marketplace"] + total["other"]
    return total | {"fill": taken / total["places"] if total["places"] else None}


def _chart(weeks: list[dict[str, Any]]) -> dict[str, Any]:
    labels = [month_day(date.fromisoformat(week["monday"])) for week in weeks]
    series = {"Direct": ("direct", "direct"), "Other": ("third", "other"), "Marketplace": ("market", "marketplace")}
    lines = [(said(name), colour, [week[key] for week in weeks]) for name, (colour, key) in series.items()]
    taken = [week["direct"] + week["marketplace"] + week["other"] for week in weeks]
    empty = [max(0, week["places"] - gone) for week, gone in zip(weeks, taken, strict=True)]
    return bars(labels, *lines, (said("Empty"), "kept", empty))
