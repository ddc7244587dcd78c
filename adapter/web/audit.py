"""The audit log: who did what, when, with before and after. Of one studio; of all, for our own staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from adapter.guarantee.periods import day_begins
from adapter.people.permissions import Act, may, studios_for
from adapter.showing.confidential import without_floor
from adapter.store.audit import Filter, actors_in, acts_in, lines_of, studios_in
from adapter.store.tables import Audit, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.days import day_asked_for

blueprint = Blueprint("audit", __name__)
SHOWN = 50
ZONE = "UTC"  # of the log of all studios


@blueprint.get("/studios/<int:studio_id>/audit")
@needs(Act.SEE_AUDIT)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """What was done at one studio."""
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
    return _page(studio, studio.timezone)


@blueprint.get("/audit")
def everywhere() -> ResponseReturnValue:
    """What was done at all studios, and what concerns none: sign-ins, keys, staff."""
    if studios_for(caller(), Act.SEE_AUDIT) is not None:
        abort(404)  # it does not exist for whoever is a studio's
    return _page(None, ZONE)


def _page(studio: Studio | None, zone: str) -> str:
    args, own = request.args, studio.id if studio else None
    first, last = day_asked_for("from"), day_asked_for("to")
    wanted = Filter(
        studio_id=own or args.get("studio", type=row_id),
        actor=args.get("who") or None,
        act=args.get("act") or None,
        first=day_begins(first, zone) if first else None,
        before=day_begins(last + timedelta(days=1), zone) if last else None,
    )
    with context().store.read() as db:
        rows = lines_of(db, wanted, older_than=args.get("older", type=row_id), limit=SHOWN + 1)
        names, acts, studios = actors_in(db, own), acts_in(db, own), studios_in(db) if own is None else {}
    return render_template(
        "audit.html",
        studio=studio,
        zone=zone,
        lines=[(row, _changes(row)) for row in rows[:SHOWN]],
        older=rows[SHOWN - 1].id if len(rows) > SHOWN else None,
        names=names,
        acts=acts,
        studios=studios,
        asked={name: value for name, value in args.items() if name != "older"},
    )


def _changes(row: Audit) -> list[tuple[str, Any, Any]]:
    """Field by field what was and what is, as the reader may see it (SR-11)."""
    sees = may(caller(), Act.SEE_FLOOR, row.studio_id or 0)
    before, after = (side if sees else without_floor(side) for side in (row.before or {}, row.after or {}))
    return [(name, before.get(name), after.get(name)) for name in sorted({**before, **after})]
