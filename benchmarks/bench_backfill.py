"""A backfill of 100,000 reservations against a bare loop, and against dlt; and a round without a change.

All three read the same pages of the same platform (one process that only serves them) into a SQLite file; ours and the
bare loop's are opened alike. The bare loop asks for the addresses that the backfill asked for, one after the other, and
inserts the same rows in bulk: no check, no redaction, no hash, no address sealed, no cursor, no merge, no progress. dlt
reads them with its REST source, rosters as children of classes. Seconds are of the wall; those of this process's
processor stand beside them, for a machine that is busy. Run: python benchmarks/bench_backfill.py [RESERVATIONS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from structlog import configure, make_filtering_bound_logger

from adapter.config import Config
from adapter.connecting.tokens import seal_name
from adapter.context import Context
from adapter.operating.collector import settle_collector
from adapter.store.database import Store
from adapter.store.dialect import table_of
from adapter.store.sealing import Keyring
from adapter.store.tables import (
    ApiCalls,
    Base,
    ClassType,
    Client,
    Connection,
    PriceOption,
    Reservation,
    Run,
    RunKind,
    RunOrigin,
    RunState,
    Session,
    Studio,
    Venue,
)
from adapter.work import request_run
from benchmarks.platform_of_pages import LISTS, NOW
from connectors.records import BookingTime, Outcome, PriceKind, SessionStatus
from sync.engine.jobs import do_next

RESERVATIONS = 100_000
OF_THE_BARE_LOOP = 0.6  # its speed that the backfill must reach
MOST_CALLS = 6  # of a round without a change
WARNING = 30  # log level
A_COMMIT = 2_000  # rows that the bare loop inserts at once


@dataclass(frozen=True)
class Spent:
    """Seconds of the wall, and of the processor in this process."""

    wall: float
    processor: float

    @classmethod
    def since(cls) -> Spent:
        """A start."""
        return cls(time.monotonic(), time.process_time())

    def until_now(self) -> Spent:
        """What has passed since."""
        return Spent(time.monotonic() - self.wall, time.process_time() - self.processor)

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.processor:.1f} s of the processor)"


@dataclass
class Adapter:
    """An adapter in a folder of its own, connected to the platform of pages; its clock stands."""

    ctx: Context
    connection_id: int
    time: list[datetime]

    def do(self, kind: RunKind) -> Spent:
        """Request a run and do it; what it took."""
        with self.ctx.store.write() as db:
            origin, now = RunOrigin.SCHEDULE, self.ctx.now()
            run, _ = request_run(db, kind, self.connection_id, origin=origin, actor="benchmark", now=now)
        spent = Spent.since()
        do_next(self.ctx, run_id=run.id)
        spent = spent.until_now()
        with self.ctx.store.read() as db:
            row = db.get_one(Run, run.id)
        if row.state is not RunState.DONE:
            raise SystemExit(f"the {kind} run ended {row.state}: {row.errors[:3]}")
        return spent

    def calls(self) -> int:
        """Calls counted so far."""
        with self.ctx.store.read() as db:
            return db.scalar(select(func.sum(ApiCalls.calls))) or 0


def connected(folder: Path, url: str) -> Adapter:
    """An adapter whose studio has just consented."""
    key, instant = Fernet.generate_key().decode(), [NOW]
    config = Config(
        instance=folder,
        database_url=f"sqlite:///{folder / 'adapter.db'}",
        public_url="http://127.0.0.1:5000",
        secret_key=key,
        encryption_keys=(key,),
        allow_private_addresses=True,
        platforms={"sandbox": {"API_URL": url, "API_KEY": "key"}},
    )
    store = Store(config.database_url)
    Base.metadata.create_all(store.writer)
    ctx = Context(config=config, store=store, keys=Keyring([key], "hash key"), now=lambda: instant[0])
    with store.write() as db:
        studio = Studio(name="Studio", timezone="UTC", currency="EUR", created_at=NOW)
        db.add(studio)
        db.flush()
        site = {"site": "1", "site_name": "Studio", "timezone": "UTC", "currency": "EUR"}
        tokens = {"token_issued_at": NOW, "token_expires_at": NOW + timedelta(days=3_650)}
        row = Connection(studio_id=studio.id, platform="sandbox", connected_at=NOW, **site, **tokens)
        db.add(row)
        db.flush()
        row.access_token = ctx.keys.seal("token", seal_name(row.id, "access_token"))
    return Adapter(ctx, row.id, instant)


# The bare loop


def mirrored(external_id: Any, raw: Any) -> dict[str, Any]:
    """What every row has."""
    known = {"connection_id": 1, "content_hash": "0" * 32, "fetched_at": NOW, "gone_at": None}
    return {**known, "external_id": str(external_id), "raw": raw}


def instant(text: str) -> datetime:
    """A time of the made-up studio, whose clock stands in UTC."""
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def venue(raw: Any) -> dict[str, Any]:
    """A row, and so on below."""
    zone = {"timezone": "UTC", "currency": "EUR", "country": None}
    return {**mirrored(raw["Id"], raw), **zone, "name": raw["Name"], "city": raw["City"]}


def class_type(raw: Any) -> dict[str, Any]:
    return {**mirrored(raw["Id"], raw), "name": raw["Name"], "category": raw["SessionType"]["Name"], "hidden": False}


def price(raw: Any) -> dict[str, Any]:
    kind = {"kind": PriceKind.DROP_IN, "currency": "EUR", "sessions": None, "intro_only": False, "hidden": False}
    given = {"name": raw["Name"], "price": raw["Price"], "class_type_ids": []}
    return {**mirrored(raw["ProductId"], raw), **kind, **given}


def client(raw: Any) -> dict[str, Any]:
    return {
        **mirrored(raw["UniqueId"], raw),
        "public_id": raw["Id"],
        "email_id": None,
        "created_at": instant(raw["CreationDate"]),
        "updated_at": instant(raw["LastModifiedDateTime"]),
        "active": raw["Active"],
    }


def session(raw: Any) -> dict[str, Any]:
    return {
        **mirrored(raw["Id"], raw),
        "venue_id": str(raw["Location"]["Id"]),
        "class_type_id": str(raw["ClassDescription"]["Id"]),
        "template_id": str(raw["ClassScheduleId"]),
        "instructor_id": str(raw["Staff"]["Id"]),
        "starts_at": instant(raw["StartDateTime"]),
        "ends_at": instant(raw["EndDateTime"]),
        "timezone": "UTC",
        "capacity": raw["MaxCapacity"],
        "online_capacity": raw["WebCapacity"],
        "booked": raw["TotalBooked"],
        "booked_online": raw["WebBooked"],
        "waitlisted": raw["TotalBookedWaitlist"],
        "status": SessionStatus.SCHEDULED,
        "hidden": False,
        "updated_at": instant(raw["LastModifiedDateTime"]),
        "roster_mark": None,
        "roster_read_at": None,
    }


def reservation(raw: Any) -> dict[str, Any]:
    return {
        **mirrored(raw["Id"], raw),
        "session_id": str(raw["ClassId"]),
        "client_id": str(raw["ClientUniqueId"]),
        "guest_email_id": None,
        "source": raw["ServiceName"],
        "outcome": Outcome.ATTENDED if raw["SignedIn"] else Outcome.BOOKED,
        "booked_at": None,
        "booked_at_source": BookingTime.UNKNOWN,
        "cancelled_at": None,
        "purchase_id": str(raw["ServiceId"]),
        "price_option_id": str(raw["ProductId"]),
        "seats": 1,
        "updated_at": instant(raw["LastModifiedDateTime"]),
        "rate": None,
    }


ROWS: dict[str, tuple[type[Base], Callable[[Any], dict[str, Any]]]] = {
    "Locations": (Venue, venue),
    "ClassDescriptions": (ClassType, class_type),
    "Services": (PriceOption, price),
    "Clients": (Client, client),
    "Classes": (Session, session),
    "Visits": (Reservation, reservation),
}


def bare_loop(folder: Path, url: str, targets: list[str]) -> Spent:
    """Fetch the same pages and insert the same rows; what it took."""
    with connected(folder, url).ctx.store.write() as db:
        pending: dict[str, list[dict[str, Any]]] = {name: [] for name in ROWS}
        spent = Spent.since()
        with requests.Session() as browser:
            for target in targets:
                answer = browser.get(url + target, timeout=30).json()
                name = "Visits" if "Class" in answer else LISTS[urlsplit(target).path]
                records = answer["Class"]["Visits"] if "Class" in answer else answer[name]
                if name in ROWS:
                    pending[name] += map(ROWS[name][1], records)
                    if len(pending[name]) >= A_COMMIT:
                        db.execute(table_of(ROWS[name][0]).insert(), pending[name])
                        pending[name] = []
        for name, rows in pending.items():
            if rows:
                db.execute(table_of(ROWS[name][0]).insert(), rows)
        db.commit()
        return spent.until_now()


# dlt


def dlt_load(folder: Path, url: str, targets: list[str]) -> Spent:
    """Load the same pages with dlt's REST source into a SQLite file; what it took."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    windows = [parse_qs(urlsplit(target).query) for target in targets if target.startswith("/class/classes")]
    days = [(asked["request.startDateTime"][0], asked["request.endDateTime"][0]) for asked in windows]
    offset = {
        "type": "offset",
        "limit": 200,
        "limit_param": "request.limit",
        "offset_param": "request.offset",
        "total_path": "PaginationResponse.TotalResults",
    }

    def listed(path: str, collection: str, **params: str) -> dict[str, Any]:
        return {"path": path, "data_selector": collection, "paginator": offset, "params": params}

    resources: list[Any] = [
        {"name": collection.lower(), "endpoint": listed(path.removeprefix("/"), collection)}
        for path, collection in LISTS.items()
        if collection not in ("Classes", "Sales")
    ]
    first, last = min(day for day, _ in days), max(day for _, day in days)
    whole = {"request.startDateTime": first, "request.endDateTime": last}
    resources.append({"name": "classes", "endpoint": listed("class/classes", "Classes", **whole)})
    roster = {
        "path": "class/classvisits",
        "data_selector": "Class.Visits",
        "paginator": "single_page",
        "params": {"request.classID": "{resources.classes.Id}"},
    }
    resources.append({"name": "visits", "endpoint": roster, "primary_key": "Id"})
    source = rest_api_source({"client": {"base_url": url}, "resources": resources})
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'dlt.db'}"),
        dataset_name="main",
        pipelines_dir=str(folder / "pipelines"),
    )
    spent = Spent.since()
    pipeline.run(source)
    spent = spent.until_now()
    with pipeline.sql_client() as client:
        counted = client.execute_sql("select count(*) from visits")
    print(f"  dlt loaded {counted[0][0] if counted else 0} visits", flush=True)
    return spent


