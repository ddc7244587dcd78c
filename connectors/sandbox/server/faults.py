"""Faults that are switched on and off while the sandbox runs, each for so many calls of such a path.

Knows which fault is due, and what a broken answer looks like; the WSGI wrapper stands outside Flask, since a
connection that drops has no answer.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Kind(StrEnum):
    """What can go wrong."""

    ANSWER = "answer"  # any status, headers and body
    TOO_MANY = "too_many"  # 429, with Retry-After where ``retry_after`` is set
    ERROR = "error"  # ``status`` (500) in the usual error shape
    MESSAGE = "message"  # ``status`` (500) in the other error shape: {"Message": …}
    UNAUTHORIZED = "unauthorized"  # 401, whatever the token
    OAUTH = "oauth"  # 400 with the OAuth error named by ``error``
    HTML = "html"  # a web page where JSON should be
    REWRITE = "rewrite"  # carried out, but ``body`` stands where ``find`` (a pattern) stood; $1 is its first group
    TRUNCATED = "truncated"  # carried out, but the answer ends in the middle
    DROPPED = "dropped"  # the connection closes before anything is carried out
    LOST = "lost"  # carried out, but the connection closes before the answer
    SLOW = "slow"  # answered after ``seconds``
    STALE = "stale"  # reads of a class after a write to it show what was before
    PAGE_ONE = "page_one"  # whatever offset is asked for: the first page
    PAGE_EMPTY = "page_empty"  # a page without a row, that says there are more
    PAGE_SHIFT = "page_shift"  # the first row has gone since the first page was read: later pages begin one row late
    ID_TOKEN = "id_token"  # noqa: S105  ID tokens carry the ``claims`` given here
    REVOKED_SITE = "revoked_site"  # the owner of ``site`` has withdrawn access
    CLOCK_SKEW = "clock_skew"  # the authorization server's clock is ``seconds`` off
    WEBHOOK_DUPLICATE = "webhook_duplicate"  # a delivery is made twice
    WEBHOOK_REORDER = "webhook_reorder"  # a batch of deliveries is made backwards
    WEBHOOK_LOST = "webhook_lost"  # a delivery is never made
    WEBHOOK_LATE = "webhook_late"  # a delivery is put off by ``seconds``


@dataclass(kw_only=True)
class Fault:
    """One fault: which calls it hits (after ``skip`` of them, for ``count`` of them) and what it does."""

    kind: Kind
    path: str = ""  # a piece of the path, in any case
    method: str | None = None
    skip: int = 0
    count: int | None = None  # None: until it is cleared
    status: int | None = None
    retry_after: int | str | None = None  # seconds, or a date
    seconds: float = 0.0
    error: str = "invalid_grant"
    site: str | None = None
    body: str = ""
    find: str = ""
    times: int = 1  # 0: wherever it is found
    content_type: str = "application/json"
    claims: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def take(self, path: str, method: str | None) -> bool:
        """Whether this call is hit; counts it."""
        if self.path.lower() not in path.lower() or (self.method and method and self.method.upper() != method):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count is not None and self.hits >= self.count:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are switched on, first come first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, *given: Mapping[str, Any]) -> None:
        """Switch faults on. An unknown kind or field is a ``ValueError`` or ``TypeError``."""
        made = [Fault(**{**dict(item), "kind": Kind(item["kind"])}) for item in given]
        with self._lock:
            self._faults += made

    def clear(self) -> None:
        """Switch all of them off."""
        with self._lock:
            self._faults.clear()

    def take(self, *kinds: Kind, path: str = "", method: str | None = None) -> Fault | None:
        """The first fault of these kinds that hits, which counts as one hit."""
        with self._lock:
            return next((f for f in self._faults if f.kind in kinds and f.take(path, method)), None)

    def active(self, kind: Kind) -> list[Fault]:
        """The faults of a kind that are on, without hitting one."""
        with self._lock:
            return [fault for fault in self._faults if fault.kind is kind]

    def report(self) -> list[dict[str, Any]]:
        """All faults with their hits."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]


_INSTEAD = (
    Kind.ANSWER, Kind.TOO_MANY, Kind.ERROR, Kind.MESSAGE, Kind.UNAUTHORIZED, Kind.OAUTH, Kind.HTML,
    Kind.REWRITE, Kind.TRUNCATED, Kind.DROPPED, Kind.LOST, Kind.SLOW,
)  # fmt: skip
_PAGE = "<!doctype html><html><head><title>Maintenance</title></head><body><h1>We'll be back soon</h1></body></html>"


def _broken(fault: Fault) -> tuple[int, str, str]:
    """Status, content type and body of a fault that answers in the application's stead."""
    if fault.kind is Kind.HTML:
        return fault.status or 200, "text/html; charset=utf-8", _PAGE
    if fault.kind is Kind.ANSWER:
        return fault.status or 200, fault.content_type, fault.body
    status, content = {
        Kind.TOO_MANY: (429, {"Error": {"Message": "Too many requests.", "Code": "TooManyRequests"}}),
        Kind.ERROR: (500, {"Error": {"Message": "An unexpected error occurred.", "Code": "Unknown"}}),
        Kind.MESSAGE: (500, {"Message": "An error has occurred."}),
        Kind.UNAUTHORIZED: (401, {"Error": {"Message": "Access denied", "Code": "DeniedAccess"}}),
        Kind.OAUTH: (400, {"error": fault.error}),
    }[fault.kind]
    return fault.status or status, "application/json", json.dumps(content)


class FaultyWsgi:
    """The application behind the faults. The sandbox's own switches stay out of their reach."""

    def __init__(self, application: WSGIApplication, faults: Faults, wait: Callable[[float], object]) -> None:
        self._application = application
        self._faults = faults
        self._wait = wait

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call, or fail to."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        fault = None if path.startswith("/_sandbox") else self._faults.take(*_INSTEAD, path=path, method=method)
        if fault is None:
            return self._application(environ, start_response)
        if fault.kind is Kind.DROPPED:
            raise ClientDisconnected
        if fault.kind is Kind.SLOW:
            self._wait(fault.seconds)
            return self._application(environ, start_response)
        if fault.kind in (Kind.LOST, Kind.TRUNCATED, Kind.REWRITE):
            return self._carried_out(fault, environ, start_response)
        return _instead(fault, start_response)

    def _carried_out(self, fault: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        written: list[tuple[str, list[tuple[str, str]]]] = []

        def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            written.append((status, headers))
            return lambda _: None

        body = b"".join(self._application(environ, keep))
        if fault.kind is Kind.LOST:
            raise ClientDisconnected
        (status, headers), told = written[-1], _spoilt(fault, body)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(told)))])
        return [told]


def _spoilt(fault: Fault, body: bytes) -> bytes:
    if fault.kind is Kind.TRUNCATED:
        return body[: len(body) // 2]
    return re.sub(fault.find, lambda found: _filled(fault.body, found), body.decode(), count=fault.times).encode()


def _filled(text: str, found: re.Match[str]) -> str:
    return text.replace("$1", found[1]) if found.re.groups else text


def _instead(fault: Fault, start_response: StartResponse) -> Iterable[bytes]:
    status, content_type, text = _broken(fault)
    body = text.encode()
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    if fault.retry_after is not None:
        headers.append(("Retry-After", str(fault.retry_after)))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]
