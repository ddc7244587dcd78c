"""A password and its second factor: both or nothing, each code once, and the same answer whatever is wrong."""

from __future__ import annotations

import html
import re
import threading
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.context import Context
from adapter.people.passwords import NotTaken, check_password, new_second_factor, set_password, user_by_password
from adapter.store.tables import Audit, Password, Role, User
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded

GOOD = "tuba lantern quiet moss"
ADDRESS = "owner@example.com"


class Phone:
    """An authenticator app, and the clock of the service beside it."""

    def __init__(self, app: Flask, ctx: Context, seeded: Seeded) -> None:
        self.app, self.ctx, self.user_id = app, ctx, seeded.users[Role.OWNER]
        self.secret, self.time = new_second_factor(), NOON
        app.config["WTF_CSRF_ENABLED"] = False
        with ctx.store.write() as db:
            self.codes = set_password(
                db, ctx.keys, db.get_one(User, self.user_id), GOOD, self.secret, self.code(), NOON
            )

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.time)

    def later(self, seconds: int = 30) -> None:
        self.time += timedelta(seconds=seconds)
        self.app.extensions["context"] = replace(self.ctx, now=lambda: self.time)

    def tries(self, **given: str) -> int:
        form = {"address": ADDRESS, "password": GOOD, "code": self.code()} | given
        return self.app.test_client().post("/sign-in", data=form).status_code


@pytest.fixture
def phone(app: Flask, ctx: Context, seeded: Seeded) -> Phone:
    """The owner's, set up at NOON."""
    return Phone(app, ctx, seeded)


def test_both_let_in_and_a_code_works_once(phone: Phone) -> None:
    assert phone.tries() == 422, "the code that set it up is used up"
    phone.later()
    assert phone.tries(address=" Owner@Example.COM ") == 302
    assert phone.tries() == 422
    phone.later()
    assert phone.tries() == 302
    phone.later(-30)
    assert phone.tries() == 422, "an earlier one neither"


def test_the_answer_is_the_same_whatever_is_wrong(phone: Phone) -> None:
    phone.later()
    wrong = ({"address": "nobody@example.com"}, {"address": "no address"}, {"password": GOOD + "!"}, {"code": "000000"})
    pages = set()
    for given in (*wrong, {"code": ""}, {"password": "x" * 5000}):
        form = {"address": ADDRESS, "password": GOOD, "code": phone.code()} | given
        answer = phone.app.test_client().post("/sign-in", data=form)
        assert answer.status_code == 422
        pages.add(re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text))
    assert len(pages) == 1
    assert 'aria-describedby="wrong" autofocus' in pages.pop(), "one stands where one tries again, and is told why"
    assert phone.tries() == 302, "nothing was used up"


def test_a_recovery_code_stands_in_once(phone: Phone) -> None:
    assert phone.tries(code=phone.codes[3].upper().replace("-", " ")) == 302
    assert phone.tries(code=phone.codes[3]) == 422
    assert phone.tries(code=phone.codes[4]) == 302
    with phone.ctx.store.read() as db:
        assert "recovery_code.used" in db.scalars(select(Audit.act)).all()


def test_of_two_at_once_with_the_same_code_one_gets_in(phone: Phone) -> None:
    phone.later()
    start, let_in = threading.Barrier(2), []

    def attempt() -> None:
        start.wait()
        with phone.ctx.store.write() as db:
            found = user_by_password(db, phone.ctx.keys, ADDRESS, GOOD, phone.code(), phone.time)
            let_in.append(found is not None)

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False, True]


def test_guessing_is_slowed_down_at_one_address_wherever_it_comes_from(phone: Phone) -> None:
    answers = []
    for machine in range(21):
        form = {"address": "nobody@example.com", "password": "guess", "code": "1"}
        client = phone.app.test_client()
        answers.append(client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": f"192.0.2.{machine}"}))
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]


@pytest.mark.parametrize(
    "password", ["elevenchars", "password1234", "aaaaaaaaaaaaaaaa", "Summer2026!!", "harbormovement", GOOD * 6]
)
def test_what_is_easily_guessed_is_not_taken(password: str) -> None:
    with pytest.raises(NotTaken):
        check_password(password, ["Owner", "Harbor Movement"])
    check_password(GOOD, ["Owner"])


def test_nothing_of_it_lies_open_in_the_database(phone: Phone) -> None:
    with phone.ctx.store.read() as db:
        row = db.scalars(select(Password)).one()
        assert row.hash.startswith("$argon2id$")
        assert phone.secret.encode() not in row.second


class TestPages:
    def secret_on(self, page: str) -> str:
        found = re.search(r"secret=([A-Z2-7]+)", html.unescape(page))
        assert found is not None
        assert 'class="qr"' in page
        return found[1]

    def test_it_is_set_with_the_app_and_shows_the_codes_once(self, owner: FlaskClient, ctx: Context) -> None:
        secret = self.secret_on(owner.get("/account/password").text)
        now = pyotp.TOTP(secret).at(NOON)
        weak = owner.post("/account/password", data={"password": "password1234", "code": now})
        assert (weak.status_code, "easily guessed" in weak.text) == (422, True)
        assert self.secret_on(weak.text) == secret, "the picture that was scanned stays"
        wrong = owner.post("/account/password", data={"password": GOOD, "code": "12"})
        assert (wrong.status_code, "not the code" in wrong.text) == (422, True)
        done = owner.post("/account/password", data={"password": GOOD, "code": now})
        assert len(re.findall(r"<code>[0-9a-f]{8}-[0-9a-f]{8}</code>", done.text)) == 10
        again = owner.post("/account/password", data={"password": GOOD, "code": now})
        assert again.location == "/account/password", "a challenge is answered once"
        assert "Set, together with" in owner.get("/account").text

    def test_the_last_way_in_is_not_removed_unawares(self, owner: FlaskClient, phone: Phone, app: Flask) -> None:
        elsewhere = app.test_client()
        phone.later()
        form = {"address": ADDRESS, "password": GOOD, "code": phone.code()}
        assert elsewhere.post("/sign-in", data=form).status_code == 302
        assert owner.post("/account/password/remove").location == "/account"
        assert "tick the box" in owner.get("/account").text
        owner.post("/account/password/remove", data={"sure": "yes"})
        assert "Set a password" in owner.get("/account").text
        assert elsewhere.get("/account").location == "/sign-in", "other sessions have ended"
        with phone.ctx.store.read() as db:
            assert "password.removed" in db.scalars(select(Audit.act)).all()

    def test_a_session_left_open_changes_no_key(self, owner: FlaskClient, phone: Phone) -> None:
        phone.later(16 * 60)
        for path in ("/account/password", "/account/password/remove", "/account/passkeys/remove"):
            call = owner.get if path == "/account/password" else owner.post
            assert call(path).status_code == 303, path
        with phone.ctx.store.read() as db:
            assert db.scalars(select(Password)).one()
