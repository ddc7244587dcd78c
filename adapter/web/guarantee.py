"""The customer acquisition page: how the guarantee stands, and why. And its files."""

from __future__ import annotations

import json
import re
from typing import cast

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from adapter.guarantee.periods import local_date
from adapter.people.permissions import Act
from adapter.statements.exports import as_csv
from adapter.statements.judging import open_judgements
from adapter.statements.making import one_statement, signed_statement, statement_then
from adapter.statements.page import (
    ask_for_page,
    brought_of,
    is_to_be_waited_for,
    keep_page,
    lights_shown,
    page_of,
    takes_minutes,
)
from adapter.statements.recorded import participation_of
from adapter.statements.reservations import key, record_of
from adapter.steering.studio_settings import FLOOR, settings_for
from adapter.store.calendar import venues_of
from adapter.store.holdouts import draw_of
from adapter.store.tables import GuaranteeStatement, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.then import instant_asked_for

blueprint = Blueprint("guarantee", __name__)
VERSIONS_SHOWN = 30
OF_CONNECTION = re.compile(r"(?<=[ (])\d+:(?=[\w-])")  # our number of one, before what its system calls a reservation


@blueprint.get("/studios/<int:studio_id>/guarantee")
@needs(Act.SEE_GUARANTEE)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The guarantee as of now, or the statement that was in force at an earlier instant."""
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        if (then := instant_asked_for(studio.timezone)) is not None:
            in_force = statement_then(db, studio_id, then)
            return render_template("guarantee_then.html", studio=studio, row=in_force, then=then)
        wait = is_to_be_waited_for(db, studio_id)
    if wait:
        ask_for_page(context(), studio_id, caller().actor)
        return render_template("guarantee_soon.html", studio=studio)
    page, lights = page_of(context(), studio_id), lights_shown(context(), studio_id)
    meter, readout = brought_of(context(), studio_id)
    with context().store.read() as db:
        part = participation_of(db, studio_id)
        draw = draw_of(db, studio_id)
        today = local_date(context().now(), studio.timezone)
        record = record_of(db, studio_id, request.args.get("record", ""))
        kept = select(GuaranteeStatement).where(GuaranteeStatement.studio_id == studio_id)
        versions = db.scalars(kept.order_by(GuaranteeStatement.version.desc()).limit(VERSIONS_SHOWN)).all()
        waiting = len(open_judgements(db, studio_id))
        venues = {key(row.connection_id, row.external_id): row.name for row in venues_of(db, studio_id)}
        floor = settings_for(db, studio_id, caller()).get(FLOOR)
    return render_template(
        "guarantee.html",
        studio=studio,
        page=page,
        view=page.content,
        lights=lights,
        meter=meter,
        draw=draw,
        measuring=draw is not None and not draw.is_over(today),
        readout=readout,
        record=record,
        body=page.content["body"],
        warnings=[_theirs(each["message"]) for each in page.content["body"]["warnings"]],
        versions=versions,
        waiting=waiting,
        venues=venues,
        floor=floor,
        agreed=part.floor_share if part else None,
    )


@blueprint.post("/studios/<int:studio_id>/guarantee/page")
@needs(Act.SEE_GUARANTEE)
def work_out(studio_id: int) -> ResponseReturnValue:
    """Work a kept page out again, as of now; where that takes minutes, by a run."""
    with context().store.read() as db:
        long = takes_minutes(db, studio_id)
    if long:
        ask_for_page(context(), studio_id, caller().actor)
        flash("It is being worked out, which takes some minutes. Until then the page stays as it is.", "info")
    else:
        keep_page(context(), studio_id)
    return _back(studio_id)


@blueprint.get("/studios/<int:studio_id>/guarantee/statement.json")
@needs(Act.SEE_GUARANTEE)
def as_signed_json(studio_id: int) -> Response:
    """A version, signed: what `adapter guarantee verify` takes."""
    row, _ = _statement(studio_id)
    text = json.dumps(signed_statement(row), indent=2, ensure_ascii=False)
    return _file(text.encode(), "application/json", row, "json")


@blueprint.get("/studios/<int:studio_id>/guarantee/statement.csv")
@needs(Act.SEE_GUARANTEE)
def as_lines(studio_id: int) -> Response:
    """A version's lines, for a spreadsheet."""
    row, _ = _statement(studio_id)
    return _file(as_csv(row.body).encode(), "text/csv", row, "csv")


@blueprint.get("/studios/<int:studio_id>/guarantee/statement.pdf")
@needs(Act.SEE_GUARANTEE)
def on_paper(studio_id: int) -> Response:
    """A version on paper."""
    from adapter.statements.paper import as_pdf  # brings a printer and all its pictures, which few ever need

    row, studio = _statement(studio_id)
    return _file(as_pdf(row, studio), "application/pdf", row, "pdf")


def _back(studio_id: int) -> ResponseReturnValue:
    return cast(ResponseReturnValue, redirect(url_for("guarantee.of_studio", studio_id=studio_id)))


def _theirs(message: str) -> str:
    """A warning with reservations by the booking system's own numbers, as the lines beside it have them."""
    return OF_CONNECTION.sub("", message)


def _statement(studio_id: int) -> tuple[GuaranteeStatement, str]:
    with context().store.write() as db:  # the key that signs is made at its first use
        row = one_statement(db, context(), studio_id, request.args.get("version", type=row_id))
        return row or abort(404), db.get_one(Studio, studio_id).name


def _file(content: bytes, kind: str, row: GuaranteeStatement, ending: str) -> Response:
    name = f"guarantee-{row.studio_id}-v{row.version}.{ending}"
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
