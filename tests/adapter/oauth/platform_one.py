"""A booking platform for these tests: its authorization server and its API as the network would show them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
import responses
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from connectors.platform import Api, OAuth, Platform, ResponseMode, Site

ISSUER = "https://id.platform.test"
API = "https://api.platform.test/v6"
CLIENT_ID = "client-of-ours"
CLIENT_SECRET = "s3cr%t:+ü"
OWNER = "owner-of-1001"

Answer = tuple[int, dict[str, str], str]


@cache
def signing_key(name: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


def describe(api: Api) -> Site:
    found = api.door.get("/site/sites")["Sites"][0]
    return Site(id=str(found["Id"]), name=found["Name"], timezone=found["TimeZone"], currency="USD")


def declare(**changes: Any) -> Platform:
    """The declaration; ``changes`` go to its OAuth part."""
    oauth: dict[str, Any] = {
        "scopes": ("openid", "profile", "offline_access", "classes.read", "classes.book"),
        "response_type": "code id_token",
        "response_mode": ResponseMode.FORM_POST,
        "site_parameter": "subscriberId",
        "refresh_with_scope": True,
        "scope_meanings": {"classes.read": "read classes", "classes.book": "book classes"},
    }
    return Platform(
        name="platform_one",
        title="Platform One",
        capabilities=frozenset(),
        streams={},
        describe=describe,
        headers=lambda site, settings: {"SiteId": site, "Api-Key": settings.get("API_KEY", "")},
        api_url=API,
        oauth=OAuth(**(oauth | changes)),
    )


class PlatformOne:
    """What the platform answers; tests change it as it goes."""

    def __init__(self, network: responses.RequestsMock, now: Callable[[], datetime]) -> None:
        self.network, self.now = network, now
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/connect/authorize",
            "token_endpoint": f"{ISSUER}/connect/token",
            "revocation_endpoint": f"{ISSUER}/connect/revocation",
            "jwks_uri": f"{ISSUER}/keys",
            "authorization_response_iss_parameter_supported": True,
        }
        self.sites = {"1001": {"Id": 1001, "Name": "Studio One", "TimeZone": "America/New_York"}}
        self.token: dict[str, Any] = {"token_type": "Bearer", "expires_in": 3600}
        self.faults: list[Answer | Exception] = []  # taken first, one a token call
        self.first_answer: Callable[[Any], Answer] | None = None  # for one token call
        self.revocations: list[Answer | Exception] = []
        self.token_calls: list[requests.PreparedRequest] = []
        self.revoked: list[dict[str, str]] = []
        self.issued = 0
        self.expected_site: str | None = None
        for method, url, answer in (
            ("GET", f"{ISSUER}/.well-known/openid-configuration", lambda _: _json(200, self.metadata)),
            ("GET", f"{ISSUER}/keys", lambda _: _json(200, KeySet([signing_key()]).as_dict(private=False))),
            ("POST", f"{ISSUER}/connect/token", self._token),
            ("POST", f"{ISSUER}/connect/revocation", self._revocation),
            ("GET", f"{API}/site/sites", self._sites),
        ):
            network.add_callback(method, url, answer)

    @property
    def forms(self) -> list[dict[str, str]]:
        """What was posted to the token endpoint."""
        return [form(call) for call in self.token_calls]

    def consent(self, url: str, **changes: Any) -> dict[str, list[str]]:
        """What the browser brings back after a person has consented at ``url``; None as a change drops a parameter."""
        asked = query(url)
        code = changes.get("code", f"code-{asked['state'][:8]}")
        values = {
            "code": code,
            "state": asked["state"],
            "iss": ISSUER,
            "id_token": self.id_token(asked["nonce"], code=code if isinstance(code, str) else None),
        } | changes
        return {name: [value] if isinstance(value, str) else value for name, value in values.items() if value}

    def id_token(
        self, nonce: str | None, /, *, code: str | None = None, key: RSAKey | None = None, **claims: Any
    ) -> str:
        now = int(self.now().timestamp())
        said: dict[str, Any] = {"iss": ISSUER, "aud": CLIENT_ID, "sub": OWNER, "iat": now, "exp": now + 300}
        if nonce:
            said["nonce"] = nonce
        if code:
            said["c_hash"] = (create_half_hash(code, "RS256") or b"").decode()
        said |= claims
        header = {"alg": "RS256", "kid": "one"}
        return jwt.encode(header, {k: v for k, v in said.items() if v is not None}, key or signing_key())

    def _token(self, request: Any) -> Answer:
        self.token_calls.append(request)
        if self.first_answer:
            answer, self.first_answer = self.first_answer, None
            return answer(request)
        return self.answer_token(request)

    def answer_token(self, request: Any) -> Answer:
        """The next fault, else the next tokens."""
        if self.faults:
            return _given(self.faults.pop(0))
        self.issued += 1
        tokens = {"access_token": f"access-{self.issued}", "refresh_token": f"refresh-{self.issued}"} | self.token
        return _json(200, {name: value for name, value in tokens.items() if value is not None})

    def _revocation(self, request: Any) -> Answer:
        self.revoked.append(form(request))
        return _given(self.revocations.pop(0)) if self.revocations else (200, {}, "")

    def _sites(self, request: Any) -> Answer:
        if not request.headers.get("Authorization", "").startswith("Bearer access-"):
            return _json(401, {"Error": {"Code": "DeniedAccess", "Message": "no"}})
        site = self.sites.get(self.expected_site or request.headers["SiteId"])
        return _json(200, {"Sites": [site]}) if site else _json(404, {"Error": {"Code": "NotFound", "Message": "?"}})


def query(url: str) -> dict[str, str]:
    """The query of an address; each parameter stands once."""
    found = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def form(request: requests.PreparedRequest) -> dict[str, str]:
    """A posted form."""
    body = request.body or ""
    return dict(parse_qsl(body.decode() if isinstance(body, bytes) else str(body)))


def _json(status: int, body: Any) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body)


def _given(answer: Answer | Exception) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer


def oauth_error(word: str, status: int = 400) -> Answer:
    return _json(status, {"error": word})


HOUR = timedelta(hours=1)
