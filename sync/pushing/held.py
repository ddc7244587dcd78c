"""What a platform holds of all classes, asked for in one go where it can tell. Keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.errors import TryAgain
from connectors.platform import ReadBack

ReadAll = Callable[[], Mapping[str, ReadBack]]
BULK_PAYS = 4  # sessions from which on reading all at once is cheaper than one by one


def all_held(read_all: ReadAll) -> Mapping[str, ReadBack] | None:
    """All of it, by the platform's ids; None where it can't be told now: then classes are read one by one."""
    try:
        return read_all()
    except TryAgain:
        return None
