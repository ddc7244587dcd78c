"""Writing into a studio's own timetable and prices: what its owner may prove and switch on a connection's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session as Database

from adapter.people.permissions import Act
from adapter.steering.write_back import WrongWriteBack, ask_for_proof, switch_catalog, switch_total_push
from adapter.store.tables import Connection, Run
from adapter.web.access import caller, context, needs

blueprint = Blueprint("write_back", __name__, url_prefix="/connections/<int:connection_id>/write-back")
Asked = Callable[[Database, Connection, str, datetime], Run | None]


@blueprint.post("/proof")
@needs(Act.WRITE_BACK)
def proof(connection_id: int) -> ResponseReturnValue:
    """Ask for the proof on the class that the form names; the run says how it went."""
    session = request.form.get("session", "")
    return _done(connection_id, lambda db, row, actor, now: ask_for_proof(db, row, session, actor=actor, now=now)[0])


@blueprint.post("/total")
@needs(Act.WRITE_BACK)
def total(connection_id: int) -> ResponseReturnValue:
    """Switch the writing of online capacities; on only once the box says that it is meant."""
    on = request.form.get("on") == "yes"
    if on and "sure" not in request.form:
        return _back(connection_id, "Nothing was changed: tick the box to confirm.")
    return _done(connection_id, lambda db, row, actor, now: switch_total_push(db, row, on, actor=actor, now=now))


@blueprint.post("/catalog")
@needs(Act.WRITE_BACK)
def catalog(connection_id: int) -> ResponseReturnValue:
    """Let a price follow the rate, or give it back: no option turns it off."""
    option, public = request.form.get("option") or None, "even_public" in request.form
    if option and "sure" not in request.form:
        return _back(connection_id, "Nothing was changed: tick the box to confirm.")
    return _done(
        connection_id,
        lambda db, row, actor, now: switch_catalog(db, row, option, even_public=public, actor=actor, now=now),
    )


def _done(connection_id: int, asked: Asked) -> ResponseReturnValue:
    try:
        with context().store.write() as db:
            run = asked(db, db.get_one(Connection, connection_id), caller().actor, context().now())
    except WrongWriteBack as error:
        return _back(connection_id, f"{error}.")
    context().wake_engine()
    if run is None:
        return _back(connection_id, "It is so already.")
    return redirect(url_for("runs.one", run_id=run.id))


def _back(connection_id: int, words: str) -> ResponseReturnValue:
    flash(words, "error")
    return redirect(url_for("connections.one", connection_id=connection_id))
