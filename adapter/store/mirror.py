"""The one way into the mirror: a page of one stream, a session's whole roster, and what a complete answer left out.

Knows pages and what they prove; leaves the rows to ``saving``. Nothing is ever taken as deleted because a page does not
have it: only ``save_rosters`` and ``mark_absent`` infer absence, each from an answer known to be complete. Everything
happens in the caller's transaction: a page is in the mirror whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session as Db

from adapter.store.columns import KINDS, Row, Unfit, to_row
from adapter.store.dialect import among, chunks
from adapter.store.differences import note_gone
from adapter.store.quarantine import readable_again, set_aside
from adapter.store.readings import note_vanished, note_vanished_sessions
from adapter.store.redaction import MARK, scrub
from adapter.store.rosters import roster_due, roster_mark
from adapter.store.saving import Batch, Counts, save
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Reservation, Session
from connectors.platform import Window
from connectors.records import ACTIVE_OUTCOMES, Outcome, Page, SessionStatus, SetAside, Stream

__all__ = ["Counts", "mark_absent", "save_page", "save_roster", "save_rosters"]


Tell = Callable[[SetAside], None]


def _say_nothing(_: SetAside) -> None:
    """Nobody wants to know."""


def save_page(
    db: Db,
    keys: Keyring,
    connection: Connection,
    stream: Stream,
    page: Page,
    *,
    now: datetime,
    tell: Tell = _say_nothing,
) -> Counts:
    """Bring one page into the mirror. ``now`` is when it was fetched. What cannot be kept is set aside and counted.

    ``tell`` hears of each record that is set aside now; one that was parked before and has not changed is no news.
    """
    batch = Batch(db, keys, connection, stream, now)
    rows, unfit = _read(batch, page)
    failed = (*page.set_aside, *unfit)
    counts = save(batch, rows)
    for record in set_aside(db, keys, connection.id, failed, now):
        tell(record)
    readable_again(db, connection.id, stream, {row.key for row in rows})
    return counts + Counts(read=len(page.items) + len(page.set_aside), failed=len(failed))


def save_roster(
    db: Db, keys: Keyring, connection: Connection, session_row: Session, pages: Sequence[Page], *, now: datetime
) -> Counts:
    """Bring one session's roster into the mirror, as ``save_rosters`` does."""
    return save_rosters(db, keys, connection, [(session_row, pages)], now=now)


def save_rosters(
    db: Db,
    keys: Keyring,
    connection: Connection,
    rosters: Sequence[tuple[Session, Sequence[Page]]],
    *,
    now: datetime,
    tell: Tell = _say_nothing,
) -> Counts:
    """Bring the rosters of several sessions into the mirror in one go: most of the cost is by statement, not by row.

    Where a roster's last page is marked final it is complete: an active reservation that it does not have any more was
    cancelled by now, and the roster is not due again until something changes.
    """
    whole = _joined([page for _, pages in rosters for page in pages])
    counts = save_page(db, keys, connection, Stream.RESERVATIONS, whole, now=now, tell=tell)
    complete = [(row, pages) for row, pages in rosters if pages and pages[-1].final]
    gone = _cancel_absent(db, keys, connection.id, complete, now)
    read = [
        {"id": row.id, "roster_mark": roster_mark(row), "roster_read_at": now}
        for row, _ in complete
        if roster_due(row, now, nightly=True)
    ]
    if read:
        db.execute(update(Session), read)
    return counts + Counts(gone=gone)


