"""A process that writes pages until it is killed by test_killed. Every page is a hundred clients of its own."""

from __future__ import annotations

from itertools import count
from multiprocessing.connection import Connection

from adapter.store.database import Store
from adapter.store.sealing import Keyring
from connectors.records import Stream
from tests.adapter.store.records import Mirror, client

A_PAGE = 100
KEYS = Keyring(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="], "k")


def main(url: str, connection_id: int, told: Connection) -> None:
    """Write, and tell each page's number once it is committed."""
    mirror = Mirror(Store(url), KEYS, connection_id)
    for page in count():
        mirror.page(Stream.CLIENTS, *(client(f"{page:05}-{n}") for n in range(A_PAGE)))
        told.send(page)
