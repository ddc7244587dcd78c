"""The payouts page: a period, why it differs from the one before, its classes, and statements compared with it.

A franchisor sees venues and its own part, and nothing else (J8).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session as Db

from adapter.marketplace.payouts import telling
from adapter.marketplace.payouts.days import BadDays, Days, days_from
from adapter.marketplace.payouts.exports import period_as_csv
from adapter.marketplace.payouts.page import keep_page, page_of, page_then
from adapter.marketplace.payouts.reading import BadStatement
from adapter.marketplace.payouts.statements import (
    compare_file,
    differences_of,
    keep_compared,
    statement_of,
    statements_of,
)
from adapter.marketplace.payouts.view import period_of, period_then
from adapter.people.permissions import Act
from adapter.statements.reservations import record_of
from adapter.store.tables import Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.then import instant_asked_for, not_kept_yet
from adapter.web.wording import can

blueprint = Blueprint("payouts", __name__)
DIFFERENCES_SHOWN, STATEMENTS_SHOWN, LONGEST_NAME, LONGEST_DAY = 200, 20, 200, 20
REASONS = {
    "booked": "Booked: paid if it stands",
    "attended": "Attended",
    "no_show": "Nobody came: paid all the same",
    "late_cancelled": "Cancelled too late: paid",
    "rebooked": "Cancelled too late, and its place booked again: paid there",
    "cancelled_early": "Cancelled in time",
    "cancelled_by_studio": "Cancelled by the studio",
    "denied": "Turned away at the desk",
    "withdrawn": "No marketplace reservation any more",
}
PRODUCTS = {"standard": "Standard", "premium": "Premium", "a_la_carte": "Premium, à la carte", "trial": "Trial"}
COMPARED = {
    "matched": "Agrees",
    "missing_there": "Missing there",
    "missing_here": "Missing here",
    "different_amount": "Another amount",
    "different_status": "Another ending, the same amount",
    "duplicate": "Listed twice",
}
UNKNOWABLE = (
    "The names of classes and venues, and a venue's currency: as they are now",
    "Reservations of classes that were over when your history was first read: as if we had known them before",
    "The record behind a reservation: as your booking system gives it now",
)
PARTS = {
    "volume": "More or fewer places",
    "mix": "Other classes",
    "rate": "Other rates",
    "trials": "Trials",
}


@blueprint.get("/studios/<int:studio_id>/payouts")
@needs(Act.SEE_FRANCHISE)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """A period of the ledger; to a franchisor its part alone."""
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        then = instant_asked_for(studio.timezone)
        unknowable = (*UNKNOWABLE, *not_kept_yet(db, studio_id, then))
    days = _days(studio, then)
    content, made_at = _content(studio_id, days, then)
    shown = {"studio": studio, "days": days, "made_at": made_at, "then": then, "unknowable": unknowable}
    if not can(Act.SEE_PAYOUTS):
        counted = {"venues": content["franchise"], "unpriced": content["told"]["unpriced"]}
        return render_template("franchise_payouts.html", **shown, **counted)
    with context().store.read() as db:
        return render_template(
            "payouts.html",
            **shown,
            **content,
            record=record_of(db, studio_id, request.args.get("record", "")),
            words={"reasons": REASONS, "products": PRODUCTS, "compared": COMPARED, "parts": PARTS},
            **_statements(db, studio_id, then),
        )


def _content(studio_id: int, days: Days, then: datetime | None) -> tuple[dict[str, Any], datetime | None]:
    """What the page says, and as of when, where that is as last kept."""
    if then is not None:
        return page_then(context(), studio_id, days, then), None
    page, is_kept = page_of(context(), studio_id, days)
    return page.content, page.made_at if is_kept else None


@blueprint.post("/studios/<int:studio_id>/payouts/page")
@needs(Act.SEE_FRANCHISE)
def work_out(studio_id: int) -> ResponseReturnValue:
    """Work a kept period out again, as of now."""
    with context().store.read() as db:
        days = _days(db.get_one(Studio, studio_id))
    keep_page(context(), studio_id, days)
    return _back(studio_id, days)


@blueprint.get("/studios/<int:studio_id>/payouts.csv")
@needs(Act.SEE_PAYOUTS)
def as_lines(studio_id: int) -> Response:
    """The period's places, for a spreadsheet."""
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        then = instant_asked_for(studio.timezone)
        days, now = _days(studio, then), context().now()
        found = period_then(db, studio_id, days, then) if then else period_of(db, studio_id, days, now)
        text = period_as_csv(found)
    name = f"payouts-{studio_id}-{days.first}-{days.last}.csv"
    return Response(text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@blueprint.post("/studios/<int:studio_id>/payouts/statements")
@needs(Act.COMPARE_PAYOUTS)
def upload(studio_id: int) -> ResponseReturnValue:
    """Compare an uploaded statement with the ledger, and show what came of it."""
    file, now = request.files.get("file"), context().now()
    name = (file.filename or "")[:LONGEST_NAME] if file else ""
    with context().store.read() as db:
        days = _days(db.get_one(Studio, studio_id))
        if file is None or not name:
            flash("Choose the statement's file first.", "error")
            return _back(studio_id, days)
        try:
            compared = compare_file(db, studio_id, file.read(), name, days, now)
        except BadStatement as error:
            flash(f"{name} can't be compared. {error}", "error")
            return _back(studio_id, days)
    with context().store.write() as db:
        row, new = keep_compared(db, compared, actor=caller().actor, now=now)
    flash("Compared." if new else "This file was compared before: this is what came of it then.", "info")
    return _back(studio_id, days, statement=row.id, _anchor="statement")


def _back(studio_id: int, days: Days, **more: Any) -> ResponseReturnValue:
    shown = {"from": days.first.isoformat(), "to": days.last.isoformat(), **more}
    return cast(ResponseReturnValue, redirect(url_for("payouts.of_studio", studio_id=studio_id, **shown)))


def _days(studio: Studio, then: datetime | None = None) -> Days:
    """The period in the address or the form; this month without one, or that of then."""
    try:
        first, last = (_date(request.values.get(name, "")) for name in ("from", "to"))
        return days_from(first, last, (then or context().now()).astimezone(ZoneInfo(studio.timezone)).date())
    except BadDays as error:
        abort(400, str(error))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadDays(f"“{text[:LONGEST_DAY]}” is no day of the calendar.") from None


def _statements(db: Db, studio_id: int, then: datetime | None) -> Mapping[str, Any]:
    """The statements compared so far, or by then, and the one that was asked for with its differences."""
    asked = request.args.get("statement", type=row_id)
    row = None if asked is None else statement_of(db, studio_id, asked) or abort(404)
    found = [] if row is None else [telling.tell_difference(each) for each in differences_of(db, row.id)]
    compared = [each for each in statements_of(db, studio_id) if then is None or each.uploaded_at <= then]
    return {
        "statements": [telling.tell_statement(each) for each in compared[:STATEMENTS_SHOWN]],
        "statement": None if row is None else telling.tell_statement(row),
        "differences": found[:DIFFERENCES_SHOWN],
        "left_out": max(0, len(found) - DIFFERENCES_SHOWN),
    }
