"""Alive and ready. Says nothing of any studio."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import structlog
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from adapter.context import Context
from adapter.store.readiness import engine_state, schema_state
from adapter.store.vitals import SKEW, clock_skew, last_sync, write_something
from adapter.web.access import context

log = structlog.get_logger("web")
blueprint = Blueprint("health", __name__)

ADVICE: Mapping[str, str] = {
    "db": "Start the database, free disk space, or give it back its right to write; its own log says which.",
    "migrations": "Start the adapter once: it brings the schema up to date. Beyond ours? Start the newer one.",
    "queue": "Start `adapter serve` or `adapter worker`.",
    "clock": "Set this machine's clock (NTP): tokens expire by it; where it ran ahead and is right now, this passes.",
}


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(ok=True)


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether work can be given to us; where not, which part fails and what to do. ``last_sync``: null before any."""
    found = _database(context()) or _parts(context())
    failing = [part for part in ADVICE if found.get(part, "ok") != "ok"]
    if failing:
        log.warning("not_ready", **{part: found[part] for part in failing})
        found["what_to_do"] = {part: ADVICE[part] for part in failing}
    return jsonify(found), 503 if failing else 200


def _database(ctx: Context) -> dict[str, object] | None:
    """What is wrong with the database; None: it takes writes."""
    try:
        write_something(ctx.store)
    except (SQLAlchemyError, sqlite3.Error) as error:
        log.error("database takes no writes", error=type(error).__name__, why=str(getattr(error, "orig", error)))
        return {"db": "takes no writes" if _answers(ctx) else "unreachable"}
    return None


def _answers(ctx: Context) -> bool:
    try:
        with ctx.store.read() as db:
            last_sync(db)
    except SQLAlchemyError:
        return False
    return True


def _parts(ctx: Context) -> dict[str, object]:
    now = ctx.now()
    try:
        with ctx.store.read() as db:
            off, synced = clock_skew(db, now), last_sync(db)
            return {
                "db": "ok",
                "migrations": schema_state(db),
                "queue": engine_state(db, now),
                "clock": "ok" if off <= SKEW else f"off by {off.total_seconds():.0f} s",
                "last_sync": None if synced is None else synced.isoformat(),
            }
    except SQLAlchemyError as error:
        log.error("database does not answer", error=type(error).__name__)
        return {"db": "ok", "migrations": "the tables cannot be read"}
