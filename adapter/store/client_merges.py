"""Clients whose ids change: made one by a platform, the history of the lost one moves to the one that was kept (EC-14);
given another public id, what was sold under the old one stays theirs.

Knows clients by the platform's ids. A merge is told by an event (a client that vanished from a list tells nobody who
took its place) and is never undone: told twice, late, or after the next merge, it leaves the same rows behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from adapter.store.dialect import among, chunks, insert_new, table_of
from adapter.store.tables import Client, ClientEmail, ClientMerge, Connection, Reservation, SaleLine

UNSYNCHRONISED = {"synchronize_session": False}
LONGEST_CHAIN = 100  # merges one after the other; two events at once could still have closed a ring


def note_merge(db: Session, connection_id: int, lost_id: str, kept_id: str, merged_at: datetime) -> None:
    """Record that ``lost_id`` became ``kept_id``, and move its reservations. What would make a ring is left alone."""
    if kept_of(db, connection_id, [kept_id]).get(kept_id, kept_id) == lost_id:
        return
    row = {"connection_id": connection_id, "lost_id": lost_id, "kept_id": kept_id, "merged_at": merged_at}
    insert_new(db, table_of(ClientMerge), ("connection_id", "lost_id"), [row])
    for lost, kept in kept_of(db, connection_id, [lost_id]).items():
        whose = (Reservation.connection_id == connection_id) & (Reservation.client_id == lost)
        db.execute(update(Reservation).where(whose).values(client_id=kept))


def kept_of(db: Session, connection_id: int, client_ids: Iterable[str]) -> dict[str, str]:
    """Who each of these is today, for those that were merged away; through as many merges as there were."""
    if db.execute(select(ClientMerge.id).where(ClientMerge.connection_id == connection_id).limit(1)).first() is None:
        return {}  # most studios never merge: ask no more for every page
    found = _became(db, connection_id, sorted(set(client_ids)))
    for _ in range(LONGEST_CHAIN):
        further = _became(db, connection_id, sorted(set(found.values())))
        if not further:
            break
        found = {lost: further.get(kept, kept) for lost, kept in found.items()}
    return found


def follow_public_ids(
    db: Session, connection_id: int, clients: Sequence[Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]]
) -> None:
    """Give the sales that name a client by a public id that was changed just now the new one; two may have swapped."""
    changed = {
        old["public_id"]: row["public_id"]
        for row in clients
        if (old := before.get(row["external_id"])) and old["public_id"] not in (None, row["public_id"])
    }
    for some in chunks(sorted(changed)):
        whose = (SaleLine.connection_id == connection_id) & SaleLine.client_id.in_(among(some))
        new = case({old: changed[old] for old in some}, value=SaleLine.client_id)
        db.execute(update(SaleLine).where(whose).values(client_id=new), execution_options=UNSYNCHRONISED)


def joined_addresses(db: Session, studio_id: int) -> list[set[int]]:
    """The addresses of each person that merges made of several clients of a studio: groups that share none."""
    either = (Client.external_id == ClientMerge.lost_id) | (Client.external_id == ClientMerge.kept_id)
    held = (
        select(ClientMerge.id, ClientEmail.email_id)
        .join(Connection, Connection.id == ClientMerge.connection_id)
        .join(Client, (Client.connection_id == ClientMerge.connection_id) & either)
        .join(ClientEmail, ClientEmail.client_id == Client.id)
        .where(Connection.studio_id == studio_id)
        .order_by(ClientMerge.id)
    )
    by_merge: dict[int, set[int]] = {}
    for merge, email in db.execute(held):
        by_merge.setdefault(merge, set()).add(email)
    return _disjoint(by_merge.values())


def _disjoint(groups: Iterable[set[int]]) -> list[set[int]]:
    made: list[set[int]] = []
    for group in groups:
        touching = [other for other in made if other & group]
        made = [other for other in made if not other & group]
        made.append(group.union(*touching))
    return [group for group in made if len(group) > 1]


def _became(db: Session, connection_id: int, client_ids: list[str]) -> dict[str, str]:
    became: dict[str, str] = {}
    for some in chunks(client_ids):
        found = select(ClientMerge.lost_id, ClientMerge.kept_id).where(
            ClientMerge.connection_id == connection_id, ClientMerge.lost_id.in_(among(some))
        )
        became.update(db.execute(found).all())
    return became
