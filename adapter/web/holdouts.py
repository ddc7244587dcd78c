"""Registering a holdout from the guarantee's page: who may change what is listed, and sees what it is to measure."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from adapter.people.permissions import Act
from adapter.store.holdouts import HoldoutRefused, register_holdout
from adapter.web.access import caller, context, needs

blueprint = Blueprint("holdouts", __name__)


@blueprint.post("/studios/<int:studio_id>/guarantee/holdout")
@needs(Act.CHANGE_SETTINGS)
@needs(Act.SEE_GUARANTEE)
def register(studio_id: int) -> ResponseReturnValue:
    """Register it, once the box is ticked: it can be neither changed nor ended afterwards."""
    form = request.form
    share, weeks = form.get("share", 0, type=int), form.get("weeks", 0, type=int)
    if "sure" not in form:
        flash("Nothing was registered: tick the box to confirm.", "error")
    else:
        try:
            with context().store.write() as db:
                register_holdout(db, studio_id, share / 100, weeks, actor=caller().actor, now=context().now())
        except HoldoutRefused as error:
            flash(str(error), "error")
        else:
            flash("Registered. It begins on the next Monday.", "info")
    return cast(ResponseReturnValue, redirect(url_for("guarantee.of_studio", studio_id=studio_id)))
