"""Opportunities: places that the studio's own limits keep back, what they are expected to bring, and its answers."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapter.people.permissions import Act
from adapter.steering.opportunities import AnswerRefused, answer
from adapter.store.connection_health import connections_of
from adapter.store.opportunities import answered_cards, brought, one_card, open_cards
from adapter.store.tables import ConnectionState, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs

blueprint = Blueprint("opportunities", __name__)
SHOWN = 20
ANSWERED = {
    "accept": "Accepted. It is listed within a minute.",
    "dismiss": "Dismissed. You are not asked about this class again.",
    "snooze": "Put off. You are asked again, while there is still time.",
}


@blueprint.get("/studios/<int:studio_id>/opportunities")
@needs(Act.SEE_CALENDAR)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """What waits for an answer, what was answered, and what the accepted ones brought."""
    now = context().now()
    with context().store.read() as db:
        return render_template(
            "opportunities.html",
            studio=db.get_one(Studio, studio_id),
            cards=open_cards(db, studio_id, now),
            answered=answered_cards(db, studio_id, now),
            brought=brought(db, studio_id, now),
            shown=SHOWN,
            connected=any(each.state is ConnectionState.ACTIVE for each in connections_of(db, studio_id)),
            now=now,
        )


@blueprint.post("/studios/<int:studio_id>/opportunities")
@needs(Act.CHANGE_SETTINGS)
def say(studio_id: int) -> ResponseReturnValue:
    """Answer one of them."""
    given, reason = request.form.get("answer", ""), request.form.get("reason", "")
    try:
        with context().store.write() as db:
            card = one_card(db, studio_id, request.form.get("opportunity", 0, type=row_id))
            if card is None:
                abort(404)
            answer(db, card, given, reason=reason, actor=caller().actor, now=context().now())
    except AnswerRefused as error:
        flash(str(error), "error")
    else:
        context().wake_engine()
        flash(ANSWERED[given], "info")
    return redirect(url_for("opportunities.of_studio", studio_id=studio_id))
