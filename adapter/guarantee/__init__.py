"""Facts in, a statement with its reasons out. Pure: no store, no Flask, no connectors, no clock.

`assess` is the door. Behind it, in the order of the way: `reading_case` checks the facts (`case`), `assessment` works
out what they mean under a set of `readings`, `statement` writes it down, `signing` makes it provable.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapter.guarantee.assessment import Assessment
from adapter.guarantee.reading_case import read_case
from adapter.guarantee.shapes import CaseError
from adapter.guarantee.statement import write_statement

__all__ = ["CaseError", "assess"]


def assess(case: dict[str, Any]) -> dict[str, Any]:
    """The statement of a case (guarantee.md). Raises CaseError where the case is malformed."""
    with _uncollected():
        return write_statement(Assessment(read_case(case)))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing here makes cycles, but the collector would walk the hundred thousands of facts of a large case again and
    again, a third of the time in all. It is left as it was found."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
