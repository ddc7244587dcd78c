"""Pages about one class for whoever has its link (N-22): opened and closed by the studio, each time noted."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as Db

from adapter.store.audit import write_line
from adapter.store.tables import Connection, MemberPage, Session


def page_of_members(db: Db, session_id: int) -> MemberPage | None:
    """The class's page if it is open."""
    return db.scalar(_open().where(MemberPage.session_id == session_id))


def session_shown(db: Db, token: str) -> int | None:
    """Our id of the class that this link is about; None: there is none, or it was closed."""
    row = db.scalar(_open().where(MemberPage.token == token))
    return None if row is None else row.session_id


def show_members(db: Db, session_id: int, *, shown: bool, actor: str, now: datetime) -> None:
    """Open or close the class's page. Opened again, it has the same link."""
    row = db.scalar(select(MemberPage).where(MemberPage.session_id == session_id))
    if row is None:
        row = MemberPage(session_id=session_id, token=secrets.token_urlsafe(16), opened_at=now, closed_at=now)
        db.add(row)
    if (row.closed_at is None) == shown:
        return
    row.opened_at, row.closed_at = (now, None) if shown else (row.opened_at, now)
    session = db.get_one(Session, session_id)
    studio_id, act = db.get_one(Connection, session.connection_id).studio_id, "opened" if shown else "closed"
    sides = {"open": not shown}, {"open": shown}
    write_line(db, studio_id, f"member_page.{act}", f"session:{session_id}", *sides, actor=actor, now=now)


def _open() -> Select[MemberPage]:
    return select(MemberPage).where(MemberPage.closed_at.is_(None))
