"""The franchisor's page: venues and how far SmartTools cover them. No client, no rate."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from adapter.people.permissions import Act, studios_for
from adapter.store.franchise import coverage_of
from adapter.web.access import caller, context

blueprint = Blueprint("franchise", __name__)


@blueprint.get("/franchise")
def front() -> ResponseReturnValue:
    """Every venue of the studios that the caller is franchisor of."""
    studios = studios_for(caller(), Act.OVERSEE)
    if studios is not None and not studios:
        abort(403)
    with context().store.read() as db:
        venues = coverage_of(db, studios, context().now())
    classes = sum(one.classes for one in venues)
    covered = sum(one.decided for one in venues if one.mode == "live")
    share = covered * 100 // classes if classes else None
    return render_template("franchise.html", venues=venues, classes=classes, covered=covered, share=share)