@contextmanager
def platform(reservations: int) -> Iterator[str]:
    """The platform of pages in a process of its own; its address."""
    script = Path(__file__).with_name("platform_of_pages.py")
    with subprocess.Popen([sys.executable, script, str(reservations)], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.kill()


def main() -> int:
    """Measure; 0 where every goal is reached."""
    configure(wrapper_class=make_filtering_bound_logger(WARNING))
    settle_collector()  # as every process of the adapter does; the bare loop and dlt have it too
    reservations = int(sys.argv[1]) if len(sys.argv) > 1 else RESERVATIONS
    with platform(reservations) as url, tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("ours", "bare", "dlt")]
        for folder in folders:
            folder.mkdir()
        ours = connected(folders[0], url)
        backfill = ours.do(RunKind.BACKFILL)
        calls = ours.calls()
        ours.time[0] += timedelta(minutes=10)
        unchanged = ours.do(RunKind.PULL)
        round_calls = ours.calls() - calls
        targets = requests.get(f"{url}/asked", timeout=30).json()[:calls]
        bare = bare_loop(folders[1], url, targets)
        print(f"backfill of {reservations:,} reservations in {calls:,} calls: {backfill}; the bare loop: {bare}")
        speed = bare.wall / backfill.wall
        print(f"backfill: {speed:.2f} of the bare loop's speed (must reach {OF_THE_BARE_LOOP})")
        print(f"round without a change: {round_calls} calls (6 at most), {unchanged}")
        good = speed >= OF_THE_BARE_LOOP and round_calls <= MOST_CALLS
        if find_spec("dlt") is None:
            print("dlt is not installed, so nothing is compared with it: pip install -e '.[bench]'")
            return 0 if good else 1
        peer = dlt_load(folders[2], url, targets)
        print(
            f"backfill: {peer.wall / backfill.wall:.2f} times the speed of dlt's REST source, {peer} (must be above 1)"
        )
        return 0 if good and peer.wall > backfill.wall else 1


if __name__ == "__main__":
    sys.exit(main())
