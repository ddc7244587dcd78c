"""Opportunities as they stand, what accepted ones allow, and what they really brought (OP-01).

Knows the tables; what is an opportunity is smarttools' to say, and answering one is `adapter.steering.opportunities`'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session as Db

from adapter.store.belonging import its_class_type, its_venue
from adapter.store.facts import STANDING, facts_of_connection
from adapter.store.tables import (
    ClassType,
    Connection,
    Opportunity,
    OpportunityState,
    Session,
    Venue,
)
from connectors.records import Channel

A_MOMENT = timedelta(seconds=1)
SHADOW, PREMIUM = "shadow", "premium"
"""Causes that are no limit of one session: pushing is off; Premium was not chosen."""


@dataclass(frozen=True)
class Card:
    """An opportunity with what is shown of its session."""

    row: Opportunity
    session: Session
    class_name: str
    venue: str

    @property
    def revenue(self) -> Decimal:
        """What the expected reservations pay, in the row's currency."""
        return self.row.rate * Decimal(repr(self.row.fills))

    @property
    def revenue_low(self) -> Decimal:
        """The same at the lower end of what is likely."""
        return self.row.rate * self.row.fills_low

    @property
    def revenue_high(self) -> Decimal:
        """The same at the upper end."""
        return self.row.rate * self.row.fills_high


@dataclass(frozen=True)
class Brought:
    """What an accepted opportunity brought, once its session was over."""

    card: Card
    reservations: int
    revenue: Decimal

    @property
    def as_expected(self) -> bool:
        """Whether as many came as were likely to: eight times in ten that should be so."""
        return self.card.row.fills_low <= self.reservations <= self.card.row.fills_high


def open_cards(db: Db, studio_id: int, now: datetime) -> list[Card]:
    """The cards that wait for an answer, the one that is expected to bring most first."""
    found = _cards(db, _of(studio_id).where(_waits(now), Session.starts_at > now))
    return sorted(found, key=lambda card: (-card.revenue, card.session.starts_at, card.row.id))


def answered_cards(db: Db, studio_id: int, now: datetime, limit: int = 50) -> list[Card]:
    """The cards that were answered, the latest answer first."""
    return _cards(db, _of(studio_id).where(~_waits(now)).order_by(Opportunity.answered_at.desc()).limit(limit))


def one_card(db: Db, studio_id: int, opportunity_id: int) -> Card | None:
    """One card of a studio, to be answered; None: it has none of that number (any more)."""
    found = _cards(db, _of(studio_id).where(Opportunity.id == opportunity_id).with_for_update(of=Opportunity))
    return found[0] if found else None


def granted(db: Db, session_ids: Iterable[int]) -> dict[int, int]:
    """Marketplace reservations that accepted cards allow beyond a limit, by our session id. Premium is a setting."""
    accepted = select(Opportunity.session_id, Opportunity.granted).where(
        Opportunity.session_id.in_(session_ids),
        Opportunity.state == OpportunityState.ACCEPTED,
        Opportunity.cause != PREMIUM,
    )
    return {number: most for number, most in db.execute(accepted) if most is not None}


def brought(db: Db, studio_id: int, now: datetime) -> list[Brought]:
    """What the accepted opportunities brought whose sessions are over, the latest session first.

    Counted are the marketplace reservations that stood beyond those that were allowed without it, the last that came.
    """
    over = _of(studio_id).where(Opportunity.state == OpportunityState.ACCEPTED, Session.ends_at <= now)
    cards = _cards(db, over.order_by(Session.starts_at.desc()))
    rates = _rates(db, cards)
    return [_brought(card, rates.get(card.session.id, [])) for card in cards]


def _brought(card: Card, rates: list[float]) -> Brought:
    """``rates``: of the marketplace reservations that stood, the last one first; NaN: not known, so the card's."""
    row = card.row
    beyond = rates[: max(0, len(rates) - ((row.granted or 0) - row.add))]
    paid = [row.rate if rate != rate else Decimal(str(rate)) for rate in beyond]
    return Brought(card, len(beyond), sum(paid, Decimal(0)))


def _rates(db: Db, cards: list[Card]) -> dict[int, list[float]]:
    """What marketplace reservations that stood paid, by our session id, the last one first."""
    found: dict[int, list[float]] = {}
    for connection_id in {card.row.connection_id for card in cards}:
        mine = [card.session for card in cards if card.row.connection_id == connection_id]
        starts = [session.starts_at for session in mine]
        facts = facts_of_connection(
            db, connection_id, since=min(starts), until=max(starts) + A_MOMENT, only={session.id for session in mine}
        )
        booked = facts["reservations"]
        stood = booked[(booked["channel"] == Channel.MARKETPLACE.value) & booked["outcome"].isin(STANDING)]
        late_first = stood.sort_values("booked_at", ascending=False, kind="stable")
        for number, amount in zip(late_first["session_id"].tolist(), late_first["amount"].tolist(), strict=True):
            found.setdefault(number, []).append(amount)
    return found


def _waits(now: datetime) -> ColumnElement[bool]:
    """Cards without an answer, or asked again by now."""
    again = and_(Opportunity.state == OpportunityState.SNOOZED, Opportunity.until <= now)
    return or_(Opportunity.state == OpportunityState.OPEN, again)


def _of(studio_id: int) -> Select[Opportunity, Session, str, str]:
    return (
        select(Opportunity, Session, ClassType.name, Venue.name)
        .join(Session, Session.id == Opportunity.session_id)
        .join(Connection, Connection.id == Opportunity.connection_id)
        .outerjoin(ClassType, its_class_type())
        .outerjoin(Venue, its_venue())
        .where(Connection.studio_id == studio_id)
    )


def _cards(db: Db, wanted: Select[Opportunity, Session, str, str]) -> list[Card]:
    return [
        Card(row, session, name or session.class_type_id, venue or session.venue_id)
        for row, session, name, venue in db.execute(wanted)
    ]
