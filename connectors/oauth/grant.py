"""Tokens: the code for the first ones, a refresh token for the next ones, revocation (RFC 6749, 7009).

Authlib makes the requests; what comes back is read in answer.py. Nothing is ever repeated here: a code and a rotating
refresh token work once.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import requests
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client

from connectors.errors import Misconfigured, TryAgain
from connectors.oauth.answer import OURS, Grant, error_word, grant_in, host_of, token_in
from connectors.oauth.server import Server

_HINT = "refresh_token"


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as the platform registered us."""

    id: str
    secret: str = field(repr=False)
    auth: str = "client_secret_post"  # or client_secret_basic


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
    return grant_in(token, scopes, now)


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
    return grant_in(token, scopes, now)


def revoke(http: requests.Session, server: Server, client: Client, token: str) -> None:
    """End a grant at the platform (RFC 7009). An unknown token counts as revoked; raises TryAgain or Misconfigured."""
    if server.revoke_url is None:
        return
    try:
        response = _authlib(client, http).revoke_token(server.revoke_url, token=token, token_type_hint=_HINT)
    except requests.RequestException as error:
        raise TryAgain(f"{host_of(server.revoke_url)} does not answer ({type(error).__name__})") from None
    if response.status_code == 401 or error_word(response) in OURS:
        raise Misconfigured(f"{host_of(server.revoke_url)} does not know us: check …_CLIENT_ID and …_CLIENT_SECRET")
    if response.status_code != 200 and error_word(response) not in {"invalid_token", "invalid_grant"}:
        raise TryAgain(f"{host_of(server.revoke_url)} answers {response.status_code} to a revocation")


class _Authlib(OAuth2Client):
    """Authlib's client on a session of ours, so that token calls pass the same guard as all others.

    Its own reading of the answer is left out: it fails on a life that is no number.
    """

    client_auth_class = OAuth2ClientAuth

    def parse_response_token(self, resp: requests.Response) -> dict[str, Any]:
        """The token answer, or the error that says what to do."""
        return token_in(resp)


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
    host = host_of(server.token_url)
    try:
        answer: Mapping[str, Any] = _authlib(client, http).fetch_token(
            server.token_url, grant_type=grant_type, **fields
        )
    except requests.exceptions.ConnectTimeout:
        raise TryAgain(f"{host} does not answer") from None
    except requests.RequestException as error:
        raise TryAgain(f"{host} broke off ({type(error).__name__})", unknown=True) from None
    return answer
