"""The sandbox's authorization server, met over HTTP as a client and an owner's browser meet it."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.fixtures.sandbox import LiveSandbox

CALLBACK = "http://127.0.0.1:9/oauth/callback/sandbox"
SCOPE = "email profile openid offline_access Mindbody.Api.Public.v6"


@dataclass
class Consent:
    """One connection attempt: what the client made up, and what the browser brought back."""

    sandbox: LiveSandbox
    state: str = field(default_factory=secrets.token_urlsafe)
    nonce: str = field(default_factory=secrets.token_urlsafe)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    sent: dict[str, str] = field(default_factory=dict)

    def page(self, **changed: str | None) -> requests.Response:
        """Open the page of the authorization endpoint."""
        challenge = urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked: dict[str, str | None] = {
            "response_type": "code id_token",
            "response_mode": "form_post",
            "client_id": self.sandbox.client_id,
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": self.state,
            "nonce": self.nonce,
            "subscriberId": self.sandbox.sites[0]["id"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changed,
        }
        known = {name: value for name, value in asked.items() if value is not None}
        url = f"{self.sandbox.issuer}/connect/authorize"
        return requests.get(url, params=known, timeout=10, allow_redirects=False)

    def decide(self, page: requests.Response, decision: str = "allow", **changed: str) -> requests.Response:
        """Fill in the page."""
        action = unescape(re.search(r'action="([^"]*)"', page.text)[1])  # type: ignore[index]
        site = self.sandbox.sites[0]
        filled = {"login": site["owner_login"], "password": site["owner_password"], "decision": decision, **changed}
        return requests.post(urljoin(page.url, action), data=filled, timeout=10, allow_redirects=False)

    def run(self, decision: str = "allow", **changed: str | None) -> dict[str, str]:
        """All the way: what the callback receives."""
        return came_back(self.decide(self.page(**changed), decision))

    def exchange(self, code: str, **changed: str) -> requests.Response:
        """Exchange a code at the token endpoint."""
        return self.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **changed)

    def token(self, **form: str) -> requests.Response:
        client = {"client_id": self.sandbox.client_id, "client_secret": self.sandbox.client_secret}
        if form["grant_type"] == "authorization_code":
            form.setdefault("code_verifier", self.verifier)
        return requests.post(f"{self.sandbox.issuer}/connect/token", data=client | form, timeout=10)


def came_back(answer: requests.Response) -> dict[str, str]:
    """What an answer of the authorization endpoint brings to the client, however it travels."""
    if answer.status_code == 302:
        parts = urlsplit(answer.headers["Location"])
        return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}
    assert f'action="{CALLBACK}"' in answer.text
    return {k: unescape(v) for k, v in re.findall(r'name="([^"]*)" value="([^"]*)"', answer.text)}


def read_token(sandbox: LiveSandbox, token: str) -> dict[str, Any]:
    """A token's claims, its signature checked with the published keys."""
    about = requests.get(f"{sandbox.issuer}/.well-known/openid-configuration", timeout=10).json()
    keys = KeySet.import_key_set(requests.get(about["jwks_uri"], timeout=10).json())
    return jwt.decode(token, keys, ["RS256"]).claims


def test_both_discovery_documents_name_the_same_endpoints(sandbox: LiveSandbox) -> None:
    oidc = requests.get(f"{sandbox.issuer}/.well-known/openid-configuration", timeout=10).json()
    oauth = requests.get(f"{sandbox.issuer}/.well-known/oauth-authorization-server", timeout=10).json()
    assert oidc == oauth
    assert oidc["issuer"] == sandbox.issuer
    assert oidc["code_challenge_methods_supported"] == ["S256"]


