"""The garbage collector, set for a process that reads much and makes few cycles.

Python's own setting looks for cycles at every 700 new objects; a page of a platform has more, and none is garbage. It
took a tenth of what a backfill costs. What is imported stays until the end, so it is not looked at any more (Python's
manual, gc.freeze: the same keeps memory shared over a fork); the rest is looked at more seldom, never not at all. Nor
is it looked at while it is imported, as often as Python would: that took an eighth of the start.
"""

from __future__ import annotations

import gc

OBJECTS = 10_000  # made, and not yet freed, before the youngest are looked at


def spare_imports() -> None:
    """Before a process imports what it needs: that makes much, and none of it is garbage."""
    gc.set_threshold(OBJECTS)


def settle_collector() -> None:
    """Once a process has started: leave out what is there by now. A second call changes nothing."""
    if gc.get_freeze_count():
        return
    gc.freeze()
    gc.set_threshold(OBJECTS)
