"""Passkeys with a real browser and its virtual authenticator; and what is no proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from adapter.context import Context
from adapter.people.passkeys import Party, party_of
from adapter.store.tables import Audit, Challenge, Passkey, Role
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, link_of, sign_in

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("https://spots.example", Party("spots.example", "https://spots.example")),
        ("https://Spots.example:8443/app", Party("spots.example", "https://spots.example:8443")),
        ("http://localhost:5000", Party("localhost", "http://localhost:5000")),
        ("http://spots.example", None),
        ("https://192.0.2.7", None),
        ("http://127.0.0.1:5000", None),
    ],
)
def test_a_passkey_is_bound_to_our_public_address(url: str, party: Party | None) -> None:
    assert party_of(url) == party


@dataclass
class Device:
    """A browser window with an authenticator of its own."""

    page: Page
    cdp: Any
    id: str

    def set(self, **options: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, **options})

    def credentials(self) -> list[dict[str, Any]]:
        return list(self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])


@pytest.fixture
def device(browser: Browser, app: Flask, ctx: Context, served: str) -> Iterator[Device]:
    """The application at a host name, as passkeys need it, and a device that can hold them."""
    here = served.replace("127.0.0.1", "localhost")
    app.extensions["context"] = replace(ctx, config=replace(ctx.config, public_url=here))
    window = browser.new_context(base_url=here)
    page = window.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    cdp = window.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield Device(page, cdp, made["authenticatorId"])
    window.close()
    assert wrong == []


def let_in(page: Page, ctx: Context, user_id: int) -> None:
    page.goto(link_of(ctx, user_id))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studios/**")


@pytest.mark.browser
def test_a_passkey_is_added_signs_in_and_is_removed(device: Device, app: Flask, ctx: Context, seeded: Seeded) -> None:
    page = device.page
    let_in(page, ctx, seeded.users[Role.OWNER])
    page.get_by_role("link", name="Owner").click()
    page.get_by_label("What to call it").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("Your passkey is kept").wait_for()
    page.locator("b", has_text="My phone").wait_for()
    (held,) = device.credentials()
    assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)

    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"/studios/{seeded.studio_id}/people")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"**/studios/{seeded.studio_id}/people*")
    with ctx.store.read() as db:
        row = db.scalars(select(Passkey)).one()
        assert row.used_at == NOON
        assert row.sign_count == device.credentials()[0]["signCount"] > 0
        assert db.scalars(select(Challenge)).all() == [], "each was used up"
        assert [line.after for line in db.scalars(select(Audit).where(Audit.act == "person.signed_in"))][-1] == {
            "by": "passkey"
        }

    device.set(isUserVerified=False)  # somebody else's finger
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("[data-wrong]", has_text="Try again").wait_for()
    device.set(isUserVerified=True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/studios/**")

    page.goto("/account")
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("Nothing was removed: tick the box").wait_for()
    page.locator("summary", has_text="Remove").click()
    page.get_by_label("It is my last way in").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("The passkey is removed").wait_for()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("was not accepted").wait_for()


@pytest.fixture
def asked(app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded) -> FlaskClient:
    """A browser without a device, at a host name."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.extensions["context"] = replace(ctx, config=replace(ctx.config, public_url="https://spots.example"))
    return client


NO_PROOFS = [
    None,
    [],
    {},
    {"rawId": "!"},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": 7}},
]


@pytest.mark.parametrize("answer", NO_PROOFS)
def test_what_is_no_proof_opens_nothing_and_keeps_nothing(
    asked: FlaskClient, ctx: Context, seeded: Seeded, answer: Any
) -> None:
    question = asked.post("/sign-in/passkey/question").get_json()
    assert "allowCredentials" not in question or question["allowCredentials"] == []
    assert question["userVerification"] == "required"
    refused = asked.post("/sign-in/passkey", json=answer)
    assert (refused.status_code, "not accepted" in refused.get_json()["wrong"]) == (422, True)
    with ctx.store.write() as db:
        db.add(
            Passkey(
                user_id=seeded.users[Role.OWNER],
                name="x",
                credential=b"\0",
                public_key=b"\0",
                sign_count=0,
                created_at=NOON,
            )
        )
    assert asked.post("/sign-in/passkey", json=answer).status_code == 422
    sign_in(asked, ctx, seeded.users[Role.OWNER])
    assert asked.post("/account/passkeys", json={"credential": answer}).status_code == 422
    assert asked.post("/account/passkeys/question").get_json()["rp"]["id"] == "spots.example"
    assert asked.post("/account/passkeys", json={"credential": answer}).status_code == 422
    with ctx.store.read() as db:
        assert len(db.scalars(select(Passkey)).all()) == 1


def test_a_question_is_answered_in_time_in_its_browser_and_once(asked: FlaskClient, app: Flask, ctx: Context) -> None:
    challenges = {json.loads(asked.post("/sign-in/passkey/question").data)["challenge"] for _ in range(3)}
    assert len(challenges) == 3
    app.extensions["context"].now = lambda: NOON + timedelta(minutes=10)
    asked.post("/sign-in/passkey/question")
    with ctx.store.read() as db:
        assert len(db.scalars(select(Challenge)).all()) == 1, "what is too old is cleared away"


def test_where_no_passkey_can_be_none_is_offered(client: FlaskClient, app: Flask, ctx: Context, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    assert "passkey</button>" not in client.get("/sign-in").text
    assert client.post("/sign-in/passkey/question").status_code == 404
    sign_in(client, ctx, seeded.users[Role.OWNER])
    assert "http://localhost:5000" in client.get("/account").text
