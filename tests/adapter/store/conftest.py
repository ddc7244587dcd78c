"""A studio with a connection, and its mirror, on both databases."""

from __future__ import annotations

import pytest

from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Studio
from tests.adapter.store.records import Mirror
from tests.fixtures.database import NOON


def connected(store: Store, site: str = "1001", studio_id: int | None = None) -> int:
    """A connection, at a studio of its own unless one is named."""
    with store.write() as db:
        if studio_id is None:
            studio = Studio(name="Aurora", timezone="Europe/Berlin", currency="EUR", created_at=NOON)
            db.add(studio)
            db.flush()
            studio_id = studio.id
        row = Connection(
            studio_id=studio_id,
            platform="sandbox",
            site=site,
            site_name="Aurora",
            timezone="Europe/Berlin",
            currency="EUR",
            connected_at=NOON,
        )
        db.add(row)
        db.flush()
        return row.id


@pytest.fixture
def mirror(any_store: Store, keys: Keyring) -> Mirror:
    """An empty mirror."""
    return Mirror(any_store, keys, connected(any_store))
