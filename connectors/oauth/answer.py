"""What a token endpoint's answer means: tokens, or the one error that says what to do. Knows no request."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors import strict_json
from connectors.errors import Misconfigured, Reconnect, TryAgain
from connectors.http.answers import retry_after

SHORT_LIFE = timedelta(minutes=5)  # of a token whose life is not told, or told absurdly
LONGEST_LIFE = timedelta(days=3650)
OURS = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"})
_PASSING = frozenset({408, 425, 429})
_TOKEN = re.compile(r"[\x21-\x7e]+")  # RFC 6749 A.12, less the space, which no header's token may have (RFC 6750)
_WORD = re.compile(r"[a-z_]{3,40}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token endpoint gave."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)  # None: none was given; a refresh keeps the one it used
    expires_at: datetime
    scopes: tuple[str, ...]
    id_token: str | None = field(repr=False, default=None)


def token_in(response: requests.Response) -> dict[str, Any]:
    """The fields of a token answer. Raises Reconnect, Misconfigured or TryAgain."""
    status, host, body = response.status_code, host_of(response.url), _body(response)
    if status in _PASSING or status >= 500:
        raise TryAgain(f"{host} answers {status}", after=retry_after(response.headers))
    word = error_word(response)
    if word in OURS:
        raise Misconfigured(f"{host} refuses us ({word}): check …_CLIENT_ID, …_CLIENT_SECRET and …_SCOPES")
    if word is not None or 400 <= status < 500:
        raise Reconnect(f"the platform refuses the grant ({word or f'status {status}'})")
    if status != 200:
        raise TryAgain(f"{host} answers {status}, which is no answer to a token request")
    if body is None:
        raise TryAgain(f"{host} answers what is not a token", unknown=True)
    return body


def grant_in(token: Mapping[str, Any], asked: Sequence[str], now: datetime) -> Grant:
    """The grant that a token answer holds; scopes that it does not name are those asked for (RFC 6749 5.1)."""
    access = token.get("access_token")
    if not isinstance(access, str) or not _TOKEN.fullmatch(access):
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


def _body(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = strict_json.loads(response.content)
    except strict_json.NotJson:
        return None
    return body if isinstance(body, dict) else None


def error_word(response: requests.Response) -> str | None:
    """The OAuth error that an answer names; None where it names none."""
    body = _body(response)
    word = body.get("error") if body else None
    if word is None:
        return None
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "unnamed"  # never an echo of what was sent


def host_of(url: str | None) -> str:
    """The host of an address, which may be shown."""
    return urlsplit(url or "").netloc
