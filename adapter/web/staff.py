"""Our own staff signs in at the company's identity provider, and comes back."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from adapter.people.challenges import Purpose
from adapter.people.staff import CALLBACK, StaffRefused, begin_staff, finish_staff
from adapter.store.tables import User
from adapter.web.access import context
from adapter.web.entering import enter, recall, remember
from adapter.web.limits import limiter

blueprint = Blueprint("staff", __name__)
tries = limiter.limit("20/minute")


@blueprint.get("/sign-in/staff")
@tries
def start() -> ResponseReturnValue:
    """Away to the identity provider."""
    settings = context().config.staff or abort(404)
    try:
        url, token = begin_staff(context(), settings)
    except StaffRefused as refusal:
        return _refused(refusal)
    remember(Purpose.STAFF, token)
    return redirect(url, 303)


@blueprint.get(CALLBACK)
@tries
def callback() -> ResponseReturnValue:
    """Back from there: signed in, or told why not. The address holds a code, so nobody is told where one came from."""
    settings = context().config.staff or abort(404)
    given = {name: request.args.getlist(name) for name in request.args}
    try:
        user = finish_staff(context(), settings, given, recall(Purpose.STAFF))
    except StaffRefused as refusal:
        return _refused(refusal)
    with context().store.write() as db:
        wanted = enter(db, db.get_one(User, user.id), "staff")
    return redirect(wanted, 303)


def _refused(refusal: StaffRefused) -> ResponseReturnValue:
    page = render_template("sign_in.html", staff=True, wrong=str(refusal))
    return page, refusal.status, {"Referrer-Policy": "no-referrer"}
