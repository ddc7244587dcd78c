"""What is wrong here, and what to do about it: settings, database, keys, clocks, connections, disk.

Looks and tells; mends nothing and makes nothing but what every start makes (a first run's keys). Every finding says
what was looked at, whether it is well, and where it is not, what helps.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as Db

from adapter.compose import open_store
from adapter.config import Config, ConfigError
from adapter.connecting.token_row import seal_name
from adapter.store.addresses import open_address
from adapter.store.connection_health import WORKED_OFF, health_of
from adapter.store.database import Store, cause_of
from adapter.store.kept_keys import hash_key
from adapter.store.readiness import engine_state, schema_state
from adapter.store.sealing import Keyring, SealBroken
from adapter.store.tables import Base, Connection, ConnectionState, EmailAddress
from adapter.store.vitals import SKEW, clock_skew, their_clock, write_something
from migrations import run as migrations

STALE = timedelta(minutes=60)  # SS-19: nothing is listed on a mirror older than this
FREE_NEEDED = 500 * 1024**2  # bytes
ORPHANED = 0o077  # rights of others on a key file
START = "Start the database, or correct ADAPTER_DATABASE_URL."
TAKE_WRITES = "Let this user write to the file and to its folder; on PostgreSQL, see that the server is no standby."
RESTORE = "Go back to the version that made it, or to a backup of a released one, and update from there."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    seen: str
    advice: str = ""


def examine(load: Callable[[], Config], now: datetime) -> Iterator[Finding]:
    """Look at everything that can be looked at; stops early only where nothing further could be said."""
    try:
        config = load()
    except ConfigError as error:
        yield Finding("settings", False, str(error), "Set the variable as the message says, then run this again.")
        return
    yield _settings(config)
    yield _key_files(config.instance)
    yield _disk(config.instance)
    yield _zones()
    try:
        store = open_store(config)
    except ConfigError as error:
        yield Finding("database", False, str(error), TAKE_WRITES if "readonly" in str(error) else START)
        return
    try:
        yield from _database(config, store, now)
    finally:
        store.close()


def _database(config: Config, store: Store, now: datetime) -> Iterator[Finding]:
    yield Finding("database", True, store.url.render_as_string(hide_password=True))
    if migrations.current(store) is None:
        yield Finding("schema", True, "none yet: the first start makes it")
        return
    try:
        write_something(store)
    except (SQLAlchemyError, sqlite3.Error) as error:
        yield Finding("writing", False, f"the database takes no writes: {cause_of(error)}", TAKE_WRITES)
    with _told("schema") as told, store.read() as db:
        state = schema_state(db)
        advice = "Start the adapter once (`adapter connections`): it brings the schema up to date."
        told.append(Finding("schema", state == "ok", state, "" if state == "ok" else advice))
        if state == "ok" and (missing := _missing(db)):
            told.append(Finding("tables", False, f"not as this version makes them: {missing}", RESTORE))
    yield from told
    if not all(finding.well for finding in told):
        return
    for what, look in _LOOKS.items():
        with _told(what) as told, store.read() as db:
            told.extend(look(db, config, now))
        yield from told


@contextmanager
def _told(what: str) -> Iterator[list[Finding]]:
    """A list to fill; a database that fails meanwhile is a finding, not the end."""
    told: list[Finding] = []
    try:
        yield told
    except SQLAlchemyError as error:
        advice = "Mend what it says; `adapter doctor` again once it answers."
        told.append(Finding(what, False, f"the database failed: {cause_of(error)}", advice))


def _missing(db: Db) -> str:
    """The first few columns that our tables have and the database has not, as where a version that was never released
    made it: its number of the schema is ours, and what it means is not."""
    there = inspect(db.connection())
    known = set(there.get_table_names())
    gone = [
        f"{table.name}.{name}" if table.name in known else table.name
        for table in Base.metadata.sorted_tables
        for name in (
            set(table.columns.keys()) - {each["name"] for each in there.get_columns(table.name)}
            if table.name in known
            else ("",)
        )
    ]
    return ", ".join(sorted(gone)[:5])


def _settings(config: Config) -> Finding:
    if config.unknown:
        advice = "Correct the names or remove them; README lists every setting."
        return Finding("settings", False, f"mean nothing to us: {', '.join(config.unknown)}", advice)
    return Finding("settings", True, f"all understood; instance folder {config.instance}")


def _key_files(instance: Path) -> Finding:
    files = [path for path in (instance / "secret.key", instance / "encryption.keys") if path.exists()]
    if not files:
        return Finding("key files", True, "the keys come from the environment")
    open_to_others = [str(path) for path in files if path.stat().st_mode & ORPHANED]
    if open_to_others:
        return Finding("key files", False, "others may read them", f"chmod 600 {' '.join(open_to_others)}")
    return Finding("key files", True, "readable by their owner only; keep a copy apart from the database's backup")


def _disk(instance: Path) -> Finding:
    free = shutil.disk_usage(instance).free
    advice = f"Free at least {FREE_NEEDED // 1024**2} MB at {instance}."
    return Finding("disk", free >= FREE_NEEDED, f"{free // 1024**2:,} MB free", "" if free >= FREE_NEEDED else advice)


def _zones() -> Finding:
    try:
        ZoneInfo("Australia/Sydney")
    except ZoneInfoNotFoundError:
        return Finding("time zones", False, "the data is missing", "Install the package tzdata.")
    return Finding("time zones", True, "known")


def _keys(db: Db, config: Config, now: datetime) -> Iterator[Finding]:
    """Open an address, and the token of every connection."""
    advice = "Put the key that this database was made with into ADAPTER_ENCRYPTION_KEYS, after the first one."
    try:
        keys = Keyring(config.encryption_keys, hash_key(db, config.encryption_keys))
        address = db.scalar(select(EmailAddress).where(EmailAddress.address.is_not(None)).limit(1))
        if address is not None:
            open_address(keys, address)
        for row in db.scalars(select(Connection).where(Connection.access_token.is_not(None))):
            keys.open(row.access_token or b"", seal_name(row.id, "access_token"))
    except SealBroken as error:
        yield Finding("keys", False, str(error), advice)
    else:
        yield Finding("keys", True, "open what is sealed")


def _clock(db: Db, config: Config, now: datetime) -> Iterator[Finding]:
    """Our clock against the database's, and against what was already written down."""
    off = clock_skew(db, now)
    well = off <= SKEW
    seen = f"{off.total_seconds():.0f} s off, by the database's clock and the latest run"
    advice = "Set this machine's clock (NTP): offers expire by it; where it ran ahead and is right now, this passes."
    yield Finding("clock", well, seen, "" if well else advice)
    for row in db.scalars(select(Connection).order_by(Connection.id)):
        if told := their_clock(row):
            advice = "See that this machine's is right (NTP); if it is, tell the platform. Readings reach back a day."
            yield Finding(f"clock of connection {row.id} ({row.platform}, {row.site_name})", False, told, advice)


