"""Runs: pieces of work, past and present."""

from __future__ import annotations

from typing import Any

from flask import Response, abort
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from adapter.api import schemas
from adapter.api.asking import accepted
from adapter.api.bounds import RowId
from adapter.api.idempotency import Answer, KeyHeader
from adapter.api.paging import PageQuery, cursor_of, place_of
from adapter.api.support_schemas import RunLog
from adapter.people.permissions import Act, studios_for
from adapter.steering.resync import retry_run
from adapter.store.connection_health import runs_of
from adapter.store.run_log import lines_of
from adapter.store.tables import Run
from adapter.store.tenancy import LARGEST_ID
from adapter.web.access import allow, caller, context, needs, studio_in_url

blueprint = Blueprint("api-runs", __name__, description="Pieces of work")


class RunQuery(PageQuery):
    """Which runs."""

    connection_id = RowId(load_default=None)


@blueprint.get("/runs")
@blueprint.arguments(RunQuery, location="query")
@blueprint.response(200, schemas.page_of(schemas.Run))
def many(query: dict[str, Any]) -> dict[str, Any]:
    """Runs, the latest first."""
    if query["connection_id"] is not None:
        allow(Act.SEE_CONNECTION, studio_in_url({"connection_id": query["connection_id"]}))
    studios = studios_for(caller(), Act.SEE_CONNECTION)
    if studios is not None and not studios:
        abort(403)
    place = place_of(query["cursor"], int)
    with context().store.read() as db:
        found = runs_of(
            db,
            connection_id=query["connection_id"],
            studio_ids=studios,
            before=place[0] if place else None,
            limit=query["limit"],
        )
    more = len(found) == query["limit"]
    return {"items": found, "next_cursor": cursor_of(found[-1].id) if more else None}


@blueprint.get("/runs/<int:run_id>")
@needs(Act.SEE_CONNECTION)
@blueprint.response(200, schemas.Run)
def one(run_id: int) -> Run:
    """One run, with its progress."""
    with context().store.read() as db:
        return db.get_one(Run, run_id)


class LogQuery(Schema):
    """From where on."""

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, LARGEST_ID),
        metadata={"description": "Only lines that follow this one"},
    )


@blueprint.get("/runs/<int:run_id>/log")
@needs(Act.SEE_CONNECTION)
@blueprint.arguments(LogQuery, location="query")
@blueprint.response(200, RunLog)
def log(query: dict[str, Any], run_id: int) -> dict[str, Any]:
    """What a run that somebody asked for has done so far, line by line."""
    with context().store.read() as db:
        run = db.get_one(Run, run_id)  # before its lines: one that has ended has them all
        return {"items": lines_of(db, run_id, after=query["after"]), "finished": run.finished_at is not None}


@blueprint.post("/runs/<int:run_id>/retry")
@needs(Act.RESYNC)
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.arguments(schemas.RetryBody)
@blueprint.response(202, schemas.AskedRun)
@blueprint.alt_response(400, response="BAD_REQUEST")
@blueprint.alt_response(409, response="CONFLICT")
def retry(header: dict[str, str], body: dict[str, Any], run_id: int) -> Response:
    """Do again what failed in a run: one item, or all that can be done on their own, and nothing else."""

    def ask(db: Session) -> Answer:
        asked = retry_run(db, db.get_one(Run, run_id), item=body["item"], actor=caller().actor, now=context().now())
        return schemas.asked_run(asked), 202

    return accepted(header["key"], ask)
