"""The id_token: who consented, by a signature that only the platform can make (OpenID Connect Core 3.1.3.7, 3.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any

import requests
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connectors.errors import Misconfigured, Rejected
from connectors.oauth.server import Server, get_json

_ALGORITHMS = ("RS256", "PS256", "ES256")  # asymmetric only: never "none", never a MAC keyed with what others know
SKEW = 60  # seconds that our clock and theirs may differ


def check_id_token(
    http: requests.Session,
    server: Server,
    id_token: str,
    *,
    client_id: str,
    now: datetime,
    nonce: str | None = None,
    code: str | None = None,
) -> str:
    """The subject (`sub`) of a token that is to be believed. Raises as ``read_id_token``."""
    claims = read_id_token(http, server, id_token, client_id=client_id, now=now, nonce=nonce, code=code)
    return str(claims["sub"])


def read_id_token(
    http: requests.Session,
    server: Server,
    id_token: str,
    *,
    client_id: str,
    now: datetime,
    nonce: str | None = None,
    code: str | None = None,
) -> Mapping[str, Any]:
    """The claims. Checks signature, iss, aud, azp, exp, iat, and nonce and c_hash where they are given.

    Raises Rejected (code "untrusted") where the token is not to be believed; Misconfigured where the server's keys
    are not known; TryAgain where they can't be had.
    """
    token = _verified(id_token, _keys(http, server))
    claims = token.claims
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=SKEW,
        iss={"essential": True, "value": server.issuer or ""},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise _untrusted(str(error)) from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:
        raise _untrusted("it is meant for several, and names no authorized party")
    if claims.get("azp", client_id) != client_id:
        raise _untrusted("it was issued to somebody else")
    if nonce is not None and not _same(claims.get("nonce"), nonce):
        raise _untrusted("its nonce is not ours")
    if code is not None and not _same(claims.get("c_hash"), _half_hash(code, token.header["alg"])):
        raise _untrusted("it belongs to another code")
    return dict(claims)


def _keys(http: requests.Session, server: Server) -> KeySet:
    if server.issuer is None or server.jwks_url is None:
        raise Misconfigured("an id_token can't be checked: set …_ISSUER so that the platform's keys are found")
    found = get_json(http, server.jwks_url)
    try:
        return KeySet.import_key_set({"keys": found["keys"]} if found else {"keys": []})
    except (JoseError, KeyError, TypeError, ValueError, AttributeError):
        raise _untrusted("the platform's keys can't be read") from None


def _verified(id_token: str, keys: KeySet) -> jwt.Token:
    try:
        return jwt.decode(id_token, keys, algorithms=list(_ALGORITHMS))
    except (JoseError, ValueError, TypeError, RecursionError):
        raise _untrusted("its signature is not the platform's") from None


def _half_hash(text: str, algorithm: str) -> str:
    return (create_half_hash(text, algorithm) or b"").decode("ascii")


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and bool(wanted) and compare_digest(given.encode(), wanted.encode())


def _untrusted(why: str) -> Rejected:
    return Rejected(f"The platform's word on who signed in can't be trusted: {why}.", code="untrusted")
