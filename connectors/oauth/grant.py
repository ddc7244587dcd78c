"""Tokens: the code for the first ones, a refresh token for the next ones, revocation (RFC 6749, 7009).

Authlib makes the requests; what comes back is sorted here into what the caller does next. Nothing is ever repeated
here: a code and a rotating refresh token work once.
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus, urlsplit

import requests
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client

from connectors import strict_json
from connectors.errors import Misconfigured, Reconnect, TryAgain
from connectors.oauth.server import Server

SHORT_LIFE = timedelta(minutes=5)  # of a token whose life is not told, or told absurdly
LONGEST_LIFE = timedelta(days=3650)
_HINT = "refresh_token"
_WORD = re.compile(r"[a-z_]{3,40}")
_OURS = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"})


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as the platform registered us."""

    id: str
    secret: str = field(repr=False)
    auth: str = "client_secret_post"  # or client_secret_basic


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token endpoint gave."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)  # None: none was given; a refresh keeps the one it used
    expires_at: datetime
    scopes: tuple[str, ...]
    id_token: str | None = field(repr=False, default=None)


def exchange_code(
    http: requests.Session,
    server: Server,
    client: Client,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
    scopes: Sequence[str],
    now: datetime,
    extra: Mapping[str, str],
) -> Grant:
    """The tokens for a code, asked for once. Raises ConnectorError; Reconnect where the code is refused."""
    fields = {"code": code, "code_verifier": verifier, "redirect_uri": redirect_uri, **extra}
    token = _ask(http, server, client, "authorization_code", fields)
    return _grant(token, scopes, now)


def refresh_grant(
    http: requests.Session,
    server: Server,
    client: Client,
    *,
    refresh_token: str,
    scopes: Sequence[str],
    now: datetime,
    extra: Mapping[str, str],
) -> Grant:
    """New tokens for a refresh token.

    Raises Reconnect where the grant has ended, Misconfigured where we are refused, and TryAgain, with ``unknown`` set
    where the request may have been carried out and its answer lost.
    """
    token = _ask(http, server, client, "refresh_token", {"refresh_token": refresh_token, **extra})
    return _grant(token, scopes, now)


def revoke(http: requests.Session, server: Server, client: Client, token: str) -> None:
    """End a grant at the platform (RFC 7009). An unknown token counts as revoked; raises TryAgain or Misconfigured."""
    if server.revoke_url is None:
        return
    try:
        response = _authlib(client, http).revoke_token(server.revoke_url, token=token, token_type_hint=_HINT)
    except requests.RequestException as error:
        raise TryAgain(f"{_host(server.revoke_url)} does not answer ({type(error).__name__})") from None
    if response.status_code == 401 or _error_word(response) in _OURS:
        raise Misconfigured(f"{_host(server.revoke_url)} does not know us: check …_CLIENT_ID and …_CLIENT_SECRET")
    if response.status_code != 200 and _error_word(response) not in {"invalid_token", "invalid_grant"}:
        raise TryAgain(f"{_host(server.revoke_url)} answers {response.status_code} to a revocation")


class _Authlib(OAuth2Client):
    """Authlib's client on a session of ours, so that token calls pass the same guard as all others.

    Its own reading of the answer is left out: it fails on a life that is no number.
    """

    client_auth_class = OAuth2ClientAuth

    def parse_response_token(self, resp: requests.Response) -> dict[str, Any]:
        """The token answer, or the error that says what to do."""
        return _token_in(resp)


def _authlib(client: Client, http: requests.Session) -> Any:
    authlib = _Authlib(
        http,
        client_id=client.id,
        client_secret=client.secret,
        token_endpoint_auth_method=client.auth,
        revocation_endpoint_auth_method=client.auth,
    )
    authlib.register_client_auth_method(("client_secret_basic", _basic))
    return authlib


def _basic(client: Any, _method: str, uri: str, headers: dict[str, str], body: Any) -> tuple[str, dict[str, str], Any]:
    """HTTP Basic as RFC 6749 2.3.1 has it: form-encoded first, which Authlib leaves out."""
    text = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = "Basic " + b64encode(text.encode()).decode()
    return uri, headers, body


def _ask(
    http: requests.Session, server: Server, client: Client, grant_type: str, fields: Mapping[str, str]
) -> Mapping[str, Any]:
    """One token call."""
    host = _host(server.token_url)
    try:
        answer: Mapping[str, Any] = _authlib(client, http).fetch_token(
            server.token_url, grant_type=grant_type, **fields
        )
    except requests.exceptions.ConnectTimeout:
        raise TryAgain(f"{host} does not answer") from None
    except requests.RequestException as error:
        raise TryAgain(f"{host} broke off ({type(error).__name__})", unknown=True) from None
    return answer


def _token_in(response: requests.Response) -> dict[str, Any]:
    status, host, body = response.status_code, _host(response.url), _body(response)
    if status == 429 or status >= 500:
        raise TryAgain(f"{host} answers {status}", after=_retry_after(response))
    word = _error_word(response)
    if word in _OURS:
        raise Misconfigured(f"{host} refuses us ({word}): check …_CLIENT_ID, …_CLIENT_SECRET and …_SCOPES")
    if word is not None or 400 <= status < 500:
        raise Reconnect(f"the platform refuses the grant ({word or f'status {status}'})")
    if status != 200:
        raise TryAgain(f"{host} answers {status}, which is no answer to a token request")
    if body is None:
        raise TryAgain(f"{host} answers what is not a token", unknown=True)
    return body


def _body(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = strict_json.loads(response.content)
    except strict_json.NotJson:
        return None
    return body if isinstance(body, dict) else None


def _error_word(response: requests.Response) -> str | None:
    body = _body(response)
    word = body.get("error") if body else None
    if word is None:
        return None
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "unnamed"  # never an echo of what was sent


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _grant(token: Mapping[str, Any], asked: Sequence[str], now: datetime) -> Grant:
    access = token.get("access_token")
    if not isinstance(access, str) or not access:
        raise TryAgain("the platform's sign-in server answers without an access token", unknown=True)
    kind = token.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise Misconfigured("the platform gives tokens of a type that we can't use")
    scope = token.get("scope")
    return Grant(
        access_token=access,
        refresh_token=_text(token.get("refresh_token")),
        expires_at=now + _life(token.get("expires_in")),
        scopes=tuple(scope.split()) if isinstance(scope, str) and scope.strip() else tuple(asked),
        id_token=_text(token.get("id_token")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _life(value: object) -> timedelta:
    """How long a token lives: what is said where it makes sense, a short life where it does not."""
    try:
        seconds = float(value) if isinstance(value, (int, Decimal, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return SHORT_LIFE if not isinstance(value, int) else LONGEST_LIFE
    if math.isnan(seconds) or seconds <= 0:
        return SHORT_LIFE
    return timedelta(seconds=min(seconds, LONGEST_LIFE.total_seconds()))


def _host(url: str | None) -> str:
    return urlsplit(url or "").netloc
