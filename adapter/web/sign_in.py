"""Signing in by a one-time link, by a password with its second factor, by a passkey; and out.

A GET shows a button, so a scanner that opens links burns none. Whatever is wrong, the answer is the same.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from adapter.people.accounts import redeem, sign_out_everywhere
from adapter.people.challenges import Purpose
from adapter.people.passkeys import NotProven, offer_sign_in, party_of, user_by_passkey
from adapter.people.passwords import user_by_password
from adapter.store.audit import write_line
from adapter.web.access import caller, context
from adapter.web.entering import enter, recall, remember
from adapter.web.languages import said
from adapter.web.limits import limiter

blueprint = Blueprint("sign_in", __name__)
tries = limiter.limit("20/minute", methods=["POST"])
NOT_ACCEPTED = "Address, password and code don't belong together. Each code works once: wait for the next."


def _address_tried() -> str:
    return context().keys.keyed_hash(request.form.get("address", "").strip().lower())


tries_at_address = limiter.limit("20/hour", key_func=_address_tried, methods=["POST"])
"""However many machines guess at one address. Passkeys and links still let its owner in."""


@blueprint.get("/sign-in")
def ask() -> ResponseReturnValue:
    """How to get in."""
    return _page()


@blueprint.route("/sign-in/<token>", methods=["GET", "POST"])
@tries
def by_link(token: str) -> ResponseReturnValue:
    """Show the button; pressed, use the link up."""
    if request.method == "GET":
        return _page(token=token)
    with context().store.write() as db:
        user = redeem(db, context().keys, token, context().now())
        wanted = enter(db, user, "link") if user is not None else None
    return redirect(wanted) if wanted is not None else (_page(refused=True), 410)


@blueprint.post("/sign-in")
@tries
@tries_at_address
def by_password() -> ResponseReturnValue:
    """Address, password and code at once: nothing tells which of them was wrong."""
    address, password, code = (request.form.get(name, "") for name in ("address", "password", "code"))
    with context().store.write() as db:
        user = user_by_password(db, context().keys, address, password, code, context().now())
        wanted = enter(db, user, "password") if user is not None else None
    return redirect(wanted) if wanted is not None else (_page(wrong=NOT_ACCEPTED), 422)


@blueprint.post("/sign-in/passkey/question")
@tries
def passkey_question() -> ResponseReturnValue:
    """What the browser asks its passkeys: the same for everybody."""
    party = party_of(context().config.public_url) or abort(404)
    with context().store.write() as db:
        token, options = offer_sign_in(db, context().keys, party, context().now())
    remember(Purpose.PASSKEY, token)
    return options, {"Content-Type": "application/json"}


@blueprint.post("/sign-in/passkey")
@tries
def by_passkey() -> ResponseReturnValue:
    """A passkey's answer: where to go, or why not."""
    party = party_of(context().config.public_url) or abort(404)
    answer: Any = request.get_json(silent=True)
    token = recall(Purpose.PASSKEY)
    try:
        with context().store.write() as db:
            user = user_by_passkey(db, context().keys, party, token, answer, context().now())
            wanted = enter(db, user, "passkey")
    except NotProven as error:
        return jsonify(wrong=said(f"{error}.")), 422
    return jsonify(next=wanted)


@blueprint.post("/sign-out")
def out() -> ResponseReturnValue:
    """End the session; with ``everywhere`` all sessions of this user."""
    user_id = caller().user_id
    if "everywhere" in request.form and user_id is not None:
        with context().store.write() as db:
            sign_out_everywhere(db, user_id)
            who = caller().actor
            write_line(db, None, "person.signed_out_everywhere", who, None, None, actor=who, now=context().now())
    logout_user()
    session.clear()
    return redirect(url_for("home.front"))


def _page(**told: Any) -> str:
    """The page for whoever is not in yet."""
    config = context().config
    return render_template(
        "sign_in.html", passkeys=party_of(config.public_url) is not None, staff=config.staff is not None, **told
    )
