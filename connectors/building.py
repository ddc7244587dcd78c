"""Building a web application while other threads of the process are at work."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONE = threading.Lock()


@contextmanager
def uncollected() -> Iterator[None]:
    """Within the block no garbage is collected, and nobody else is within such a block.

    A route's address is compiled by way of ``ast``. Before CPython 3.11.8 that counts its depth for all threads
    together: a collection in the middle of it lets another thread in, and one of them breaks off with a SystemError
    (python/cpython#106905). Measured on 3.11.7: of two threads that parse, one in nine fails, and none in the block.
    """
    with _ONE:
        was = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was:
                gc.enable()
