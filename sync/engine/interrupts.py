"""Ending politely: a request to end is heard once, and what is at work is put down in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """A polite request to end ends like Ctrl-C: the block is left, and what stands after it is done."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def wait_for_interrupt() -> None:
    """Until somebody interrupts. A signal may land in another thread, of which a lock alone would never wake us."""
    while not threading.Event().wait(1.0):
        pass
