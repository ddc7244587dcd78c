"""The addresses a client was known under, and since when (EC-13): a history, never rewritten.

Knows clients and ids of addresses; never an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.dialect import insert_new, table_of
from adapter.store.tables import Client, ClientEmail

Rows = Sequence[Mapping[str, Any]]


def note_addresses(
    db: Session, connection_id: int, clients: Rows, before: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Add to the history of the clients whose address is new or another than before.

    The first address of a client holds from the beginning; a later one since the platform's last change of the client,
    at the latest since now.
    """
    moved = [row for row in clients if row["email_id"] is not None and row["email_id"] != _old(before, row)]
    if not moved:
        return
    ids = _ids(db, connection_id, [row["external_id"] for row in moved])
    rows = [_entry(ids[row["external_id"]], _old(before, row), row, now) for row in moved]
    insert_new(db, table_of(ClientEmail), ("client_id", "email_id", "since"), rows)


def _old(before: Mapping[str, Mapping[str, Any]], row: Mapping[str, Any]) -> int | None:
    old = before.get(row["external_id"])
    return None if old is None else old["email_id"]


def _entry(client_id: int, old: int | None, row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {"client_id": client_id, "email_id": row["email_id"], "since": _since(old, row, now)}


def _since(old: int | None, row: Mapping[str, Any], now: datetime) -> datetime | None:
    if old is None:
        return None
    changed: datetime | None = row["updated_at"]
    return min(changed, now) if changed else now


def _ids(db: Session, connection_id: int, external_ids: list[str]) -> dict[str, int]:
    clients = table_of(Client)
    found = db.execute(
        select(clients.c.external_id, clients.c.id).where(
            clients.c.connection_id == connection_id, clients.c.external_id.in_(external_ids)
        )
    )
    return dict(found.all())
