"""Connections: which platforms there are, how one is doing, and what may be done to it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug import Response

from adapter.connecting import connect, platforms
from adapter.people.permissions import Act
from adapter.statements import kept
from adapter.steering.events import events_of, request_events
from adapter.steering.own_caps import use_ours_again
from adapter.steering.push_mode import switch_push_mode
from adapter.steering.resync import WrongResync, request_resync
from adapter.steering.studio_settings import confirm_sources
from adapter.steering.write_back import options_of
from adapter.store.alerts import open_alerts
from adapter.store.audit import note_run
from adapter.store.connection_health import (
    connections_of,
    first_confirmed,
    health_of,
    open_runs,
    runs_of,
    set_aside_records,
)
from adapter.store.connection_then import UNKNOWABLE, picture_of
from adapter.store.freshness import freshness_of
from adapter.store.models import latest_model
from adapter.store.policies import policies_of
from adapter.store.push_health import push_health_of
from adapter.store.settings import effective_settings
from adapter.store.settings import sources as sources_of
from adapter.store.tables import (
    AlertKind,
    BacktestResult,
    Connection,
    ConnectionState,
    PushMode,
    RunKind,
    RunOrigin,
    Studio,
)
from adapter.store.tenancy import row_id
from adapter.store.vitals import their_clock
from adapter.web.access import caller, context, needs
from adapter.web.then import instant_asked_for, not_kept_yet, not_known_yet
from adapter.work import request_run
from connectors.records import Channel

W = TypeVar("W", bound=StrEnum)
blueprint = Blueprint("connections", __name__)
TOLD_ABOVE = AlertKind.RECONNECT  # the page says it before all alerts, with the button that helps
SLOW_PART = 0.05  # seconds: the page of a large studio takes three times as long for the rest of it
MOST_COUNTED = 10_000  # bookings of one source: beyond, it is one of the large ones, and all years are not counted
SOURCE = "source:"  # the prefix of a form field that maps one booking source


@blueprint.get("/studios/<int:studio_id>/connect")
@needs(Act.SEE_CONNECTION)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The studio's connections, and the platforms that it may connect."""
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        connections = connections_of(db, studio_id)
    known = platforms.all_told(context().config)
    titles = {one.name: one.title for one in known}
    return render_template(
        "connect.html",
        studio=studio,
        connections=connections,
        platforms=known,
        titles=titles,
        abilities=platforms.abilities(),
    )


@blueprint.get("/connections/<int:connection_id>")
@needs(Act.SEE_CONNECTION)
def one(connection_id: int) -> ResponseReturnValue:
    """One connection's health, runs and switches; or how it stood at an earlier instant."""
    now = context().now()
    with context().store.read() as db:
        connection = db.get_one(Connection, connection_id)
        then = instant_asked_for(connection.timezone)
        if then is not None:
            return _one_then(db, connection, then)
        return render_template(
            "connection.html",
            studio=db.get_one(Studio, connection.studio_id),
            connection=connection,
            platform=platforms.told(connection.platform, context().config),
            health=health_of(db, connection_id, now, platforms.calls_per_day(connection.platform, context().config)),
            their_clock=their_clock(connection),
            confirmed_at=first_confirmed(db, connection_id),
            events=events_of(db, connection),
            backtest=db.get(BacktestResult, connection_id),
            model=latest_model(db, connection.studio_id),
            set_aside=set_aside_records(db, connection_id),
            sources=sources_of(db, connection_id, most=MOST_COUNTED + 1),
            most_counted=MOST_COUNTED,
            price_options=options_of(db, connection_id),
            open=open_runs(db, connection_id),
            runs=runs_of(db, connection_id=connection_id),
            alerts=[each for each in open_alerts(db, connection_id=connection_id) if each.kind is not TOLD_ABOVE],
            **_policies(connection),
            fresh=freshness_of(connection, effective_settings(db, connection.studio_id).studio, now),
            pushing=push_health_of(db, connection_id, now),
            stopping=connection.push_mode is not PushMode.LIVE and _is_stopping(db, connection),
            now=now,
        )


def _policies(connection: Connection) -> dict[str, Any]:
    """The rules of all sides compared: of a large studio as last kept, at most a day ago."""

    def compare(db: Session) -> dict[str, Any]:
        return {"policies": [asdict(each) for each in policies_of(db, connection, context().now())]}

    name = f"{kept.POLICIES} {connection.id}"
    page, is_kept = kept.shown(context(), connection.studio_id, name, compare, slow=SLOW_PART)
    return {"policies": page.content["policies"], "compared_at": page.made_at if is_kept else None}


def _one_then(db: Session, connection: Connection, then: datetime) -> str:
    """What can be shown of it as of then, and what cannot."""
    studio = db.get_one(Studio, connection.studio_id)
    platform = platforms.told(connection.platform, context().config)
    if connection.connected_at > then:
        not_known_yet(connection.timezone)
    unknowable = (*UNKNOWABLE, *not_kept_yet(db, connection.studio_id, then))
    picture = picture_of(db, connection.id, then)
    shown = {"picture": picture, "connection": picture.connection, "then": then, "unknowable": unknowable}
    return render_template("connection_then.html", studio=studio, platform=platform, **shown)


