"""Answering an opportunity: accept, dismiss, snooze, each with a reason, in the audit log (OP-01).

Accepting takes effect at once: the limit that kept the spots back gives way, up to the number on the card and never
beyond it; Premium is turned on for that one session. What direct clients turn out to need goes first as ever: the model
may list fewer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session as Db

from adapter.store.audit import write_line
from adapter.store.calendar import one_session
from adapter.store.opportunities import PREMIUM, SHADOW, Card
from adapter.store.settings import change_settings
from adapter.store.tables import Connection, OpportunityState, RunKind, RunOrigin, Scope
from adapter.work import request_run

ANSWERS: Mapping[str, OpportunityState] = {
    "accept": OpportunityState.ACCEPTED,
    "dismiss": OpportunityState.DISMISSED,
    "snooze": OpportunityState.SNOOZED,
}
ASKED_AGAIN = timedelta(days=1)  # after it was snoozed, or a quarter of the time left, whichever is less
LONGEST_REASON = 300


class AnswerRefused(ValueError):
    """An answer that can't be given; the message says why, and what to do."""


def answer(db: Db, card: Card, given: str, *, reason: str, actor: str, now: datetime) -> None:
    """Answer a card in the caller's transaction; wake the engine after its commit. Raises AnswerRefused.

    An accepted card may be dismissed until its session starts: then nothing more is listed under it.
    """
    row, reason = card.row, reason.strip()
    _check(card, given, reason, now)
    before = _told(card)
    row.granted = None
    row.state, row.answered_at, row.answered_by, row.reason = ANSWERS[given], now, actor, reason
    row.until = now + min(ASKED_AGAIN, (card.session.starts_at - now) / 4) if given == "snooze" else None
    if row.cause == PREMIUM:
        _choose_premium(db, card, actor, now)
    if given == "accept":
        row.granted = one_session(db, row.session_id).places.marketplace + row.offered + row.add
    _note(db, card, before, actor, now)
    if OpportunityState.ACCEPTED in (row.state, before["state"]):
        why = f"an opportunity was {row.state}"
        request_run(db, RunKind.DECIDE, row.connection_id, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)


def _choose_premium(db: Db, card: Card, actor: str, now: datetime) -> None:
    """Premium is a setting (PR-01): of this one session, where the card was accepted; taken back with it."""
    studio_id = db.get_one(Connection, card.row.connection_id).studio_id
    chosen = {"premium": True if card.row.state is OpportunityState.ACCEPTED else None}
    change_settings(db, studio_id, Scope.SESSION, card.row.session_id, chosen, actor=actor, now=now)


def _check(card: Card, given: str, reason: str, now: datetime) -> None:
    if given not in ANSWERS:
        raise AnswerRefused(f"There is no such answer; there are {', '.join(ANSWERS)}.")
    if not reason or len(reason) > LONGEST_REASON:
        raise AnswerRefused(f"Give a reason, in at most {LONGEST_REASON} characters.")
    if card.session.starts_at <= now:
        raise AnswerRefused("The class has started.")
    state = card.row.state
    if state is OpportunityState.DISMISSED or (state is OpportunityState.ACCEPTED and given != "dismiss"):
        raise AnswerRefused(f"It was {state} already.")
    if given == "accept" and card.row.cause == SHADOW:
        raise AnswerRefused("Nothing is pushed yet: switch pushing on at the connection, and it is listed by itself.")


def _told(card: Card) -> dict[str, Any]:
    row = card.row
    spots = row.offered + (row.add if row.state is OpportunityState.ACCEPTED else 0)
    return {"state": row.state.value, "cause": row.cause, "spots": spots, "granted": row.granted}


def _note(db: Db, card: Card, before: dict[str, Any], actor: str, now: datetime) -> None:
    row = card.row
    after = _told(card) | {"reason": row.reason, "add": row.add, "expected": round(row.fills, 2), "rate": str(row.rate)}
    studio_id = db.get_one(Connection, row.connection_id).studio_id
    about, act = f"session:{row.session_id}", f"opportunity.{row.state}"
    write_line(db, studio_id, act, about, before, after, actor=actor, now=now)