def mark_absent(
    db: Db, connection: Connection, stream: Stream, kept: Set[str], *, now: datetime, window: Window | None = None
) -> int:
    """Mark as gone what a complete answer did not have; ``window`` is what sessions or sales were asked for.

    A vanished session counts as cancelled, with whoever was booked in it where it was still to come; a vanished active
    reservation too. Returns how many went.
    """
    table = KINDS[stream].table
    there = select(table.c.external_id).where(table.c.connection_id == connection.id, table.c.gone_at.is_(None))
    if window is not None:
        at = table.c.starts_at if stream is Stream.SESSIONS else table.c.sold_at
        there = there.where(at >= window.start, at < window.end)
    # An id that was an address is kept as its hash and can't be compared with what the platform says.
    absent = sorted(key for key in set(db.scalars(there)) - kept if not key.startswith(MARK))
    for some in chunks(absent):
        whose = (table.c.connection_id == connection.id) & table.c.external_id.in_(among(some))
        if stream is Stream.SESSIONS:
            note_vanished_sessions(db, whose, now)
            db.execute(update(table).where(whose).values(status=SessionStatus.CANCELLED, roster_mark=None))
            _cancel_coming(db, connection.id, some, now)
        if stream is Stream.RESERVATIONS:
            active = whose & table.c.outcome.in_(ACTIVE_OUTCOMES)
            note_vanished(db, whose, now)
            db.execute(update(table).where(active).values(outcome=Outcome.CANCELLED, cancelled_at=now))
        db.execute(update(table).where(whose).values(gone_at=now))
    for key in absent:
        note_gone(db, stream, key)
    return len(absent)


def _cancel_coming(db: Db, connection_id: int, session_ids: Sequence[str], now: datetime) -> None:
    """Nobody is booked in a class that will not be; of one that has been, what was known stays known."""
    coming = select(Session.external_id).where(
        Session.connection_id == connection_id, Session.external_id.in_(session_ids), Session.starts_at > now
    )
    whose = and_(Reservation.connection_id == connection_id, Reservation.session_id.in_(coming))
    note_vanished(db, whose, now)
    db.execute(
        update(Reservation)
        .where(whose, Reservation.outcome.in_(ACTIVE_OUTCOMES))
        .values(outcome=Outcome.CANCELLED, cancelled_at=now, gone_at=now),
        execution_options={"synchronize_session": False},
    )


def _read(batch: Batch, page: Page) -> tuple[list[Row], list[SetAside]]:
    rows: list[Row] = []
    unfit: list[SetAside] = []
    for fetched in page.items:
        try:
            rows.append(to_row(batch.kind, fetched, batch.keys, batch.now))
        except Unfit as error:
            unfit.append(SetAside(batch.stream, fetched.record.external_id or None, str(error), fetched.raw))
    return rows, unfit


def _joined(pages: Sequence[Page]) -> Page:
    return Page(
        items=tuple(item for page in pages for item in page.items),
        set_aside=tuple(record for page in pages for record in page.set_aside),
    )


def _cancel_absent(
    db: Db, keys: Keyring, connection_id: int, rosters: Sequence[tuple[Session, Sequence[Page]]], now: datetime
) -> int:
    present = {row.external_id: _present(pages, keys) for row, pages in rosters}
    absent: list[int] = []
    for some in chunks(sorted(present)):
        held = select(Reservation.id, Reservation.external_id, Reservation.session_id).where(
            Reservation.connection_id == connection_id,
            Reservation.session_id.in_(among(some)),
            Reservation.outcome.in_(ACTIVE_OUTCOMES),
        )
        for number, external_id, session_id in db.execute(held):
            known = present[session_id]
            if known is not None and external_id not in known:
                absent.append(number)
                note_gone(db, Stream.RESERVATIONS, external_id)
    for some in chunks(absent):
        gone = {"outcome": Outcome.CANCELLED, "cancelled_at": now, "gone_at": now}
        these = Reservation.id.in_(among(some))
        note_vanished(db, these, now)
        db.execute(update(Reservation).where(these).values(gone))
    return len(absent)


def _present(pages: Sequence[Page], keys: Keyring) -> set[str] | None:
    """The reservations that a roster still has; None where one of ours may be the one that could not be read."""
    set_aside = [record for page in pages for record in page.set_aside]
    if any(record.external_id is None for record in set_aside):
        return None
    read = (item.record.external_id for page in pages for item in page.items)
    return {scrub(key, keys) for key in (*read, *(record.external_id or "" for record in set_aside))}
