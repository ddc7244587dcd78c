"""When to try again: pure, so that every wait can be told beforehand.

Knows errors and time, not what is being tried. A platform's own wish (``after``) is honoured up to a cap; otherwise the
wait doubles, spread a little so that many failures do not come back at one instant.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from connectors.errors import ConnectorError, TryAgain

FIRST_WAIT = 2.0  # seconds
LONGEST_OWN_WAIT = 15 * 60.0
LONGEST_ASKED_WAIT = 60 * 60.0  # a platform that asks for a day is asked again after an hour
TRIES = 8


def next_try(attempt: int, error: ConnectorError, now: datetime, *, tries: int = TRIES) -> datetime | None:
    """When the ``attempt``-th failure (1 is the first) may be tried again; None: not at all.

    Only a passing fault is worth another try. The spread is derived from the attempt and the error's words: the same
    failure gives the same answer.
    """
    if not isinstance(error, TryAgain) or attempt >= tries:
        return None
    own = min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_OWN_WAIT)
    asked = min(max(error.after or 0.0, 0.0), LONGEST_ASKED_WAIT)
    spread = zlib.crc32(f"{attempt} {error}".encode()) / 2**32
    return now + timedelta(seconds=max(own, asked) * (1 + spread / 4))
