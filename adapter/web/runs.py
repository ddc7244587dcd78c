"""One run: what was asked, how far it is, what it read and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from adapter.accounts import name_of
from adapter.permissions import Act
from adapter.store.tables import Connection, Run, Studio
from adapter.web.access import context, needs

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
        asker = name_of(db, run.actor)
    return render_template("run.html", run=run, connection=connection, studio=studio, asker=asker)


@blueprint.get("/runs/<int:run_id>/progress")
@needs(Act.SEE_CONNECTION)
def progress(run_id: int) -> ResponseReturnValue:
    """The piece of the page that changes while the run runs."""
    with context().store.read() as db:
        return render_template("progress.html", run=db.get_one(Run, run_id))
