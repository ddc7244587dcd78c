"""People of a studio: who may do what, inviting, changing and withdrawing. And the door that an invitation opens."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from adapter.people.invitations import (
    LIFE,
    NotInvited,
    accept,
    invite,
    look_up,
    open_invitations,
    withdraw_invitation,
)
from adapter.people.members import NotChanged, change_role, members_of, withdraw
from adapter.people.permissions import Act, grantable
from adapter.store.tables import Role, Studio, User
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.entering import NEXT, enter
from adapter.web.limits import limiter

blueprint = Blueprint("people", __name__)
tries = limiter.limit("20/minute", methods=["POST"])


@blueprint.get("/studios/<int:studio_id>/people")
@needs(Act.MANAGE_PEOPLE)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """Who may do what here, and who is invited."""
    return _page(studio_id)


@blueprint.post("/studios/<int:studio_id>/people/invite")
@needs(Act.MANAGE_PEOPLE)
def ask_in(studio_id: int) -> ResponseReturnValue:
    """Invite somebody: the link is shown, this once, to be copied."""
    form, role = request.form, _role(studio_id)
    try:
        with context().store.write() as db:
            token = invite(
                db,
                context().keys,
                form.get("name", ""),
                form.get("address", ""),
                role=role,
                studio_id=studio_id,
                actor=caller().actor,
                now=context().now(),
            )
    except NotInvited as error:
        return _page(studio_id, refused=error), 422
    return _page(studio_id, link=f"{context().config.public_url}/join/{token}", whom=form["name"])


@blueprint.post("/studios/<int:studio_id>/people/role")
@needs(Act.MANAGE_PEOPLE)
def set_role(studio_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    role, person = _role(studio_id), request.form.get("person", 0, type=row_id)
    try:
        with context().store.write() as db:
            change_role(db, studio_id, person, role, actor=caller().actor, now=context().now())
    except NotChanged as error:
        flash(f"{error}.", "error")
    else:
        flash("Changed. It holds at once.", "info")
    return _back(studio_id)


@blueprint.post("/studios/<int:studio_id>/people/withdraw")
@needs(Act.MANAGE_PEOPLE)
def take_away(studio_id: int) -> ResponseReturnValue:
    """Take the studio away from somebody, once the box says that it is meant."""
    if "sure" not in request.form:
        flash("Nothing was changed: tick the box to confirm.", "error")
        return _back(studio_id)
    person = request.form.get("person", 0, type=row_id)
    try:
        with context().store.write() as db:
            withdraw(db, studio_id, person, actor=caller().actor, now=context().now())
    except NotChanged as error:
        flash(f"{error}.", "error")
        return _back(studio_id)
    flash("Withdrawn. It holds at once.", "info")
    return redirect(url_for("home.front")) if person == caller().user_id else _back(studio_id)


@blueprint.post("/studios/<int:studio_id>/people/uninvite")
@needs(Act.MANAGE_PEOPLE)
def call_off(studio_id: int) -> ResponseReturnValue:
    """Let an invitation open nothing any more."""
    number = request.form.get("invitation", 0, type=row_id)
    with context().store.write() as db:
        done = withdraw_invitation(db, studio_id, number, actor=caller().actor, now=context().now())
    flash("The link no longer works." if done else "That invitation is used or over already.", "info")
    return _back(studio_id)


@blueprint.route("/join/<token>", methods=["GET", "POST"])
@tries
def join(token: str) -> ResponseReturnValue:
    """Show what one is invited to and a button; pressed, take it: with the account that is signed in, or a new one."""
    keys, now = context().keys, context().now()
    with context().store.read() as db:
        invitation = look_up(db, keys, token, now)
        studio = db.get(Studio, invitation.studio_id) if invitation and invitation.studio_id else None
    if invitation is None:
        return render_template("join.html", invitation=None), 410
    if request.method == "GET":
        if g.caller is None:
            session[NEXT] = request.path  # who signs in first comes back here
        return render_template("join.html", invitation=invitation, at=studio)
    with context().store.write() as db:
        mine = db.get(User, caller().user_id) if g.caller is not None else None
        user = accept(db, keys, token, mine, now)
        if user is None:
            return render_template("join.html", invitation=None), 410
        if mine is None:
            session.pop(NEXT, None)
            enter(db, user, "invitation")
    if mine is None:
        flash("Welcome. Now choose with what you sign in from now on: the link that you came by is used up.", "info")
        return redirect(url_for("account.show"))
    return redirect(url_for("home.front"))


def _page(studio_id: int, link: str | None = None, whom: str = "", refused: NotInvited | None = None) -> str:
    now = context().now()
    with context().store.read() as db:
        return render_template(
            "people.html",
            studio=db.get_one(Studio, studio_id),
            members=members_of(db, studio_id),
            invitations=open_invitations(db, studio_id, now),
            roles=grantable(caller(), studio_id),
            link=link,
            whom=whom,
            days=LIFE.days,
            wrong={refused.field: f"{refused}."} if refused else {},
            given=request.form if refused else {},
        )


def _role(studio_id: int) -> Role:
    """The role that the form names; 403 for one that the caller may not give."""
    try:
        role = Role(request.form.get("role", ""))
    except ValueError:
        abort(400)
    return role if role in grantable(caller(), studio_id) else abort(403)


def _back(studio_id: int) -> ResponseReturnValue:
    return cast(ResponseReturnValue, redirect(url_for("people.of_studio", studio_id=studio_id)))
