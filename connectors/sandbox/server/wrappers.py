"""What stands between the socket and Flask: paths in any case, one call at a time, no twin of a booking under way.

Each is a WSGI application around another.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from connectors.sandbox.server.wire import API_ROOT, BRANDS_ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_DEDUPLICATED = (f"{API_ROOT}/class/addclienttoclass",)
_TWIN = {"Error": {"Message": "Identical request is still in progress", "Code": "RequestInProgress"}}


class AnyCase:
    """The API's paths are the same in any case."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the call on with its path in small letters."""
        path = environ["PATH_INFO"]
        if path.lower().startswith("/public/"):
            environ["PATH_INFO"] = path.lower()
        return self._application(environ, start_response)


class OneAtATime:
    """The books are read and written by one call at a time. An answer is whole before the next call begins."""

    def __init__(self, application: WSGIApplication, lock: threading.RLock) -> None:
        self._application = application
        self._lock = lock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the call on when it is its turn."""
        if not environ["PATH_INFO"].startswith((API_ROOT, BRANDS_ROOT)):
            return self._application(environ, start_response)
        with self._lock:
            return [b"".join(self._application(environ, start_response))]


class NoTwins:
    """A booking that is exactly like one still under way is refused; afterwards it counts as a new one."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._under_way: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the call on, unless its twin is under way."""
        skip = environ.get("HTTP_X_REQUESTDEDUPLICATION_SKIP", "").lower() == "true"
        if skip or environ["PATH_INFO"].lower() not in _DEDUPLICATED:
            return self._application(environ, start_response)
        mark = _fingerprint(environ)
        with self._lock:
            twin = mark in self._under_way
            self._under_way.add(mark)
        if twin:
            return _conflict(start_response)
        try:
            return [b"".join(self._application(environ, start_response))]
        finally:
            with self._lock:
                self._under_way.discard(mark)


def _fingerprint(environ: WSGIEnvironment) -> tuple[str, ...]:
    """Who asks, where, and what; the body is put back for the application to read."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    headers = (environ.get(name, "") for name in ("HTTP_API_KEY", "HTTP_AUTHORIZATION", "HTTP_SITEID"))
    return (*headers, environ["PATH_INFO"].lower(), body.decode("utf-8", "replace"))


def _conflict(start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps(_TWIN).encode()
    start_response("409 Conflict", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
