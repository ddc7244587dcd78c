"""The support desk: find anything, see every connection at a glance, and why one does not sync.

No floor, no setting to change, addresses masked. An address is looked for by POST: it stands in no URL and no log.
"""

from __future__ import annotations

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from adapter.diagnosis.steps import Step
from adapter.diagnosis.story import story_of
from adapter.diagnosis.summary import summarise
from adapter.people.permissions import Act, studios_for
from adapter.store.connection_health import open_runs, runs_of
from adapter.store.fleet import ORDERS, Level, fleet_of
from adapter.store.searching import Hit, Person, note_look_up, people, search
from adapter.store.tables import Connection, RunOrigin, Studio
from adapter.web.access import caller, context, needs

blueprint = Blueprint("desk", __name__)
LONGEST = 200  # characters of a question
SHOWN = 200  # connections
RUNS_SHOWN = 5


@blueprint.get("/desk")
def front() -> ResponseReturnValue:
    """The fleet, the worst first, and where to search."""
    return _desk(_studios())


@blueprint.post("/desk")
def find() -> ResponseReturnValue:
    """What bears this name or number; or whose address this is."""
    studios, text = _studios(), request.form.get("q", "")[:LONGEST]
    with context().store.read() as db:
        hits = search(db, text, studios, context().now())
        found = people(db, context().keys, text, studios)
    if found:
        with context().store.write() as db:
            note_look_up(db, found, actor=caller().actor, now=context().now())
    return _desk(studios, text="" if found else text, hits=hits, found=found, asked=bool(text.strip()))


@blueprint.get("/connections/<int:connection_id>/diagnosis")
@needs(Act.SEE_CONNECTION)
def diagnosis(connection_id: int) -> ResponseReturnValue:
    """The cause first, then every link of the chain; what was done about it, and what to tell the customer."""
    with context().store.read() as db:
        story = story_of(db, context(), connection_id)
        connection = db.get_one(Connection, connection_id)
        manual = [run for run in runs_of(db, connection_id=connection_id) if run.origin is RunOrigin.MANUAL]
        return render_template(
            "diagnosis.html",
            studio=db.get_one(Studio, g.studio_id),
            connection=connection,
            found=story.diagnosis,
            story=story,
            summary=summarise(story),
            open=open_runs(db, connection_id),
            manual=manual[:RUNS_SHOWN],
            STEPS=STEPS,
        )


def _studios() -> frozenset[int] | None:
    """The studios at whose desk the caller sits; None: all of them. 403 where there are none."""
    studios = studios_for(caller(), Act.USE_DESK)
    return studios if studios is None or studios else abort(403)


def _desk(
    studios: frozenset[int] | None,
    *,
    text: str = "",
    hits: list[Hit] | None = None,
    found: list[Person] | None = None,
    asked: bool = False,
) -> ResponseReturnValue:
    order = request.args.get("sort", "health")
    with context().store.read() as db:
        fleet = fleet_of(db, studios, context().now(), order)
    return render_template(
        "desk.html",
        fleet=fleet[:SHOWN],
        counted={level: sum(one.level is level for one in fleet) for level in Level},
        total=len(fleet),
        order=order if order in ORDERS else "health",
        text=text,
        hits=hits or [],
        people=found or [],
        asked=asked,
        LEVELS=LEVELS,
    )


STEPS = {
    Step.TOKEN: "Access",
    Step.PERMISSION: "Permission",
    Step.MAPPING: "Booking sources",
    Step.CLASSES: "Hidden and left out classes",
    Step.QUOTA: "Calls and the breaker",
    Step.ANSWERS: "The platform's answers",
    Step.CLOCK: "Clocks",
    Step.EVENTS: "Events",
    Step.ENGINE: "Our own work",
}
LEVELS = {Level.ACT: ("failed", "Act"), Level.LOOK: ("pending", "Look"), Level.WELL: ("done", "Well")}
LEVELS[Level.ENDED] = ("shadow", "Ended")
