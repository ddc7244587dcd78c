"""The door itself: time-outs, the call meter, bounded answers. Knows requests; knows no platform.

A write is never retried: its fate may be unknown.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError
from urllib3.util import Retry

from connectors.errors import ConnectorError, Misconfigured, TryAgain
from connectors.http.answers import Call, clock_ahead, read_answer, retry_after
from connectors.http.guard import Policy, pool_classes
from connectors.http.patience import UNTOLD_PAUSE, Pace, Patience, Unpaced
from connectors.platform import NO_CODES, Codes

CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds without a byte
WHOLE_TIMEOUT = 120.0  # seconds for one answer, however slowly it drips
PATHS = 64  # whose requests are kept ready
LARGEST_BODY = 64 * 2**20  # bytes, unpacked
_CHUNK = 2**16
_RECORD_ID = re.compile(r"/(?:-?\d+|[0-9a-fA-F-]{32,36})(?=/|$)")  # a number or a GUID
_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # what a header may hold (RFC 9110 5.5)
_PATH = re.compile(r"/[\w.~!$&'()*+,;=@%-][\w.~!$&'()*+,;=:@%/-]*")

log = structlog.get_logger(__name__)
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # its warnings repeat the query

Token = Callable[[bool], str | None]
OnCall = Callable[[str, int | None], None]


def open_door(
    base_url: str,
    *,
    headers: Mapping[str, str],
    token: Token,
    on_call: OnCall,
    allow_private: bool,
    allowed: frozenset[str],
    pace: Pace | None = None,
    codes: Codes = NO_CODES,
) -> HttpDoor:
    """Open the way to one account. ``token(True)`` is asked for a fresh token, once, after a 401.

    ``on_call`` hears of every attempt, retries included, by its path template: ``("GET /class/classvisits", 200)``,
    with None where no answer came. ``codes`` are the platform's own error codes. Close the door
    after use. Raises Misconfigured where the address can't be one.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise Misconfigured("A platform's address must be like https://host/path, with nothing else in it.")
    session = DirectSession()
    session.headers.update(_sendable({"Accept": "application/json", **headers}))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # none: each call stands for itself
    door = HttpDoor(base_url.rstrip("/"), session, token, on_call, pace or Unpaced(), codes)
    mount_guard(session, allow_private=allow_private, allowed=allowed, retry=Patience.of(door.failed_attempt))
    return door


def mount_guard(
    session: requests.Session, *, allow_private: bool, allowed: frozenset[str], retry: Retry | None = None
) -> None:
    """Make a session obey the address guard and nothing of the environment (no proxy, no password from a netrc)."""
    session.trust_env = False
    adapter = _GuardedAdapter(Policy(allow_private, allowed), retry or Retry(0, read=False))
    session.mount("https://", adapter)
    session.mount("http://", adapter)


class DirectSession(requests.Session):
    """A session to which a redirect is an answer like any other.

    Where none is followed, `requests` still reads the whole body of one, without a bound, and where it leads to.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Nowhere."""
        return None


def next_part(response: requests.Response, most: int) -> bytes:
    """What has come of the unpacked body by now, ``most`` bytes of it; empty at its end.

    Waiting for all of them would let a server that drips hold us past any deadline.
    """
    try:
        return bytes(response.raw.read1(most, decode_content=True) or b"")
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(f"the answer broke off ({type(error).__name__})") from None


def template(path: str) -> str:
    """A path without the ids in it, for meters, logs and messages."""
    return _RECORD_ID.sub("/{id}", path)


