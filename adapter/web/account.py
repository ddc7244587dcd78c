"""One's own account: what one signs in with. Changing that takes a sign-in of the last quarter of an hour."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from adapter.people.accounts import sign_out_everywhere
from adapter.people.challenges import Purpose, claim_challenge, open_challenge
from adapter.people.members import ways_of
from adapter.people.passkeys import NotProven, keep_passkey, offer_passkey, party_of, passkeys_of, remove_passkey
from adapter.people.passwords import (
    NotTaken,
    app_address,
    codes_left,
    new_second_factor,
    remove_password,
    set_password,
)
from adapter.store.tables import User
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context
from adapter.web.entering import begin, is_fresh, recall, remember
from adapter.web.languages import said

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
def show() -> ResponseReturnValue:
    """With what one signs in."""
    return _page()


@blueprint.post("/passkeys/question")
def passkey_question() -> ResponseReturnValue:
    """What the browser asks the device that is to make a passkey."""
    party = party_of(context().config.public_url) or abort(404)
    with context().store.write() as db:
        token, options = offer_passkey(db, context().keys, party, _changer(db), context().now())
    remember(Purpose.NEW_PASSKEY, token)
    return options, {"Content-Type": "application/json"}


@blueprint.post("/passkeys")
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the device made."""
    party = party_of(context().config.public_url) or abort(404)
    given: Any = request.get_json(silent=True)
    given = given if isinstance(given, dict) else {}
    token = recall(Purpose.NEW_PASSKEY)
    try:
        with context().store.write() as db:
            user = _changer(db)
            name = str(given.get("name", ""))
            keep_passkey(db, context().keys, party, user.id, name, token, given.get("credential"), context().now())
    except NotProven as error:
        return jsonify(wrong=said(f"{error}.")), 422
    flash("Your passkey is kept. From now on you sign in with it.", "info")
    return jsonify(next=url_for("account.show"))


@blueprint.post("/passkeys/remove")
def drop_passkey() -> ResponseReturnValue:
    """Forget a passkey, and every session but this one."""
    with context().store.write() as db:
        user = _changer(db)
        if _is_last(db, user.id) and "sure" not in request.form:
            return _last()
        if not remove_passkey(db, user.id, request.form.get("passkey", 0, type=row_id), context().now()):
            abort(404)
        _only_here(db, user)
    flash("The passkey is removed, and you are signed out everywhere else.", "info")
    return redirect(url_for("account.show"))


@blueprint.get("/password")
def new_password() -> ResponseReturnValue:
    """A form with a new key for the authenticator app."""
    with context().store.write() as db:
        user = _changer(db)
        return _password_form(db, user, new_second_factor())


@blueprint.post("/password")
def save_password() -> ResponseReturnValue:
    """Keep password and second factor, and show the recovery codes: this once."""
    keys, now = context().keys, context().now()
    password, code = request.form.get("password", ""), request.form.get("code", "")
    with context().store.write() as db:
        user = _changer(db)
        token = recall(Purpose.SECOND_FACTOR)
        secret = claim_challenge(db, keys, Purpose.SECOND_FACTOR, token, user_id=user.id, now=now)
        if secret is None:
            flash("That took longer than ten minutes. Here is a new picture.", "error")
            return redirect(url_for("account.new_password"))
        try:
            codes = set_password(db, keys, user, password, secret, code, now)
        except NotTaken as error:
            return _password_form(db, user, secret, {error.field: f"{error}."}), 422
        _only_here(db, user)
    return render_template("recovery_codes.html", codes=codes)


@blueprint.post("/password/remove")
def drop_password() -> ResponseReturnValue:
    """Forget the password with all that belongs to it, and every session but this one."""
    with context().store.write() as db:
        user = _changer(db)
        if _is_last(db, user.id) and "sure" not in request.form:
            return _last()
        if not remove_password(db, user.id, context().now()):
            abort(404)
        _only_here(db, user)
    flash("The password is removed, and you are signed out everywhere else.", "info")
    return redirect(url_for("account.show"))


def _page() -> str:
    user_id = caller().user_id or abort(404)
    with context().store.read() as db:
        return render_template(
            "account.html",
            passkeys=passkeys_of(db, user_id),
            ways=ways_of(db, user_id),
            codes=codes_left(db, user_id),
            possible=party_of(context().config.public_url) is not None,
            fresh=is_fresh(),
            last=_is_last(db, user_id),
        )


def _changer(db: Session) -> User:
    """The signed-in user, who may change with what they sign in: fresh here, and not another company's to decide."""
    user_id = caller().user_id or abort(404)
    if not is_fresh():
        flash("Nothing was changed: sign out and in again first. You signed in more than 15 minutes ago.", "error")
        abort(redirect(url_for("account.show"), 303))
    if "staff" in ways_of(db, user_id):
        abort(403)
    return db.get_one(User, user_id)


def _is_last(db: Session, user_id: int) -> bool:
    """Whether only one way is left of signing in by oneself."""
    return len(passkeys_of(db, user_id)) + ("password" in ways_of(db, user_id)) == 1


def _last() -> ResponseReturnValue:
    flash("Nothing was removed: tick the box to confirm. It is the last way in without somebody's link.", "error")
    return redirect(url_for("account.show"))


def _only_here(db: Session, user: User) -> None:
    """With another key every other session ends: whoever had the old one is out."""
    sign_out_everywhere(db, user.id)
    db.refresh(user)
    begin(user)


def _password_form(db: Session, user: User, secret: str, errors: dict[str, str] | None = None) -> str:
    token = open_challenge(
        db, context().keys, Purpose.SECOND_FACTOR, user_id=user.id, carries=secret, now=context().now()
    )
    remember(Purpose.SECOND_FACTOR, token)
    address = app_address(secret, user)
    picture = segno.make(address, micro=False).svg_inline(scale=4, light="#fff", svgclass="qr", lineclass=None)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return render_template("password.html", picture=picture, address=address, secret=spaced, errors=errors or {})
