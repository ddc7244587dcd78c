"""One run: what was asked, how far it is, what it read and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapter.people.accounts import name_of
from adapter.people.permissions import Act
from adapter.steering.resync import WrongResync, retry_run
from adapter.store.differences import MOST
from adapter.store.run_log import lines_of
from adapter.store.tables import Connection, Run, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs

blueprint = Blueprint("runs", __name__)


@dataclass(frozen=True)
class Totals:
    """A run's counts over all kinds of record."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    failed: int = 0


@blueprint.app_template_global()
def totals(run: Run) -> Totals:
    """What a run read and changed in all."""
    streams = [counts for counts in run.counts.values() if isinstance(counts, dict)]
    return Totals(**{one.name: sum(counts.get(one.name, 0) for counts in streams) for one in fields(Totals)})


@blueprint.get("/runs/<int:run_id>")
@needs(Act.SEE_CONNECTION)
def one(run_id: int) -> ResponseReturnValue:
    """The run's page; while it runs, its progress keeps itself fresh."""
    with context().store.read() as db:
        run = db.get_one(Run, run_id)
        connection = db.get_one(Connection, run.connection_id)
        studio = db.get_one(Studio, g.studio_id)
        asker, log = name_of(db, run.actor), lines_of(db, run_id)
    shown = {"asker": asker, "log": log, "shown": MOST}
    return render_template("run.html", run=run, connection=connection, studio=studio, **shown)


@blueprint.get("/runs/<int:run_id>/progress")
@needs(Act.SEE_CONNECTION)
def progress(run_id: int) -> ResponseReturnValue:
    """The piece of the page that changes while the run runs."""
    with context().store.read() as db:
        return render_template("progress.html", run=db.get_one(Run, run_id))


@blueprint.get("/runs/<int:run_id>/log")
@needs(Act.SEE_CONNECTION)
def log(run_id: int) -> ResponseReturnValue:
    """The lines that have come since one: what the page adds to its log while the run runs."""
    with context().store.read() as db:
        run = db.get_one(Run, run_id)
        connection = db.get_one(Connection, run.connection_id)
        lines = lines_of(db, run_id, after=request.args.get("after", 0, type=row_id))
    return render_template("log.html", log=lines, connection=connection)


@blueprint.post("/runs/<int:run_id>/retry")
@needs(Act.RESYNC)
def retry(run_id: int) -> ResponseReturnValue:
    """Do again what failed: one item, or everything that can be done on its own."""
    try:
        with context().store.write() as db:
            item = request.form.get("item", type=int)
            run = db.get_one(Run, run_id)
            asked = retry_run(db, run, item=item, actor=caller().actor, now=context().now())
    except WrongResync as error:
        flash(str(error), "error")
        return redirect(url_for("runs.one", run_id=run_id))
    context().wake_engine()
    flash(asked.words, "info")
    return redirect(url_for("runs.one", run_id=asked.run.id))
