"""What the terms leave to judgement takes two people, a reason and evidence: one asks, another agrees.

Waivers, breaches, equivalents of a retail rate, a corrected start date, and that a statement is final. Until the second
person agrees nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.guarantee import reading_case
from adapter.guarantee.changes import changes
from adapter.guarantee.shapes import CaseError, Reader, amount, day, identifier, instant, one_of, shape, whole
from adapter.statements.kept import GUARANTEE, forget
from adapter.statements.making import keep_statement, latest_statement, make_statement
from adapter.statements.recorded import participation_of
from adapter.store.audit import note_studio
from adapter.store.tables import Judgement, JudgementKind


class NotAllowed(Exception):
    """It can't be judged so; the message says why."""


def _shaped(**fields: Reader[Any]) -> Reader[Any]:
    return shape(dict, fields)


CONTENT: Mapping[JudgementKind, Reader[Any]] = {
    JudgementKind.WAIVER: _shaped(requirement=one_of(*reading_case.REQUIREMENTS, "once")),
    JudgementKind.BREACH: _shaped(kind=one_of("breach", "termination", "tracking", "fraud"), at=instant),
    JudgementKind.EQUIVALENT: shape(
        dict, {"class_type": identifier, "venue_id": identifier, "price": amount, "from": day}
    ),
    JudgementKind.START_DATE: _shaped(start_date=day),
    JudgementKind.FINAL: _shaped(version=whole(1)),
}


def ask(
    db: Db,
    context: Context,
    studio_id: int,
    kind: JudgementKind,
    content: Mapping[str, Any],
    *,
    reason: str,
    evidence: str,
    actor: str,
) -> Judgement:
    """Put something up for judgement. Raises NotAllowed where it is malformed, or has no reason or evidence."""
    if not reason.strip() or not evidence.strip():
        raise NotAllowed("A judgement needs a reason, and evidence that somebody else can look at.")
    try:
        CONTENT[kind](dict(content))
    except CaseError as error:
        raise NotAllowed(str(error)) from error
    now = context.now()
    row = Judgement(
        studio_id=studio_id,
        kind=kind,
        content=dict(content),
        reason=reason,
        evidence=evidence,
        asked_by=actor,
        asked_at=now,
    )
    db.add(row)
    note_studio(db, studio_id, f"guarantee.{kind}.asked", dict(content), actor=actor, now=now)
    db.flush()
    return row


def agree(db: Db, context: Context, judgement: Judgement, *, actor: str) -> None:
    """The second person agrees, and it holds. Raises NotAllowed."""
    if judgement.agreed_at is not None:
        raise NotAllowed("It is agreed already.")
    if judgement.asked_by == actor:
        raise NotAllowed("Somebody else than who asked has to agree.")
    now = context.now()
    EFFECTS.get(judgement.kind, _nothing_more)(db, context, judgement)
    judgement.agreed_by, judgement.agreed_at = actor, now
    act = f"guarantee.{judgement.kind}.agreed"
    note_studio(db, judgement.studio_id, act, judgement.content, actor=actor, now=now)
    forget(db, judgement.studio_id, GUARANTEE)
    db.flush()


def open_judgements(db: Db, studio_id: int) -> list[Judgement]:
    """What waits for a second person."""
    waiting = select(Judgement).where(Judgement.studio_id == studio_id, Judgement.agreed_at.is_(None))
    return list(db.scalars(waiting.order_by(Judgement.id)))


def agreed_judgements(db: Db, studio_id: int, limit: int) -> Sequence[Judgement]:
    """What two people stand behind, the latest first."""
    agreed = select(Judgement).where(Judgement.studio_id == studio_id, Judgement.agreed_at.is_not(None))
    return db.scalars(agreed.order_by(Judgement.agreed_at.desc(), Judgement.id.desc()).limit(limit)).all()


def _nothing_more(db: Db, context: Context, judgement: Judgement) -> None:
    """It is read from its row."""


def _correct_start(db: Db, context: Context, judgement: Judgement) -> None:
    part = participation_of(db, judgement.studio_id)
    if part is None:
        raise NotAllowed("The studio does not take part in the guarantee.")
    part.displayed_start_date = date.fromisoformat(judgement.content["start_date"])
    part.displayed_at = context.now()


def _declare_final(db: Db, context: Context, judgement: Judgement) -> None:
    """The statement as it stands now becomes final, if it is still the one that was asked about."""
    last = latest_statement(db, judgement.studio_id)
    if last is None or last.version != judgement.content["version"]:
        raise NotAllowed("There is a newer version than the one asked about: look at what changed and ask again.")
    made = make_statement(db, context.keys, judgement.studio_id, context.now())
    if not made.may_be_final:
        why = ", ".join(made.gaps.blocking) or f"the status is {made.body['status']}"
        raise NotAllowed(f"It cannot be final yet: {why}.")
    if changes(last.body, made.body):
        raise NotAllowed("Something changed since that version: make a new one, look at what changed and ask again.")
    keep_statement(db, context, judgement.studio_id, made, final=True)


EFFECTS: Mapping[JudgementKind, Callable[[Db, Context, Judgement], None]] = {
    JudgementKind.START_DATE: _correct_start,
    JudgementKind.FINAL: _declare_final,
}
