"""The audit log: who did what, with before and after. Never an address or a secret. Written once, never changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from adapter.store.tables import Audit, Connection, Run, Studio, User

Values = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted. None: any."""

    studio_id: int | None = None
    actor: str | None = None
    act: str | None = None
    first: datetime | None = None
    before: datetime | None = None


def note(
    db: Session, connection: Connection, act: str, before: Values, after: Values, *, actor: str, now: datetime
) -> None:
    """Write a line about a connection, in the caller's transaction."""
    write_line(db, connection.studio_id, act, f"connection:{connection.id}", before, after, actor=actor, now=now)


def note_studio(db: Session, studio_id: int, act: str, after: Values, *, actor: str, now: datetime) -> None:
    """Write a line about a studio as a whole."""
    write_line(db, studio_id, act, f"studio:{studio_id}", None, after, actor=actor, now=now)


def write_line(
    db: Session,
    studio_id: int | None,
    act: str,
    about: str,
    before: Values,
    after: Values,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Write a line in the caller's transaction. ``about`` names a row: ``user:3``; no studio: it concerns no one's."""
    db.add(Audit(at=now, actor=actor, studio_id=studio_id, act=act, about=about, before=before, after=after))


def note_run(db: Session, run: Run, *, actor: str, now: datetime) -> None:
    """Write a line about a piece of work that somebody asked for."""
    studio_id = db.scalar(select(Connection.studio_id).where(Connection.id == run.connection_id))
    after = {"kind": run.kind, **run.params} | ({"why": run.why} if run.why else {})
    write_line(db, studio_id, "run.requested", f"run:{run.id}", None, after, actor=actor, now=now)


def lines_of(db: Session, wanted: Filter, *, older_than: int | None = None, limit: int) -> Sequence[Audit]:
    """The lines, the latest first; ``older_than`` is the id of the last line of the page before."""
    rows = _where(select(Audit), wanted).order_by(Audit.id.desc()).limit(limit)
    return db.scalars(rows if older_than is None else rows.where(Audit.id < older_than)).all()


def acts_in(db: Session, studio_id: int | None) -> Sequence[str]:
    """Every kind of act in the log: of one studio, or of all."""
    return db.scalars(_where(select(Audit.act), Filter(studio_id)).distinct().order_by(Audit.act)).all()


def actors_in(db: Session, studio_id: int | None) -> dict[str, str]:
    """Whoever did something, and how they are called: of one studio, or of all."""
    return named(db, db.scalars(_where(select(Audit.actor), Filter(studio_id)).distinct()).all())


def named(db: Session, actors: Collection[str]) -> dict[str, str]:
    """How these are called, by actor: people by their name, others by what they are."""
    ids = [int(actor.removeprefix("user:")) for actor in actors if actor.removeprefix("user:").isdecimal()]
    people = db.execute(select(User.id, User.name).where(User.id.in_(ids)))
    names = {f"user:{user_id}": name for user_id, name in people}
    return {actor: names.get(actor, actor.replace(":", " ")) for actor in sorted(actors)}


def studios_in(db: Session) -> dict[int, str]:
    """The studios by id, for a log of all of them."""
    return dict(db.execute(select(Studio.id, Studio.name).order_by(Studio.name)).all())


def _where(rows: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.studio_id is not None:
        rows = rows.where(Audit.studio_id == wanted.studio_id)
    if wanted.actor is not None:
        rows = rows.where(Audit.actor == wanted.actor)
    if wanted.act is not None:
        rows = rows.where(Audit.act == wanted.act)
    if wanted.first is not None:
        rows = rows.where(Audit.at >= wanted.first)
    return rows if wanted.before is None else rows.where(Audit.at < wanted.before)
