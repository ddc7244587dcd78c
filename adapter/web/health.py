"""Alive, ready, and the numbers for Prometheus. Says nothing of any studio."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from adapter.store.readiness import engine_state, schema_state
from adapter.web.access import context

log = structlog.get_logger("web")
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(ok=True)


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether work can be given to us: the database answers, its schema is ours, the job engine keeps up."""
    try:
        with context().store.read() as db:
            found = {"db": "ok", "migrations": schema_state(db), "queue": engine_state(db, context().now())}
    except SQLAlchemyError as error:
        log.error("database does not answer", error=type(error).__name__)
        found = {"db": "unreachable"}
    fine = all(state == "ok" for state in found.values())
    return jsonify(found), 200 if fine else 503


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The counters of this process."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