def test_hybrid_flow_brings_a_code_bound_to_an_id_token(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    brought = consent.run()
    assert brought["state"] == consent.state
    assert brought["iss"] == sandbox.issuer
    claims = read_token(sandbox, brought["id_token"])
    half = urlsafe_b64encode(hashlib.sha256(brought["code"].encode()).digest()[:16]).rstrip(b"=").decode()
    assert (claims["nonce"], claims["aud"], claims["c_hash"]) == (consent.nonce, sandbox.client_id, half)
    assert claims["exp"] - claims["iat"] == 300


def test_code_is_exchanged_for_tokens_that_open_the_api(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    answer = consent.exchange(consent.run()["code"])
    tokens = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    claims = read_token(sandbox, tokens["access_token"])
    assert claims["exp"] - claims["nbf"] == 3600
    assert f"{sandbox.issuer}/resources" in claims["aud"]
    headers = {"API-Key": sandbox.api_key, "SiteId": "1001", "Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(f"{sandbox.api_url}/client/clients", headers=headers, timeout=10).status_code == 200


def test_plain_code_flow_comes_back_by_query_and_by_form(sandbox: LiveSandbox) -> None:
    for mode in (None, "query", "form_post"):
        consent = Consent(sandbox)
        brought = consent.run(response_type="code", response_mode=mode)
        assert brought["state"] == consent.state
        assert "id_token" not in brought
        assert consent.exchange(brought["code"]).ok


def test_refusing_leaves_no_code_and_says_so(sandbox: LiveSandbox) -> None:
    for response_type in ("code", "code id_token"):
        consent = Consent(sandbox)
        brought = consent.run("deny", response_type=response_type)
        assert (brought["error"], brought["state"]) == ("access_denied", consent.state)
        assert "code" not in brought


def test_wrong_password_shows_the_page_again(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    answer = consent.decide(consent.page(), password="wrong")
    assert answer.status_code == 401
    assert "do not fit" in answer.text


@pytest.mark.parametrize(
    "changed", [{"code_challenge": None}, {"code_challenge_method": "plain"}, {"nonce": None}, {"scope": "nothing"}]
)
def test_authorization_requests_without_what_is_demanded_are_sent_back(
    sandbox: LiveSandbox, changed: dict[str, str | None]
) -> None:
    answer = Consent(sandbox).page(**changed)
    assert came_back(answer)["error"] in ("invalid_request", "invalid_scope")


def test_a_callback_elsewhere_is_never_redirected_to(sandbox: LiveSandbox) -> None:
    answer = Consent(sandbox).page(redirect_uri="https://elsewhere.example/callback")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_registered_callbacks_match_exactly(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(redirect_uris=[CALLBACK])
    assert Consent(sandbox).page().status_code == 200
    assert Consent(sandbox).page(redirect_uri=f"{CALLBACK}/more").status_code == 400


def test_code_wants_its_verifier_and_its_redirect_uri(sandbox: LiveSandbox) -> None:
    for changed in ({"code_verifier": secrets.token_urlsafe(48)}, {"subscriberId": "1002"}):
        consent = Consent(sandbox)
        answer = consent.exchange(consent.run()["code"], **changed)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_used_twice_takes_back_what_came_of_it(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    code = consent.run()["code"]
    tokens = consent.exchange(code).json()
    assert consent.exchange(code).json()["error"] == "invalid_grant"
    refreshed = consent.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


def test_refresh_tokens_rotate_and_a_spent_one_ends_the_chain(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    first = consent.exchange(consent.run()["code"]).json()
    second = consent.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert "id_token" in second
    reused = consent.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert reused.json()["error"] == "invalid_grant"
    assert consent.token(grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 400


def test_without_rotation_the_same_refresh_token_works_again(sandbox_with: Callable[..., LiveSandbox]) -> None:
    consent = Consent(sandbox_with(rotate_refresh=False))
    tokens = consent.exchange(consent.run()["code"]).json()
    for _ in range(2):
        answer = consent.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert answer.ok
        assert "refresh_token" not in answer.json()


def test_without_offline_access_there_is_no_refresh_token(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    tokens = consent.exchange(consent.run(scope="openid Mindbody.Api.Public.v6")["code"]).json()
    assert "refresh_token" not in tokens


def test_access_tokens_expire_by_the_servers_clock(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(access_token_seconds=60)
    consent = Consent(sandbox)
    tokens = consent.exchange(consent.run()["code"]).json()
    headers = {"API-Key": sandbox.api_key, "SiteId": "1001", "Authorization": f"Bearer {tokens['access_token']}"}
    sandbox.tick(seconds=61)
    answer = requests.get(f"{sandbox.api_url}/client/clients", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (401, "DeniedAccess")


def test_revocation_ends_the_consent_and_introspection_sees_it(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    tokens = consent.exchange(consent.run()["code"]).json()
    basic = (sandbox.client_id, sandbox.client_secret)
    asked = {"token": tokens["access_token"]}
    about = requests.post(f"{sandbox.issuer}/connect/introspect", data=asked, auth=basic, timeout=10).json()
    assert (about["active"], about["sub"]) == (True, "owner-1001")
    given = {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"}
    assert requests.post(f"{sandbox.issuer}/connect/revocation", data=given, auth=basic, timeout=10).ok
    gone = requests.post(f"{sandbox.issuer}/connect/introspect", data=asked, auth=basic, timeout=10).json()
    assert gone == {"active": False}


def test_wrong_client_secret_is_invalid_client(sandbox: LiveSandbox) -> None:
    answer = Consent(sandbox).token(grant_type="refresh_token", refresh_token="x", client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_issuer_can_be_left_out_of_the_response(sandbox_with: Callable[..., LiveSandbox]) -> None:
    assert "iss" not in Consent(sandbox_with(issuer_in_response=False)).run()


def test_forced_refusals_and_forged_id_tokens(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    sandbox.faults({"kind": "id_token", "path": "authorize", "claims": {"nonce": "forged"}})
    brought = consent.run()
    assert read_token(sandbox, brought["id_token"])["nonce"] == "forged"
    sandbox.faults({"kind": "oauth", "path": "/connect/token", "error": "invalid_grant", "count": 1})
    assert consent.exchange(brought["code"]).json() == {"error": "invalid_grant"}
    assert consent.exchange(brought["code"]).ok


def test_consumer_login_opens_nothing_that_is_for_the_business(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    page = consent.page()
    brought = came_back(consent.decide(page, login="consumer.1001@login.example", password="consumer-1001-sesame"))
    tokens = consent.exchange(brought["code"]).json()
    headers = {"API-Key": sandbox.api_key, "SiteId": "1001", "Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(f"{sandbox.api_url}/client/clients", headers=headers, timeout=10).status_code == 401
    assert requests.get(f"{sandbox.api_url}/class/classes", headers=headers, timeout=10).status_code == 200


def test_a_token_answer_that_is_lost_costs_the_chain_only_where_tokens_rotate(
    sandbox_with: Callable[..., LiveSandbox],
) -> None:
    for rotate, status in ((True, 400), (False, 200)):
        sandbox = sandbox_with(rotate_refresh=rotate)
        consent = Consent(sandbox)
        refresh = consent.exchange(consent.run()["code"]).json()["refresh_token"]
        sandbox.faults({"kind": "lost", "path": "/connect/token", "count": 1})
        with pytest.raises(requests.ConnectionError):
            consent.token(grant_type="refresh_token", refresh_token=refresh)
        assert consent.token(grant_type="refresh_token", refresh_token=refresh).status_code == status


def test_a_withdrawn_site_refreshes_nothing(sandbox: LiveSandbox) -> None:
    consent = Consent(sandbox)
    refresh = consent.exchange(consent.run()["code"]).json()["refresh_token"]
    sandbox.faults({"kind": "revoked_site", "site": "1001"})
    answer = consent.token(grant_type="refresh_token", refresh_token=refresh)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
