"""Errors, named by what the caller does next.

ConnectorError
├── TryAgain       wait (``after`` seconds if the platform said so), then the same call again
│   └── NotYet     the same, and nothing was sent: it is not the platform that failed
├── Reconnect      the studio must connect again: nothing is lost, nothing will work until then
├── Rejected       the platform understood and refused: do not repeat, show its words
├── BadRecord      this record can't be read: set it aside, go on
└── Misconfigured  ours to mend (a wrong setting, a refused client, a forbidden address): alert us, keep the tokens
"""

from __future__ import annotations


class ConnectorError(Exception):
    """Something went wrong between us and a platform. ``str`` of it is fit to show; it never holds a secret."""


class TryAgain(ConnectorError):
    """A passing fault: network, time-out, 429, 5xx, an answer that is not what it says it is."""

    def __init__(self, message: str, *, after: float | None = None, unknown: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.unknown = unknown  # the request may have been carried out (a write that timed out)


class NotYet(TryAgain):
    """No call was made: our own pace, or the pause that the platform asked of our key, is not over."""


class Reconnect(ConnectorError):
    """Access has ended: the grant was revoked, expired or withdrawn."""


class Rejected(ConnectorError):
    """The platform refused this request for a reason of its own."""

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class BadRecord(ConnectorError):
    """A payload that cannot become a record; the message names the field and what is wrong with it."""


class Misconfigured(ConnectorError):
    """Something on our side is wrong."""
