"""Connections: their health, resync, and what is done with decisions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, abort
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.api import schemas
from adapter.api.asking import accepted
from adapter.api.idempotency import Answer, KeyHeader
from adapter.api.paging import PageQuery, cursor_of, place_of
from adapter.api.support_schemas import Diagnosis
from adapter.connecting.platforms import calls_per_day
from adapter.diagnosis.cause import told
from adapter.diagnosis.story import story_of
from adapter.diagnosis.summary import summarise
from adapter.people.permissions import Act, studios_for
from adapter.steering.events import events_of, request_events
from adapter.steering.push_mode import switch_push_mode
from adapter.steering.resync import request_resync
from adapter.store.alerts import open_alerts
from adapter.store.connection_health import health_of
from adapter.store.push_health import push_health_of
from adapter.store.tables import Connection
from adapter.web.access import caller, context, needs

blueprint = Blueprint("api-connections", __name__, description="Studios' accounts at booking platforms")


@blueprint.get("/connections")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.page_of(schemas.Connection))
def many(query: dict[str, Any]) -> dict[str, Any]:
    """The connections that exist for the caller."""
    studios = studios_for(caller(), Act.SEE_CONNECTION)
    if studios is not None and not studios:
        abort(403)
    wanted = select(Connection).order_by(Connection.id).limit(query["limit"])
    if studios is not None:
        wanted = wanted.where(Connection.studio_id.in_(studios))
    if place := place_of(query["cursor"], int):
        wanted = wanted.where(Connection.id > place[0])
    with context().store.read() as db:
        found = db.scalars(wanted).all()
    more = len(found) == query["limit"]
    return {"items": found, "next_cursor": cursor_of(found[-1].id) if more else None}


@blueprint.get("/connections/<int:connection_id>")
@needs(Act.SEE_CONNECTION)
@blueprint.response(200, schemas.OneConnection)
def one(connection_id: int) -> dict[str, Any]:
    """One connection and how it is doing."""
    with context().store.read() as db:
        row = db.get_one(Connection, connection_id)
        allowed = calls_per_day(row.platform, context().config)
        health = health_of(db, connection_id, context().now(), allowed)
        alerts = open_alerts(db, connection_id=connection_id)
        pushing = push_health_of(db, connection_id, context().now())
        events = events_of(db, row)
    plain = {name: getattr(row, name) for name in schemas.Connection().fields}
    beside = {"alerts": alerts, "pushing": pushing, "events": events and asdict(events)}
    return {**plain, "health": asdict(health), **beside}


@blueprint.get("/connections/<int:connection_id>/diagnosis")
@needs(Act.SEE_CONNECTION)
@blueprint.response(200, Diagnosis)
def diagnosis(connection_id: int) -> dict[str, Any]:
    """Why it does not sync: the cause, then every link of the chain; and what may be told to the customer."""
    with context().store.read() as db:
        story = story_of(db, context(), connection_id)
    return {"connection_id": connection_id, **told(story.diagnosis), "summary": summarise(story)}


@blueprint.post("/connections/<int:connection_id>/resync")
@needs(Act.RESYNC)
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.arguments(schemas.ResyncBody)
@blueprint.response(202, schemas.AskedRun)
@blueprint.alt_response(400, response="BAD_REQUEST")
@blueprint.alt_response(409, response="CONFLICT")
def resync(header: dict[str, str], body: dict[str, Any], connection_id: int) -> Response:
    """Read again what is asked for. The answer is the run, and whether it is new, was joined, or waits for another."""

    def ask(db: Session) -> Answer:
        asked = request_resync(
            db,
            context().keys,
            connection_id,
            stream=body["stream"],
            first=body["from_"],
            last=body["to"],
            session=body["session"],
            dry_run=body["dry_run"],
            why=body["why"],
            actor=caller().actor,
            now=context().now(),
        )
        return schemas.asked_run(asked), 202

    return accepted(header["key"], ask)


@blueprint.post("/connections/<int:connection_id>/events")
@needs(Act.RESYNC)
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.response(202, schemas.AskedRun)
@blueprint.alt_response(400, response="BAD_REQUEST")
@blueprint.alt_response(409, response="CONFLICT")
def events(header: dict[str, str], connection_id: int) -> Response:
    """Subscribe to the platform's events again. The answer is the run that sees to it."""

    def ask(db: Session) -> Answer:
        row = db.get_one(Connection, connection_id)
        asked = request_events(db, row, actor=caller().actor, now=context().now())
        return schemas.asked_run(asked), 202

    return accepted(header["key"], ask)


@blueprint.put("/connections/<int:connection_id>/push-mode")
@needs(Act.SWITCH_PUSH)
@blueprint.arguments(schemas.PushModeBody)
@blueprint.response(200, schemas.Connection)
def push_mode(body: dict[str, Any], connection_id: int) -> Connection:
    """Switch between shadow, live and paused (the kill switch: within a minute nothing sells); it follows at once."""
    with context().store.write() as db:
        row = db.get_one(Connection, connection_id)
        switch_push_mode(db, row, body["push_mode"], actor=caller().actor, now=context().now())
    context().wake_engine()
    return row
