"""At least once, made exact by keys: any order and any repetition of pages leaves the same mirror behind."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapter.store.database import Store
from adapter.store.sealing import Keyring
from connectors.records import Fetched, Outcome, SessionStatus, Stream
from tests.adapter.store.conftest import connected
from tests.adapter.store.records import Mirror, client, fetched, reservation, session
from tests.fixtures.database import NOON

KEYS = Keyring(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="], "k")
VERSIONS = 3
TABLES = ("client", "class_session", "reservation")
OF_THE_ORDER = ("id", "email_id", "fetched_at")  # columns that may differ: numbers given in order, and when it was read

CANCELLED_AND_BACK = (SessionStatus.SCHEDULED, SessionStatus.CANCELLED, SessionStatus.SCHEDULED)
LIVES = (
    (Outcome.BOOKED, Outcome.LATE_CANCELLED, Outcome.ATTENDED),
    (Outcome.BOOKED, Outcome.CANCELLED, Outcome.BOOKED),
    (Outcome.BOOKED, Outcome.ATTENDED, Outcome.NO_SHOW),
    (Outcome.BOOKED, Outcome.BOOKED, Outcome.CANCELLED),  # in a class of its own each time
)

Delivered = tuple[Stream, tuple[Fetched, ...]]


def records(version: int) -> dict[Stream, list[Any]]:
    """Records of each kind, as they stood at one of a few instants: each with a life of its own."""
    at = NOON - timedelta(days=VERSIONS - version)
    starts = NOON + timedelta(days=1 + version)
    return {
        Stream.CLIENTS: [
            client("c0", public_id=str(version), updated_at=at),
            client(
                "c1", email=("jos\u00e9@x.org", "JOSE\u0301@X.org", "j@b\u00fccher.example")[version], updated_at=at
            ),
            client("c2", email=("c2@example.com", None, "other@example.com")[version], updated_at=at),
        ],
        Stream.SESSIONS: [
            session("s0", booked=version, updated_at=at),
            session("s1", starts_at=starts, ends_at=starts + timedelta(hours=1), venue_id=f"v{version}", updated_at=at),
            session("s2", status=CANCELLED_AND_BACK[version], capacity=(20, 0, 9)[version], updated_at=at),
        ],
        Stream.RESERVATIONS: [
            reservation(
                f"r{n}", updated_at=at, **_became(outcomes[version], at), session_id=f"s{version if n == 3 else n}"
            )
            for n, outcomes in enumerate(LIVES)
        ],
    }


def _became(outcome: Outcome, at: datetime) -> dict[str, Any]:
    return {"outcome": outcome, "cancelled_at": at if outcome in (Outcome.CANCELLED, Outcome.LATE_CANCELLED) else None}


def all_pages() -> list[Delivered]:
    return [
        (stream, tuple(fetched(replace(one), Version=version) for one in kept))
        for version in range(VERSIONS)
        for stream, kept in records(version).items()
    ]


Rows = dict[str, list[dict[str, Any]]]


def mirrored(empty: Path, pages: list[Delivered], seed: int) -> Rows:
    shuffled = random.Random(seed)
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{copyfile(empty, Path(folder) / 'adapter.db')}")
        mirror = Mirror(store, KEYS, connected(store))
        for stream, items in pages:
            mirror.page(stream, *shuffled.sample(items, len(items)), *shuffled.choices(items, k=2))
        with store.read() as db:
            found = {
                name: [dict(row) for row in db.execute(text(f"select * from {name} order by external_id")).mappings()]  # noqa: S608
                for name in TABLES
            }
        store.close()
    return {
        name: [{key: value for key, value in row.items() if key not in OF_THE_ORDER} for row in rows]
        for name, rows in found.items()
    }


@pytest.fixture(scope="module")
def expected(sqlite_with_tables: Path) -> Rows:
    return mirrored(sqlite_with_tables, all_pages(), 0)


@settings(max_examples=25, deadline=None)
@given(
    pages=st.permutations(all_pages()),
    repeated=st.lists(st.sampled_from(all_pages()), max_size=6),
    seed=st.integers(0, 999),
)
def test_any_order_and_repetition_gives_the_same_mirror(
    sqlite_with_tables: Path, expected: Rows, pages: list[Delivered], repeated: list[Delivered], seed: int
) -> None:
    """INV-7."""
    assert mirrored(sqlite_with_tables, [*pages, *repeated], seed) == expected


def test_what_is_expected_is_the_latest_state(expected: Rows) -> None:
    assert {row["public_id"] for row in expected["client"]} == {"2", None}
    assert [(row["booked"], row["venue_id"], row["status"], row["capacity"]) for row in expected["class_session"]] == [
        (2, "v1", "scheduled", 20),
        (None, "v2", "scheduled", 20),
        (None, "v1", "scheduled", 9),
    ]
    assert [(row["outcome"], row["cancelled_at"] is None, row["session_id"]) for row in expected["reservation"]] == [
        ("attended", True, "s0"),
        ("booked", True, "s1"),
        ("no_show", True, "s2"),
        ("cancelled", False, "s2"),
    ]