class HttpDoor:
    """A way to one account at one platform (connectors.platform.Door)."""

    def __init__(
        self,
        base_url: str,
        session: requests.Session,
        token: Token,
        on_call: OnCall,
        pace: Pace,
        codes: Codes,
    ) -> None:
        self._base = base_url
        self._session = session
        self._token = token
        self._on_call = on_call
        self._pace = pace
        self._codes = codes
        self._bare = lru_cache(PATHS)(self._prepared)
        self._last: tuple[Mapping[str, str], float] = ({}, 0.0)  # the last answer's head, and when it came
        self._secrets = tuple(str(value) for name, value in session.headers.items() if "key" in str(name).lower())

    def __enter__(self) -> HttpDoor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the platform's clock was ahead of this machine's at its last answer; None: it did not tell."""
        headers, wall = self._last
        return clock_ahead(headers, datetime.fromtimestamp(wall, UTC))

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Read; retried on passing faults."""
        return self._ask(f"GET {_checked(path)}", params, None, {})

    def send(
        self, method: str, path: str, body: Any, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Write; never retried here. ``key`` is an idempotency key where the platform takes one."""
        own = {"Content-Type": "application/json", **(headers or {})} | ({"Idempotency-Key": key} if key else {})
        data = b"" if body is None else json.dumps(body).encode()
        return self._ask(f"{method.upper()} {_checked(path)}", None, data, own, tuple((headers or {}).values()))

    def failed_attempt(self, request: str, status: int | None, after: float | None) -> None:
        """Meter an attempt that is tried again; a 429 is everybody's who calls with our key."""
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._pace.pause(UNTOLD_PAUSE if after is None else after)
        method, _, url = request.partition(" ")
        path = urlsplit(url).path.removeprefix(urlsplit(self._base).path)
        self._on_call(f"{method} {template(path)}", status)

    def _ask(
        self,
        request: str,
        params: Mapping[str, Any] | None,
        data: bytes | None,
        headers: dict[str, str],
        own: tuple[str, ...] = (),
    ) -> Any:
        token = self._token(False)
        status, got, body = self._exchange(request, params, data, _with_token(headers, token))
        if status == 401 and token and (fresh := self._token(True)):
            token = fresh
            status, got, body = self._exchange(request, params, data, _with_token(headers, token))
        secrets = (*self._secrets, *own, *((token,) if token else ()))
        return read_answer(Call(template(request), data is not None, secrets, self._codes), status, got, body)

    def _exchange(
        self, request: str, params: Mapping[str, Any] | None, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its whole answer, metered and logged."""
        self._pace.wait()
        method, _, path = request.partition(" ")
        began, status = time.monotonic(), None
        try:
            with self._session.send(
                self._request(method, path, params, data, headers),
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
                self._last = response.headers, time.time()
                if status == HTTPStatus.TOO_MANY_REQUESTS:
                    after = retry_after(response.headers)
                    self._pace.pause(UNTOLD_PAUSE if after is None else after)
                return status, response.headers, _bounded(response, began + WHOLE_TIMEOUT)
        except _TooMuch as error:
            raise TryAgain(f"{template(request)}: {error}.", unknown=data is not None) from error
        except requests.RequestException as error:
            raise _failure(template(request), error, writes=data is not None) from error
        finally:
            self._on_call(template(request), status)
            log.debug("platform.call", call=template(request), status=status, seconds=time.monotonic() - began)

    def _prepared(self, method: str, path: str) -> requests.PreparedRequest:
        return self._session.prepare_request(requests.Request(method, self._base + path))

    def _request(
        self, method: str, path: str, params: Mapping[str, Any] | None, data: bytes | None, headers: dict[str, str]
    ) -> requests.PreparedRequest:
        """A request, made from an earlier one to the same path: to prepare one anew costs as much as to send it."""
        request = self._bare(method, path).copy()
        if params:
            request.url = f"{request.url}?{urlencode(params, doseq=True)}"
        request.headers.update(headers)
        if data is not None:
            request.prepare_body(data, None)
        return request


class _TooMuch(Exception):
    """An answer beyond what we take."""


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, policy: Policy, retry: Retry) -> None:
        self._policy = policy
        super().__init__(max_retries=retry)

    def init_poolmanager(self, *args: Any, **kw: Any) -> None:
        """Connections that obey the policy."""
        super().init_poolmanager(*args, **kw)
        self.poolmanager.pool_classes_by_scheme = pool_classes(self._policy)


def _checked(path: str) -> str:
    """A path that can only lead to the platform itself."""
    if not _PATH.fullmatch(path) or ".." in path:
        raise Misconfigured(f"Not a path of a platform: {template(path)[:80]!r}.")
    return path


def _with_token(headers: dict[str, str], token: str | None) -> dict[str, str]:
    return _sendable(headers | {"Authorization": f"Bearer {token}"}) if token else headers


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    """The headers. Below us one that can't be sent would be quoted in the error, secret and all."""
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            raise Misconfigured(f"The header {name} can't be sent: a line break or a sign that none may have is in it.")
    return headers


def _bounded(response: requests.Response, until: float) -> bytes:
    """The unpacked body, as far as it stays within size and time: a bomb is stopped while it unfolds."""
    parts, size = [], 0
    while part := next_part(response, _CHUNK):
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise _TooMuch(f"the answer is larger than {LARGEST_BODY // 2**20} MB")
        if time.monotonic() > until:
            raise _TooMuch(f"the answer took longer than {WHOLE_TIMEOUT:.0f} seconds")
    return b"".join(parts)


def _failure(call: str, error: requests.RequestException, *, writes: bool) -> ConnectorError:
    """No answer, or half of one: what to do next, without the address or the query in the message."""
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return Misconfigured(f"{call}: the platform's address can't be used.")
    if isinstance(error, requests.exceptions.SSLError):
        return TryAgain(f"{call}: no secure connection: the platform's certificate is not accepted.")
    if isinstance(error, requests.Timeout):
        return TryAgain(f"{call}: no answer in time.", unknown=writes and not _never_sent(error))
    return TryAgain(f"{call}: the connection failed or broke off.", unknown=writes and not _never_sent(error))


def _never_sent(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))
