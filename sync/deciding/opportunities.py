"""The cards of opportunities, kept as they are after each decision: made, brought up to date, taken away (OP-01).

Knows what was decided and what the limits did to it; how much is safe and worth asking for is smarttools'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.opportunities import SHADOW
from adapter.smarttools.opportunities import Opportunity as Found
from adapter.smarttools.opportunities import opportunity
from adapter.store.tables import Connection, Opportunity, OpportunityState, PushMode, Session
from sync.deciding import models
from sync.deciding.candidates import Candidate
from sync.deciding.inputs import Inputs, facts_of
from sync.deciding.limits import Proposal, limit
from sync.deciding.verdicts import Verdict

AHEAD = timedelta(days=14)  # what starts later will be asked about in time
THE_STUDIOS_OWN = frozenset({"excluded", "own_cap"})
"""Limits that the studio set itself and may lift for one session; the others protect its clients, or us from error."""

UNANSWERED = (OpportunityState.OPEN, OpportunityState.SNOOZED)
Decided = Mapping[int, tuple[Candidate, Inputs, Verdict]]


def refresh(ctx: Context, connection: Connection, at: datetime, found: Decided) -> None:
    """Bring the cards of the sessions that were decided at ``at`` up to date."""
    cards = _cards(ctx, connection, at, found)
    with ctx.store.read() as db:
        waiting = select(Opportunity.id).where(
            Opportunity.connection_id == connection.id, Opportunity.state.in_(UNANSWERED)
        )
        if not cards and db.scalar(waiting.limit(1)) is None:
            return
    with ctx.store.write() as db:
        _keep(db, connection, at, found, cards)


def _cards(ctx: Context, connection: Connection, at: datetime, found: Decided) -> dict[int, Found]:
    """An opportunity for each session that has one, by our id."""
    shadow = connection.push_mode is PushMode.SHADOW
    could = {
        number: (offered, most)
        for number, (candidate, _, verdict) in found.items()
        if candidate.session.starts_at <= at + AHEAD
        for offered, most in [_kept_back(candidate, verdict, at, shadow=shadow)]
        if most > offered
    }
    if not could:
        return {}
    inputs = {number: found[number][1] for number in could}
    tools = models.load_tools(ctx.config, next(iter(inputs.values()))["model"])
    table = tools.room(at, **facts_of(inputs))
    rows = zip(could.items(), table["safe_spots"].tolist(), table["demand"].tolist(), strict=True)
    cards = {number: opportunity(min(safe, most), offered, demand) for (number, (offered, most)), safe, demand in rows}
    return {number: card for number, card in cards.items() if card is not None}


def _kept_back(candidate: Candidate, verdict: Verdict, at: datetime, *, shadow: bool) -> tuple[int, int]:
    """Spots on offer, and how many there would be if the studio's own limits were not."""
    listed = verdict.spots + verdict.premium_spots
    if shadow:
        return 0, listed
    if verdict.binding not in THE_STUDIOS_OWN:
        return listed, listed
    without = replace(candidate.standing, excluded=False, own_spots=None)
    free_of_it = limit(Proposal(spots=verdict.proposed, rate=verdict.rate), without, at)
    return listed, free_of_it.proposal.spots


def _keep(db: Database, connection: Connection, at: datetime, found: Decided, cards: Mapping[int, Found]) -> None:
    started = select(Session.id).where(Session.connection_id == connection.id, Session.starts_at <= at)
    ours = Opportunity.connection_id == connection.id, Opportunity.state.in_(UNANSWERED)
    db.execute(delete(Opportunity).where(*ours, Opportunity.session_id.in_(started)))
    there = {row.session_id: row for row in db.scalars(select(Opportunity).where(Opportunity.session_id.in_(found)))}
    for number, (candidate, _, verdict) in found.items():
        row, card = there.get(number), cards.get(number)
        if row is not None and row.state not in UNANSWERED:
            continue
        if card is not None:
            _write(db, row or _new(connection, number, at), candidate, verdict, card)
        elif row is not None:
            db.delete(row)


def _new(connection: Connection, session_id: int, at: datetime) -> Opportunity:
    return Opportunity(
        connection_id=connection.id,
        session_id=session_id,
        made_at=at,
        currency=connection.currency,
        state=OpportunityState.OPEN,
    )


def _write(db: Database, row: Opportunity, candidate: Candidate, verdict: Verdict, card: Found) -> None:
    row.cause = verdict.binding or SHADOW
    row.open = max((candidate.session.capacity or 0) - candidate.active, 0)
    row.offered = 0 if row.cause == SHADOW else verdict.spots + verdict.premium_spots
    row.add, row.rate = card.add, verdict.rate
    row.fills, row.fills_low, row.fills_high = round(card.fills, 2), card.fills_low, card.fills_high
    db.add(row)
