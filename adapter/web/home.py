"""The front page: what this is for a stranger, the way to their studios for everybody else."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from adapter.store.tables import Studio
from adapter.web.access import caller, context

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def front() -> ResponseReturnValue:
    """Signed out: what this is. Signed in: the studio, or a list where there are several."""
    if g.caller is None:
        return render_template("welcome.html")
    mine = select(Studio).order_by(Studio.name)
    if caller().studio_ids is not None:
        mine = mine.where(Studio.id.in_(caller().studio_ids or ()))
    with context().store.read() as db:
        studios = db.scalars(mine).all()
    if len(studios) == 1:
        return redirect(url_for("today.of_studio", studio_id=studios[0].id))
    return render_template("studios.html", studios=studios)
