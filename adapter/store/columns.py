"""Records become rows: one plain rule for every kind of record, and the few fields that differ.

Knows which record fills which table, what is kept of it and how it is hashed. Reads and writes no database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Table

from adapter.store.dialect import table_of
from adapter.store.payloads import canonical
from adapter.store.redaction import hash_of, is_plain, redact, scrub
from adapter.store.sealing import Keyring
from adapter.store.tables import ClassType, Client, PriceOption, Reservation, SaleLine, Session, Venue
from connectors.records import RECORD_OF, Fetched, Stream

LARGEST_INT = 2**31 - 1  # of an integer column
LARGEST_AMOUNT = Decimal(10) ** 14  # of a money column
ADDRESS_FIELDS = {"email": "email_id", "guest_email": "guest_email_id"}
"""Fields that hold an address, and the column that refers to it instead."""


@dataclass(frozen=True)
class Kind:
    """How the records of one stream are kept."""

    table: Table
    names: tuple[str, ...]  # the record's fields that are columns of the same name
    values: Callable[[Any], tuple[Any, ...]]
    address: str | None  # the record's field that holds an address
    person: bool  # the payload describes somebody
    dated: bool  # the record says when it was last changed


@dataclass(slots=True)
class Row:
    """A record on its way into its table: the columns, and the address that still has to become an id."""

    key: str  # the platform's id
    hash: str  # of what is kept as it came, then of what was read from it: a change of either is one
    values: dict[str, Any]
    address: str | None


class Unfit(ValueError):
    """A record that has the right shape but a value no column can hold; the message names the field."""


def to_row(kind: Kind, fetched: Fetched, keys: Keyring, now: datetime) -> Row:
    """The row of one record. Raises Unfit."""
    values = dict(zip(kind.names, kind.values(fetched.record), strict=True))
    for name, value in values.items():
        if value is None or type(value) is bool:
            continue
        if type(value) is str:
            values[name] = value if is_plain(value) else scrub(value, keys)
        elif not isinstance(value, str):  # an enum's member stays what it is
            values[name] = _fit(name, value)
    if not values["external_id"]:
        raise Unfit("external_id: a record without an id cannot be kept")
    raw = redact(fetched.raw, keys, person=kind.person)
    address = getattr(fetched.record, kind.address) if kind.address else None
    hashed = _hash(raw.text) + _hash(f"[{canonical(values)},{hash_of(address, keys) if address else None}]")
    key = values["external_id"]
    values |= {"raw": raw, "content_hash": hashed, "fetched_at": now, "gone_at": None}
    return Row(key, hashed, values, address)


def digest(content: object) -> str:
    """A payload's hash, with which its record's begins: the same content in any order of keys gives the same."""
    return _hash(canonical(content))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _fit(name: str, value: Any) -> Any:
    if isinstance(value, int):
        if abs(value) > LARGEST_INT:
            raise Unfit(f"{name}: a number above {LARGEST_INT} cannot be kept")
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            raise Unfit(f"{name}: {value.isoformat()} has no time zone")
    elif isinstance(value, Decimal):
        if not value.is_finite() or abs(value) >= LARGEST_AMOUNT:
            raise Unfit(f"{name}: {value} is no amount")
    elif isinstance(value, tuple):
        return list(value)
    return value


def _kind(stream: Stream, table: Table) -> Kind:
    record = RECORD_OF[stream]
    all_names = tuple(field.name for field in fields(record))
    names = tuple(name for name in all_names if name not in ADDRESS_FIELDS)
    address = next((name for name in all_names if name in ADDRESS_FIELDS), None)
    person = stream is Stream.CLIENTS
    return Kind(table, names, attrgetter(*names), address, person, "updated_at" in names)


KINDS: Mapping[Stream, Kind] = {
    stream: _kind(stream, table_of(model))
    for stream, model in {
        Stream.VENUES: Venue,
        Stream.CLASS_TYPES: ClassType,
        Stream.PRICES: PriceOption,
        Stream.CLIENTS: Client,
        Stream.SESSIONS: Session,
        Stream.RESERVATIONS: Reservation,
        Stream.SALES: SaleLine,
    }.items()
}
