"""A studio with 50 venues and a year of classes, written straight into the tables: what pages are measured on.

The same numbers give the same database. Nothing is read from a platform: a year of calls would take hours.
Made once in a folder and found there again. Run: python -m benchmarks.large_studio FOLDER
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import func, insert, select

from adapter.compose import compose
from adapter.config import load_config
from adapter.context import Context
from adapter.people.accounts import create_studio, create_user
from adapter.statements.entering import enter_participation
from adapter.store.tables import (
    Base,
    Connection,
    PushMode,
    Role,
    Studio,
)
from benchmarks.large_year import NOW, PAST, VENUES, ZONE, Row, Year

A_TIME = 20_000  # rows written at once


@dataclass(frozen=True)
class Made:
    """The database, opened, and who may look at what."""

    ctx: Context
    studio: int
    connection: int
    users: dict[Role, int]


def large_studio(folder: Path, venues: int = VENUES) -> Made:
    """The studio in this folder; made first, where there is none. A folder with other numbers is not made anew."""
    config = load_config({"ADAPTER_INSTANCE": str(folder)}, folder=folder)
    ctx = compose(config, now=lambda: NOW)
    with ctx.store.read() as db:
        empty = db.scalar(select(func.count()).select_from(Studio)) == 0
    if empty:
        _make(ctx, venues)
    with ctx.store.read() as db:
        row = db.scalars(select(Connection)).one()
        users = {Role.OWNER: 1, Role.SUPPORT: 2}
        return Made(ctx, row.studio_id, row.id, users)


def _make(ctx: Context, venues: int) -> None:
    with ctx.store.write() as db:
        studio = create_studio(db, "Fifty", timezone=ZONE, currency="USD", now=NOW - timedelta(days=PAST))
        for role, where in ((Role.OWNER, studio.id), (Role.SUPPORT, None)):
            address = f"{role}@studio.example"
            create_user(db, ctx.keys, role.title(), address, role=role, studio_id=where, now=NOW)
        connection = Connection(
            studio_id=studio.id,
            platform="sandbox",
            site="1",
            site_name="Fifty",
            timezone=ZONE,
            currency="USD",
            push_mode=PushMode.LIVE,
            connected_at=NOW - timedelta(days=40),
            last_pulled_at=NOW - timedelta(minutes=3),
            token_expires_at=NOW + timedelta(minutes=30),
        )
        db.add(connection)
        db.flush()
        part = enter_participation(
            db,
            studio.id,
            policy_hours=12,
            sign_up="assisted",
            earlier=False,
            acknowledged_at=NOW - timedelta(days=40),
            actor="finance",
            now=NOW,
        )
        part.displayed_start_date = (NOW - timedelta(days=36)).date()
        numbers = studio.id, connection.id
    for table, rows in Year(*numbers, venues).tables():
        _write(ctx, table, rows)
    with ctx.store.write() as db:  # as time would have done it
        if ctx.store.is_sqlite:
            db.connection().exec_driver_sql("PRAGMA optimize")


def _write(ctx: Context, table: type[Base], rows: Iterable[Row]) -> None:
    rows = iter(rows)
    while some := list(islice(rows, A_TIME)):
        with ctx.store.write() as db:
            db.execute(insert(table), some)


def main() -> int:
    """Make it, and say where it is."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    large_studio(folder).ctx.store.close()
    print(f"{VENUES} venues, {PAST} days: {folder}, in {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