@blueprint.post("/connections/<int:connection_id>/resync")
@needs(Act.RESYNC)
def resync(connection_id: int) -> ResponseReturnValue:
    """Pull again: everything, or a window, a kind of record, one session; or only show the difference."""
    form = request.form
    try:
        with context().store.write() as db:
            asked = request_resync(
                db,
                context().keys,
                connection_id,
                stream=form.get("stream") or None,
                first=_day(form.get("from")),
                last=_day(form.get("to")),
                session=form.get("session", type=row_id),
                dry_run="dry_run" in form,
                why=form.get("why", ""),
                actor=caller().actor,
                now=context().now(),
            )
    except WrongResync as error:
        flash(f"{error}.", "error")
        page = "desk.diagnosis" if form.get("page") == "diagnosis" else "connections.one"
        typed: dict[str, Any] = {name: form[name] for name in ("from", "to") if form.get(name)}
        return redirect(url_for(page, connection_id=connection_id, **typed))
    context().wake_engine()
    flash(asked.words, "info")
    return redirect(url_for("runs.one", run_id=asked.run.id))


@blueprint.post("/connections/<int:connection_id>/look-back")
@needs(Act.SWITCH_PUSH)
def look_back(connection_id: int) -> ResponseReturnValue:
    """Work out anew what the past weeks would have brought."""
    origin, who = RunOrigin.MANUAL, caller().actor
    with context().store.write() as db:
        run, new = request_run(db, RunKind.BACKTEST, connection_id, origin=origin, actor=who, now=context().now())
        if new:
            note_run(db, run, actor=who, now=context().now())
    context().wake_engine()
    flash("Looking back at the past weeks: this takes a minute.", "info")
    return _back(connection_id)


@blueprint.post("/connections/<int:connection_id>/events")
@needs(Act.RESYNC)
def events(connection_id: int) -> ResponseReturnValue:
    """Subscribe to the platform's events again."""
    try:
        with context().store.write() as db:
            row = db.get_one(Connection, connection_id)
            asked = request_events(db, row, actor=caller().actor, now=context().now())
    except WrongResync as error:
        flash(str(error), "error")
        return _back(connection_id)
    context().wake_engine()
    flash(f"Seeing to the subscription: run {asked.run.id}.", "info")
    return redirect(url_for("runs.one", run_id=asked.run.id))


@blueprint.post("/connections/<int:connection_id>/push-mode")
@needs(Act.SWITCH_PUSH)
def push_mode(connection_id: int) -> ResponseReturnValue:
    """Switch between shadow, live and paused, once the box says that it is meant."""
    if "sure" not in request.form:
        flash("Nothing was changed: tick the box to confirm.", "error")
        return _back(connection_id)
    mode = _word(PushMode, request.form.get("mode", ""))
    with context().store.write() as db:
        connection = db.get_one(Connection, connection_id)
        run = switch_push_mode(db, connection, mode, actor=caller().actor, now=context().now())
    context().wake_engine()
    flash(f"Switched to {mode}." if run else f"It is {mode} already.", "info")
    return _back(connection_id)


@blueprint.post("/connections/<int:connection_id>/own-caps")
@needs(Act.SWITCH_PUSH)
def use_ours(connection_id: int) -> ResponseReturnValue:
    """Write over the numbers that the studio, or somebody for it, sets at the platform itself."""
    with context().store.write() as db:
        row = db.get_one(Connection, connection_id)
        count = use_ours_again(db, row, actor=caller().actor, now=context().now())
    context().wake_engine()
    flash(f"At the next comparison ours are written again: {count}." if count else "There are none.", "info")
    return _back(connection_id)


@blueprint.post("/connections/<int:connection_id>/sources")
@needs(Act.MAP_SOURCES)
def sources(connection_id: int) -> ResponseReturnValue:
    """Keep what the studio says its booking sources mean."""
    given = {name.removeprefix(SOURCE): value for name, value in request.form.items() if name.startswith(SOURCE)}
    meanings = {source: _word(Channel, channel) for source, channel in given.items()}
    with context().store.write() as db:
        confirm_sources(db, connection_id, meanings, caller=caller(), now=context().now())
    context().wake_engine()
    flash("Confirmed.", "info")
    return _back(connection_id)


@blueprint.post("/connections/<int:connection_id>/disconnect")
@needs(Act.CONNECT)
def disconnect(connection_id: int) -> ResponseReturnValue:
    """End our access; what was read stays. Not while it is live: what is listed would stay listed over there."""
    with context().store.read() as db:
        row = db.get_one(Connection, connection_id)
    if row.state is ConnectionState.ACTIVE and (row.total_push_on or row.catalog_rate_on):
        flash("Turn off the writing into your own timetable and prices first, so that all is given back.", "error")
        return _back(connection_id)
    if row.push_mode is PushMode.LIVE:
        flash("Switch it to paused first: otherwise what is listed now would stay listed at the platform.", "error")
        return _back(connection_id)
    with context().store.read() as db:
        stopping = _is_stopping(db, row)
    if row.state is ConnectionState.ACTIVE and stopping and "sure" not in request.form:
        flash("Some classes are still being stopped, see below: wait until they are, or confirm it once more.", "error")
        return _back(connection_id)
    connect.disconnect(context(), connection_id, caller().actor)
    flash("Disconnected. What has been read so far stays.", "info")
    return redirect(url_for("connections.of_studio", studio_id=g.studio_id))


def _is_stopping(db: Session, connection: Connection) -> bool:
    """Whether what stops selling is not carried out and confirmed everywhere yet."""
    waiting = push_health_of(db, connection.id, context().now()).waiting > 0
    return waiting or any(run.kind is RunKind.PUSH for run in open_runs(db, connection.id))


def _back(connection_id: int) -> Response:
    return redirect(url_for("connections.one", connection_id=connection_id))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongResync(f"“{text}” is not a day: write it like 2026-03-01") from None


def _word(words: type[W], text: str) -> W:
    try:
        return words(text)
    except ValueError:
        abort(400)
