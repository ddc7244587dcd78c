"""The session for calls to authorization servers: the same address guard as the door's, and harder limits.

No redirect is followed (it could carry a secret to another host), nothing waits for ever, no answer is large.
"""

from __future__ import annotations

import time
from typing import Any

import requests

from connectors.http import DirectSession, mount_guard, next_part

Http = requests.Session

TIMEOUTS = (5.0, 10.0)  # seconds to connect, seconds without a byte
LONGEST = 15.0  # seconds until the last byte of an answer, however slowly it drips
LARGEST = 2**20  # bytes, unpacked
_CHUNK = 2**14


def token_session(*, allow_private: bool, allowed: frozenset[str]) -> Http:
    """A guarded session. ``allowed`` holds the "host:port" that may be private although ``allow_private`` is off."""
    session = _TokenSession()
    mount_guard(session, allow_private=allow_private, allowed=allowed)
    return session


class _TokenSession(DirectSession):
    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        began = time.monotonic()
        kwargs |= {"timeout": TIMEOUTS, "allow_redirects": False, "stream": True}
        response = super().request(method, url, *args, **kwargs)
        with response:
            _read(response, began + LONGEST)
        return response


def _read(response: requests.Response, deadline: float) -> None:
    """Read the body into the response, within bounds."""
    body = bytearray()
    while chunk := next_part(response, _CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise requests.exceptions.ContentDecodingError("the answer is too large")
        if time.monotonic() > deadline:
            raise requests.exceptions.ReadTimeout("the answer took too long")
    response._content = bytes(body)
