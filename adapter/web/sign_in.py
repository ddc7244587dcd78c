"""Signing in by a one-time link, and out. A GET shows a button, so a scanner that opens links burns none."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from adapter.accounts import redeem, sign_out_everywhere
from adapter.web.access import SignedIn, caller, context
from adapter.web.limits import limiter

blueprint = Blueprint("sign_in", __name__)
tries = limiter.limit("20/minute", methods=["POST"])


@blueprint.get("/sign-in")
def ask() -> ResponseReturnValue:
    """How to get in."""
    return render_template("sign_in.html", token=None)


@blueprint.route("/sign-in/<token>", methods=["GET", "POST"])
@tries
def by_link(token: str) -> ResponseReturnValue:
    """Show the button; pressed, use the link up."""
    if request.method == "GET":
        return render_template("sign_in.html", token=token)
    with context().store.write() as db:
        user = redeem(db, context().keys, token, context().now())
    if user is None:
        return render_template("sign_in.html", token=None, refused=True), 410
    wanted = session.get("next")
    session.clear()  # nothing that was fixed before signing in is carried over
    login_user(SignedIn(user))
    session.permanent = True
    return redirect(_ours(wanted))


@blueprint.post("/sign-out")
def out() -> ResponseReturnValue:
    """End the session; with ``everywhere`` all sessions of this user."""
    user_id = caller().user_id
    if "everywhere" in request.form and user_id is not None:
        with context().store.write() as db:
            sign_out_everywhere(db, user_id)
    logout_user()
    session.clear()
    return redirect(url_for("home.front"))


def _ours(path: object) -> str:
    return path if isinstance(path, str) and path.startswith("/") and path[1:2] not in ("/", "\\") else "/"
