"""The clients of a case: every address each was known under, and since when. An erased one has its key left (EC-17).

Addresses are opened in memory and never leave the assessment: a statement holds none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.statements.reservations import Json, key
from adapter.store.addresses import open_address
from adapter.store.sealing import Keyring
from adapter.store.tables import Client, ClientEmail, ClientMerge, Connection, EmailAddress


def people_of(db: Db, keys: Keyring, studio_id: int, wanted: Iterable[str]) -> list[Json]:
    """These clients with their addresses, in the order of their ids."""
    known = _addresses(db, keys, studio_id)
    guests = _guests(db, keys, [name for name in wanted if name.startswith("guest:")])
    return [{"client_id": name, "emails": guests.get(name) or known.get(name, [])} for name in sorted(set(wanted))]


def merges_of(db: Db, studio_id: int, as_of: datetime) -> list[Json]:
    """Clients whom the platform had merged by then (EC-14)."""
    merged = select(ClientMerge).join(Connection, Connection.id == ClientMerge.connection_id)
    rows = db.scalars(merged.where(Connection.studio_id == studio_id, ClientMerge.merged_at <= as_of))
    return [{"client_ids": [key(row.connection_id, row.lost_id), key(row.connection_id, row.kept_id)]} for row in rows]


def _addresses(db: Db, keys: Keyring, studio_id: int) -> dict[str, list[Json]]:
    query = (
        select(Client.connection_id, Client.external_id, ClientEmail.since, EmailAddress)
        .join(ClientEmail, ClientEmail.client_id == Client.id)
        .join(EmailAddress, EmailAddress.id == ClientEmail.email_id)
        .join(Connection, Connection.id == Client.connection_id)
        .where(Connection.studio_id == studio_id)
        .order_by(ClientEmail.id)
    )
    found: dict[str, dict[Any, Json]] = defaultdict(dict)
    for connection, client, since, address in db.execute(query):
        row = _told(keys, address) | ({"from": since.isoformat()} if since else {})
        found[key(connection, client)][since] = row  # of two at the same instant the later word holds
    return {name: list(rows.values()) for name, rows in found.items()}


def _guests(db: Db, keys: Keyring, names: list[str]) -> dict[str, list[Json]]:
    numbers = {int(name.removeprefix("guest:")) for name in names}
    rows = db.scalars(select(EmailAddress).where(EmailAddress.id.in_(numbers)))
    return {f"guest:{row.id}": [_told(keys, row)] for row in rows}


def _told(keys: Keyring, address: EmailAddress) -> Json:
    opened = open_address(keys, address)
    return {"key": address.keyed_hash} if opened is None else {"email": opened}
