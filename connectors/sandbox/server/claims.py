"""What the authorization server says about a person and a client in its signed tokens."""

from __future__ import annotations

import secrets
from typing import Any

from connectors.sandbox.server.faults import Kind
from connectors.sandbox.server.people import Person
from connectors.sandbox.server.sandbox import Sandbox, here
from connectors.sandbox.server.signing import half_hash, sign

FRONT_CHANNEL_SECONDS, BACK_CHANNEL_SECONDS = 300, 3600


def id_token(sandbox: Sandbox, person: Person, nonce: str | None, *, code: str | None, access: str | None) -> str:
    """Who signed in, bound to the client's session and to the code or token that it comes with."""
    now = int(sandbox.now().timestamp())
    claims = {
        "iss": sandbox.url,
        "aud": sandbox.client.client_id,
        "sub": person.id,
        "iat": now,
        "nbf": now,
        "exp": now + (FRONT_CHANNEL_SECONDS if code else BACK_CHANNEL_SECONDS),
        "auth_time": now,
        "amr": ["pwd"],
        "idp": "local",
        "sid": secrets.token_hex(16),
        "email": person.login,
    }
    if nonce:
        claims["nonce"] = nonce
    if code:
        claims["c_hash"] = half_hash(code)
    if access:
        claims["at_hash"] = half_hash(access)
    fault = sandbox.faults.take(Kind.ID_TOKEN, path="/connect/authorize" if code else "/connect/token")
    return sign(claims | (fault.claims if fault else {}))


def access_token(client: Any, grant_type: str, user: Person, scope: str) -> str:
    """A JWT that opens the API (RFC 9068)."""
    sandbox = here()
    now = int(sandbox.now().timestamp())
    claims = {
        "iss": sandbox.url,
        "aud": [f"{sandbox.url}/resources", sandbox.client.client_id],
        "sub": user.id,
        "client_id": sandbox.client.client_id,
        "scope": scope.split(),
        "jti": secrets.token_urlsafe(12),
        "iat": now,
        "nbf": now,
        "exp": now + sandbox.options.access_token_seconds,
    }
    return sign(claims, kind="at+jwt")
