"""The page about a class for its members, and the switch that opens it (N-22). No rate, no floor, nobody's name."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapter.people.permissions import Act
from adapter.store.calendar import Upcoming, one_session
from adapter.store.member_pages import session_shown, show_members
from adapter.store.tables import Connection, PushMode, Studio
from adapter.web.access import caller, context, needs

blueprint = Blueprint("members", __name__)
EXPECTED = "So many members usually come that no place is expected to stay empty."
CHOSEN = "The studio has chosen not to offer this class elsewhere."
WHY_NOT = {
    "full": "Every place is taken.",
    "waitlisted": "Members are on the waiting list, and they come first.",
    "cancelled": "This class does not take place.",
    "started": "This class has begun.",
    "excluded": CHOSEN,
    "blackout": CHOSEN,
    "hidden": CHOSEN,
    "paused": CHOSEN,
    "forecast": EXPECTED,
    "cold_start": EXPECTED,
    "risk_limit": EXPECTED,
}
OTHERWISE = "No place is offered elsewhere just now."


@blueprint.get("/why/<token>")
def page(token: str) -> ResponseReturnValue:
    """Why a class is, or is not, on a marketplace: for anybody with the link."""
    with context().store.read() as db:
        session_id = session_shown(db, token)
        if session_id is None:
            abort(404)
        item = one_session(db, session_id)
        name = db.get_one(Studio, item.studio_id).name
        connection = db.get_one(Connection, item.session.connection_id)
    told = {"listed": _is_listed(item), "why_not": _why_not(item)}
    return render_template("member.html", item=item, name=name, connection=connection, **told)


@blueprint.post("/sessions/<int:session_id>/members")
@needs(Act.SHOW_MEMBERS)
def switch(session_id: int) -> ResponseReturnValue:
    """Open or close the page."""
    shown = "shown" in request.form
    with context().store.write() as db:
        show_members(db, session_id, shown=shown, actor=caller().actor, now=context().now())
    flash("Whoever has the link can read it now." if shown else "Closed: the link leads nowhere.", "info")
    return redirect(url_for("calendar.of_session", session_id=session_id))


def _is_listed(item: Upcoming) -> bool:
    live = _is_pushed(item) and item.takes_place
    return live and item.session.starts_at > context().now() and item.places.listed > 0


def _is_pushed(item: Upcoming) -> bool:
    return item.push_mode is PushMode.LIVE and not item.in_shadow


def _why_not(item: Upcoming) -> str:
    """In words that say nothing of money: a rule about rates is none of a member's."""
    if not item.takes_place:
        return WHY_NOT["cancelled"]
    if item.session.starts_at <= context().now():
        return WHY_NOT["started"]
    if not _is_pushed(item):
        return CHOSEN
    code = item.decision.binding or item.decision.reason if item.decision else ""
    return WHY_NOT.get(code, OTHERWISE)
