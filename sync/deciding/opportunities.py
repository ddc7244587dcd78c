"""The cards of opportunities, kept as they are after each decision: made, brought up to date, taken away (OP-01).

Knows what was decided and what the limits did to it; how much is safe and worth asking for is smarttools'.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.smarttools.opportunities import Opportunity as Found
from adapter.smarttools.opportunities import opportunity
from adapter.store.opportunities import PREMIUM, SHADOW
from adapter.store.tables import Connection, Opportunity, OpportunityState, Session
from sync.deciding import models
from sync.deciding.candidates import Candidate
from sync.deciding.inputs import Inputs, facts_of
from sync.deciding.limits import Proposal, limit
from sync.deciding.verdicts import Verdict

AHEAD = timedelta(days=14)  # what starts later will be asked about in time
THE_STUDIOS_OWN = frozenset({"excluded", "blackout", "by_hand", "own_cap"})
"""Limits that the studio set itself and may lift for one session; the others protect its clients, or us from error."""

UNANSWERED = (OpportunityState.OPEN, OpportunityState.SNOOZED)


@dataclass(frozen=True)
class Room:
    """Spots on offer of a session, how many there would be without the studio's own limit, and at what rate."""

    cause: str
    offered: int
    most: int
    rate: Decimal


@dataclass(frozen=True)
class Asked:
    """What is asked of a session."""

    room: Room
    card: Found


Decided = Mapping[int, tuple[Candidate, Inputs, Verdict]]


def refresh(ctx: Context, connection: Connection, at: datetime, found: Decided) -> None:
    """Bring the cards of the sessions that were decided at ``at`` up to date."""
    cards = _cards(ctx, at, found)
    with ctx.store.read() as db:
        waiting = select(Opportunity.id).where(
            Opportunity.connection_id == connection.id, Opportunity.state.in_(UNANSWERED)
        )
        if not cards and db.scalar(waiting.limit(1)) is None:
            return
    with ctx.store.write() as db:
        _keep(db, connection, at, found, cards)


def _cards(ctx: Context, at: datetime, found: Decided) -> dict[int, Asked]:
    """What there is to ask of each session, by our id."""
    kept_back = {
        number: room
        for number, (candidate, _, verdict) in found.items()
        if candidate.session.starts_at <= at + AHEAD
        for room in [_kept_back(candidate, verdict, at)]
        if room is not None
    }
    if not kept_back:
        return {}
    inputs = {number: found[number][1] for number in kept_back}
    tools = models.load_tools(ctx.config, next(iter(inputs.values()))["model"])
    table = tools.room(at, **facts_of(inputs)).to_dict("records")
    return {
        number: Asked(room, card)
        for (number, room), row in zip(kept_back.items(), table, strict=True)
        if (card := _card(room, row)) is not None
    }


def _card(room: Room, row: Mapping[Hashable, Any]) -> Found | None:
    premium = room.cause == PREMIUM
    most = room.most if premium else min(room.most, row["safe_spots"])  # premium spots are within the risk anyway
    return opportunity(most, room.offered, row["premium_demand" if premium else "demand"])


def _kept_back(candidate: Candidate, verdict: Verdict, at: datetime) -> Room | None:
    """What would be on offer if the studio's own limit were not, where that is more."""
    listed = verdict.spots + verdict.premium_spots
    if candidate.standing.frozen_rate is not None:
        return None  # what would come at another rate than the model's is not foretold
    if candidate.shadow:
        room = Room(SHADOW, 0, listed, verdict.rate)
    elif verdict.binding in THE_STUDIOS_OWN:
        without = replace(candidate.standing, excluded=False, blackout=False, by_hand=None, own_spots=None)
        free_of_it = limit(Proposal(spots=verdict.proposed, rate=verdict.rate), without, at)
        room = Room(verdict.binding, listed, free_of_it.proposal.spots, verdict.rate)
    elif verdict.binding is None and not candidate.standing.premium and verdict.further_rate is not None:
        room = Room(PREMIUM, listed, listed + verdict.further, verdict.further_rate)
    else:
        return None
    return room if room.most > room.offered else None


def _keep(db: Database, connection: Connection, at: datetime, found: Decided, cards: Mapping[int, Asked]) -> None:
    db.execute(select(Connection.id).where(Connection.id == connection.id).with_for_update())  # one at a time
    started = select(Session.id).where(Session.connection_id == connection.id, Session.starts_at <= at)
    ours = Opportunity.connection_id == connection.id, Opportunity.state.in_(UNANSWERED)
    db.execute(delete(Opportunity).where(*ours, Opportunity.session_id.in_(started)))
    rows = select(Opportunity).where(Opportunity.session_id.in_(found)).with_for_update()
    there = {row.session_id: row for row in db.scalars(rows)}
    for number, (candidate, _, _) in found.items():
        row, card = there.get(number), cards.get(number)
        if row is not None and row.state not in UNANSWERED:
            continue
        if card is not None:
            _write(db, row or _new(connection, number, at), candidate, card)
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


def _write(db: Database, row: Opportunity, candidate: Candidate, asked: Asked) -> None:
    room, card = asked.room, asked.card
    row.cause, row.offered, row.rate = room.cause, room.offered, room.rate
    row.open = max((candidate.session.capacity or 0) - candidate.active, 0)
    row.add, row.fills, row.fills_low, row.fills_high = card.add, round(card.fills, 2), card.fills_low, card.fills_high
    db.add(row)