def _engine(db: Db, config: Config, now: datetime) -> Iterator[Finding]:
    state = engine_state(db, now)
    yield Finding("jobs", state == "ok", state, "" if state == "ok" else "Start `adapter serve` or `adapter worker`.")


def _connections(db: Db, config: Config, now: datetime) -> Iterator[Finding]:
    rows = db.scalars(select(Connection).order_by(Connection.id)).all()
    if not rows:
        yield Finding("connections", True, "none yet: `adapter connect PLATFORM` prints the link to begin with")
    for row in rows:
        yield _connection(db, row, now)


def _connection(db: Db, row: Connection, now: datetime) -> Finding:
    what = f"connection {row.id} ({row.platform}, {row.site_name})"
    if row.state is ConnectionState.DISCONNECTED:
        return Finding(what, True, "disconnected by the studio")
    if row.state is ConnectionState.NEEDS_RECONNECT:
        return Finding(what, False, row.state_reason or "access has ended", "The studio must connect again.")
    waiting = health_of(db, row.id, now).webhooks_waiting
    if waiting:
        minutes = WORKED_OFF // timedelta(minutes=1)
        return Finding(what, False, f"{waiting} webhooks wait for over {minutes} minutes", "See `adapter runs`.")
    if row.last_pulled_at is None or now - row.last_pulled_at > STALE:
        since = f"since {row.last_pulled_at:%Y-%m-%d %H:%M} UTC" if row.last_pulled_at else "ever"
        return Finding(what, False, f"no complete pull {since}", f"See `adapter runs {row.id}` for its last error.")
    return Finding(what, True, f"pulled at {row.last_pulled_at:%Y-%m-%d %H:%M} UTC")


_LOOKS: Mapping[str, Callable[[Db, Config, datetime], Iterator[Finding]]] = {
    "keys": _keys,
    "clock": _clock,
    "jobs": _engine,
    "connections": _connections,
}


def shown_settings(config: Config) -> dict[str, Any]:
    """The settings as they hold, secrets masked."""
    shown: dict[str, Any] = {
        "ADAPTER_INSTANCE": str(config.instance),
        "ADAPTER_DATABASE_URL": Store(config.database_url).url.render_as_string(hide_password=True),
        "ADAPTER_PUBLIC_URL": config.public_url,
        "ADAPTER_SECRET_KEY": MASK,
        "ADAPTER_ENCRYPTION_KEYS": ", ".join(MASK for _ in config.encryption_keys),
        "ADAPTER_ALLOW_PRIVATE_ADDRESSES": "yes" if config.allow_private_addresses else "no",
        "ADAPTER_TRUSTED_PROXIES": str(config.trusted_proxies),
    }
    for platform, settings in sorted(config.platforms.items()):
        for name, value in sorted(settings.items()):
            shown[f"ADAPTER_{platform.upper()}_{name}"] = value if name.endswith(PLAIN) else MASK
    return shown


MASK = "********"
PLAIN = ("_URL", "ISSUER", "SCOPES", "CLIENT_ID")
"""Endings of platform settings that are no secret."""
