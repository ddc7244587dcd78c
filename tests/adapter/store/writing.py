"""A process that writes pages until it is killed: ``python -m tests.adapter.store.writing URL CONNECTION``.

Prints a line after each commit. Every page is a hundred clients of its own.
"""

from __future__ import annotations

import sys
from itertools import count

from adapter.store.database import Store
from adapter.store.sealing import Keyring
from connectors.records import Stream
from tests.adapter.store.records import Mirror, client

A_PAGE = 100
KEYS = Keyring(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="], "k")


def main(url: str, connection_id: int) -> None:
    mirror = Mirror(Store(url), KEYS, connection_id)
    for page in count():
        mirror.page(Stream.CLIENTS, *(client(f"{page:05}-{n}") for n in range(A_PAGE)))
        sys.stdout.write(f"{page}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
