"""The one way into the mirror: a page of one stream, a session's whole roster, and what a complete answer left out.

Knows pages and what they prove; leaves the rows to ``saving``. Nothing is ever taken as deleted because a page does not
have it: only ``save_roster`` and ``mark_absent`` infer absence, each from an answer known to be complete. Everything
happens in the caller's transaction: a page is in the mirror whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Db

from adapter.store.columns import KINDS, Row, Unfit, to_row
from adapter.store.dialect import chunks
from adapter.store.quarantine import readable_again, set_aside
from adapter.store.redaction import MARK, scrub
from adapter.store.rosters import roster_due, roster_mark
from adapter.store.saving import Batch, Counts, save
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Reservation, Session
from connectors.platform import Window
from connectors.records import ACTIVE_OUTCOMES, Outcome, Page, SessionStatus, SetAside, Stream

__all__ = ["Counts", "mark_absent", "save_page", "save_roster"]


def save_page(db: Db, keys: Keyring, connection: Connection, stream: Stream, page: Page, *, now: datetime) -> Counts:
    """Bring one page into the mirror. ``now`` is when it was fetched. What cannot be kept is set aside and counted."""
    batch = Batch(db, keys, connection, stream, now)
    rows, unfit = _read(batch, page)
    failed = (*page.set_aside, *unfit)
    counts = save(batch, rows)
    set_aside(db, keys, connection.id, failed, now)
    readable_again(db, connection.id, stream, {row.key for row in rows})
    return counts + Counts(read=len(page.items) + len(page.set_aside), failed=len(failed))


def save_roster(
    db: Db, keys: Keyring, connection: Connection, session_row: Session, pages: Sequence[Page], *, now: datetime
) -> Counts:
    """Bring a session's roster into the mirror.

    Where the last page is marked final the roster is complete: an active reservation that it does not have any more was
    cancelled by now, and the roster is not due again until something changes.
    """
    whole = Page(
        items=tuple(item for page in pages for item in page.items),
        set_aside=tuple(record for page in pages for record in page.set_aside),
        final=bool(pages) and pages[-1].final,
    )
    counts = save_page(db, keys, connection, Stream.RESERVATIONS, whole, now=now)
    if not whole.final:
        return counts
    gone = _cancel_absent(db, keys, session_row, whole, now)
    if roster_due(session_row, now):
        read = {"roster_mark": roster_mark(session_row), "roster_read_at": now}
        db.execute(update(Session).where(Session.id == session_row.id).values(read))
    return counts + Counts(gone=gone)


def mark_absent(
    db: Db, connection: Connection, stream: Stream, kept: Set[str], *, now: datetime, window: Window | None = None
) -> int:
    """Mark as gone what a complete answer did not have; ``window`` is what sessions or sales were asked for.

    A vanished session counts as cancelled, a vanished active reservation too. Returns how many went.
    """
    table = KINDS[stream].table
    there = select(table.c.external_id).where(table.c.connection_id == connection.id, table.c.gone_at.is_(None))
    if window is not None:
        at = table.c.starts_at if stream is Stream.SESSIONS else table.c.sold_at
        there = there.where(at >= window.start, at < window.end)
    # An id that was an address is kept as its hash and can't be compared with what the platform says.
    absent = sorted(key for key in set(db.scalars(there)) - kept if not key.startswith(MARK))
    for some in chunks(absent):
        whose = (table.c.connection_id == connection.id) & table.c.external_id.in_(some)
        if stream is Stream.SESSIONS:
            db.execute(update(table).where(whose).values(status=SessionStatus.CANCELLED))
        if stream is Stream.RESERVATIONS:
            active = whose & table.c.outcome.in_(ACTIVE_OUTCOMES)
            db.execute(update(table).where(active).values(outcome=Outcome.CANCELLED, cancelled_at=now))
        db.execute(update(table).where(whose).values(gone_at=now))
    return len(absent)


def _read(batch: Batch, page: Page) -> tuple[list[Row], list[SetAside]]:
    rows: list[Row] = []
    unfit: list[SetAside] = []
    for fetched in page.items:
        try:
            rows.append(to_row(batch.kind, fetched, batch.keys, batch.now))
        except Unfit as error:
            unfit.append(SetAside(batch.stream, fetched.record.external_id or None, str(error), fetched.raw))
    return rows, unfit


def _cancel_absent(db: Db, keys: Keyring, session: Session, roster: Page, now: datetime) -> int:
    if any(record.external_id is None for record in roster.set_aside):
        return 0  # one of those we have may be the one that could not be read
    present = {scrub(item.record.external_id, keys) for item in roster.items}
    present |= {scrub(record.external_id, keys) for record in roster.set_aside if record.external_id}
    held = select(Reservation.id, Reservation.external_id).where(
        Reservation.connection_id == session.connection_id,
        Reservation.session_id == session.external_id,
        Reservation.outcome.in_(ACTIVE_OUTCOMES),
    )
    absent = [number for number, external_id in db.execute(held) if external_id not in present]
    for some in chunks(absent):
        gone = {"outcome": Outcome.CANCELLED, "cancelled_at": now, "gone_at": now}
        db.execute(update(Reservation).where(Reservation.id.in_(some)).values(gone))
    return len(absent)
