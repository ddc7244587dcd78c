"""Staff tokens, for an account that is opened with a login instead of OAuth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from connectors.errors import Reconnect, TryAgain
from connectors.http import open_door
from connectors.mindbody import headers
from connectors.mindbody.tokens import issue_staff_token
from tests.fixtures.doors import FAR, Wire
from tests.fixtures.sandbox import LiveSandbox

Wires = Callable[..., Wire]


def test_a_staff_login_opens_the_sandbox(sandbox: LiveSandbox) -> None:
    site = sandbox.sites[0]
    held: list[str | None] = [None]
    with open_door(
        sandbox.api_url,
        headers=headers(site["id"], {"API_KEY": sandbox.api_key}),
        token=lambda fresh: held[0],
        on_call=lambda call, status: None,
        allow_private=True,
        allowed=frozenset(),
    ) as door:
        with pytest.raises(Reconnect):
            door.get("/client/clients")
        token = issue_staff_token(door, site["owner_login"], site["owner_password"])
        held[0] = token.value
        assert door.get("/client/clients")["Clients"]
        assert token.expires_at > sandbox.time[0]
        assert token.value not in repr(token)


@responses.activate
def test_a_login_that_is_refused_needs_another(wire: Wires) -> None:
    refusal = {"Error": {"Code": "InvalidLoginCredentials", "Message": "Wrong user name or password"}}
    responses.post(f"{FAR}/usertoken/issue", status=400, json=refusal)
    with pytest.raises(Reconnect, match="does not accept this staff login") as caught:
        issue_staff_token(wire(tokens=[None]).door, "_Source", "open sesame 1")
    assert "open sesame" not in str(caught.value)


@responses.activate
@pytest.mark.parametrize(
    "body", [{}, {"AccessToken": ""}, {"AccessToken": "a"}, {"AccessToken": "a", "Expires": "soon"}, []]
)
def test_an_answer_without_a_token_is_a_passing_fault(wire: Wires, body: Any) -> None:
    responses.post(f"{FAR}/usertoken/issue", json=body)
    with pytest.raises(TryAgain, match="POST /usertoken/issue"):
        issue_staff_token(wire(tokens=[None]).door, "u", "p")


@responses.activate
def test_it_ends_when_mindbody_says(wire: Wires) -> None:
    responses.post(f"{FAR}/usertoken/issue", json={"AccessToken": "a", "Expires": "2026-03-03T12:00:00.1234567Z"})
    token = issue_staff_token(wire(tokens=[None]).door, "u", "p")
    assert token.expires_at == datetime(2026, 3, 3, 12, 0, 0, 123_456, tzinfo=UTC)
