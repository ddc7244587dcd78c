"""A number opened into its records, and one record down to the platform's own (N-11)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapter.lineage.asking import Asked
from adapter.lineage.numbers import NUMBERS, Of, open_number
from adapter.lineage.records import Kind, find_record
from adapter.marketplace.payouts.days import BadDays, Days, days_from
from adapter.people.permissions import Act, may
from adapter.store.tables import Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.days import day_asked_for

blueprint = Blueprint("lineage", __name__)
SHOWN = 300  # leaves; the others are summed


@blueprint.get("/studios/<int:studio_id>/number")
@needs(Act.SEE_RECORDS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """A number of the first page, the calendar, the payouts or the guarantee."""
    ledger = {"days": _days(), "currency": request.args.get("currency", "")}
    return _opened(Of.STUDIO, day=day_asked_for("day"), venue_id=request.args.get("venue", type=row_id), **ledger)


@blueprint.get("/sessions/<int:session_id>/number")
@needs(Act.SEE_RECORDS)
def of_session(session_id: int) -> ResponseReturnValue:
    """A number of one class."""
    return _opened(Of.SESSION, session_id=session_id)


@blueprint.get("/connections/<int:connection_id>/number")
@needs(Act.SEE_RECORDS)
def of_connection(connection_id: int) -> ResponseReturnValue:
    """A number of one connection."""
    return _opened(Of.CONNECTION, connection_id=connection_id)


@blueprint.get("/studios/<int:studio_id>/record")
@needs(Act.SEE_RECORDS)
def record(studio_id: int) -> ResponseReturnValue:
    """One record, as kept: redacted, with its hash. Without a kind and a number: which kinds there are."""
    number = request.args.get("id", 0, type=row_id)
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        if not request.args:
            return render_template("record.html", studio=studio, record=None)
        if request.args.get("kind") not in set(Kind) or not number:
            abort(404)
        floor = may(caller(), Act.SEE_FLOOR, studio_id)
        found = find_record(db, studio_id, Kind(request.args["kind"]), number, floor=floor)
    return render_template("record.html", studio=studio, record=found or abort(404))


@blueprint.app_template_global()
def number_url(name: str, **about: Any) -> str:
    """Where a number opens, for a page that shows it."""
    return url_for(f"lineage.of_{NUMBERS[name].of}", of=name, **about)


def _opened(of: Of, **about: Any) -> ResponseReturnValue:
    name, studio_id = request.args.get("of", ""), g.studio_id
    offered = {
        key: number for key, number in NUMBERS.items() if number.of is of and may(caller(), number.act, studio_id)
    }
    if name and name not in NUMBERS:
        abort(404)
    if name and name not in offered:
        abort(403 if NUMBERS[name].of is of else 404)
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        opened = open_number(name, Asked(context(), db, studio_id, **about)) if name else None
    return render_template(
        "number.html", studio=studio, opened=opened, offered=offered, of=of, about=about, shown=SHOWN
    )


def _days() -> Days | None:
    first, last = day_asked_for("from"), day_asked_for("to")
    try:
        return days_from(first, last, first) if first and last else None
    except BadDays:
        abort(400)
