"""How many of something, in whole words: a sentence that is put together of them can be said in another language."""

from __future__ import annotations

CLASSES = ("1 class", "{} classes")
BOOKINGS = ("1 booking", "{} bookings")


def counted(count: int, one: str, many: str) -> str:
    """``1 class`` as it is given, or ``3 classes``, where ``many`` is ``{} classes``."""
    return one if count == 1 else many.format(count)
