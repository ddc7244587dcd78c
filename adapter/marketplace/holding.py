"""A reservation's first step: everything that our own books can say, and a place held, in one transaction.

The session's row is locked meanwhile, so that the last place is held once, however many ask for it at one instant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.feed import announce
from adapter.marketplace.offering import Offered, offered
from adapter.marketplace.products import Wish, sale_of
from adapter.marketplace.quoting import Quote, limit_reached, may_sell, may_try, open_quote
from adapter.store.addresses import email_id
from adapter.store.sealing import Keyring
from adapter.store.selling import HOLDING, same_place
from adapter.store.settings import effective_settings
from adapter.store.tables import (
    ChannelReservation,
    ClassType,
    Client,
    Marketplace,
    Refusal,
    Reservation,
    ReservationState,
    Session,
    Venue,
)
from connectors.records import ACTIVE_OUTCOMES, Product

CALLS_TAKE = timedelta(minutes=5)  # after so long, whoever asked the platform has died, and it is asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a marketplace orders. ``caller_id`` is its own id of the reservation; the guest is passed on, not kept."""

    caller_id: str
    quote: str
    guest_name: str = field(repr=False)
    guest_email: str = field(repr=False)

    def digest(self, keys: Keyring) -> str:
        """A keyed hash of what was asked: the same again is the same reservation, anything else a conflict."""
        return keys.keyed_hash(json.dumps([self.quote, self.guest_name, self.guest_email]))


class OtherRequest(Exception):
    """The caller's id was used for something else."""


class BadGuest(ValueError):
    """The guest's address is none."""


def kept(db: Database, marketplace_id: int, caller_id: str) -> ChannelReservation | None:
    """A marketplace's reservation by its own id."""
    mine = ChannelReservation.marketplace_id == marketplace_id, ChannelReservation.caller_id == caller_id
    return db.scalar(select(ChannelReservation).where(*mine))


def hold(
    db: Database, keys: Keyring, marketplace: Marketplace, order: Order, now: datetime, studios: frozenset[int] | None
) -> tuple[ChannelReservation, bool]:
    """The reservation, REQUESTED with a place held or REFUSED, and whether it is new.

    Raises BadQuote, BadGuest, OtherRequest; LookupError where the session does not exist for this caller.
    """
    quote = open_quote(keys, marketplace.id, order.quote)
    session = db.scalar(_alone(quote.session_id))
    if (row := kept(db, marketplace.id, order.caller_id)) is not None:
        if row.request_hash != order.digest(keys):
            raise OtherRequest(f"The reservation {order.caller_id!r} was asked for with another quote or guest.")
        return row, False
    found = offered(db, [quote.session_id], now).get(quote.session_id)
    if session is None or found is None or (studios is not None and found.studio_id not in studios):
        raise LookupError("no such session")
    guest = email_id(db, keys, order.guest_email, now)
    if guest is None:
        raise BadGuest("guest.email: no e-mail address")
    spent = db.scalar(select(ChannelReservation.id).where(ChannelReservation.quote_id == quote.id)) is not None
    refusal = Refusal.RATE_CHANGED if spent else _refusal(db, marketplace, session, found, quote, guest, now)
    row = _row(marketplace, order, quote, found, guest, now)
    row.request_hash = order.digest(keys)
    row.quote_id = None if spent else quote.id
    row.state = ReservationState.REFUSED if refusal else ReservationState.REQUESTED
    row.refusal, row.look_at = refusal, None if refusal else now + CALLS_TAKE
    db.add(row)
    db.flush()
    if refusal is None:
        announce(db, [session.id], now)
    return row, True


def _alone(session_id: int) -> Select[Session]:
    """A session, locked against others who sell it. Decisions may be made for it meanwhile: they refer to it alone,
    and hold the connection, which a reservation refers to."""
    return select(Session).where(Session.id == session_id).with_for_update(key_share=True)


def _refusal(
    db: Database,
    marketplace: Marketplace,
    session: Session,
    found: Offered,
    quote: Quote,
    guest: int,
    now: datetime,
) -> Refusal | None:
    """Why this can't be sold now; None: it can."""
    if found.offer.closed is not None:
        return found.offer.closed
    if not may_sell(db, marketplace, found):
        return Refusal.NOT_LISTED
    if now > quote.expires_at or _below_floor(db, session, found, quote):
        return Refusal.RATE_CHANGED
    if _is_in(db, session, guest):
        return Refusal.ALREADY_BOOKED
    if quote.product is Product.TRIAL and (refused := may_try(db, marketplace, found.studio_id, guest)):
        return refused
    left = found.offer.premium_spots if quote.takes_premium else found.offer.spots
    if not left:
        missing = sale_of(found.offer, Wish(a_la_carte=quote.product is Product.A_LA_CARTE))
        return missing if isinstance(missing, Refusal) else Refusal.SOLD_OUT
    within = quote.product is Product.STANDARD or (quote.product is Product.PREMIUM and "a" not in quote.reasons)
    if within and limit_reached(db, marketplace, quote.plan, found, guest):
        return Refusal.LIMIT_REACHED
    return None


def _below_floor(db: Database, session: Session, found: Offered, quote: Quote) -> bool:
    """Whether the floor was raised above a quote: none is paid less (SR-06), but for a trial (SR-07)."""
    if quote.product is Product.TRIAL:
        return False
    venue = _number(db, Venue, session.connection_id, session.venue_id)
    kind = _number(db, ClassType, session.connection_id, session.class_type_id)
    own = effective_settings(db, found.studio_id).of(venue_id=venue, class_type_id=kind, session_id=session.id)
    return own.rate_floor is not None and quote.payout < own.rate_floor


def _number(db: Database, table: type[Venue] | type[ClassType], connection_id: int, external_id: str) -> int | None:
    same = table.connection_id == connection_id, table.external_id == external_id
    return db.scalar(select(table.id).where(*same))


def _is_in(db: Database, session: Session, guest: int) -> bool:
    """Whether this guest has a place in the session already, however it was booked."""
    ours = select(ChannelReservation.id).where(
        ChannelReservation.session_id == session.id,
        ChannelReservation.guest_email_id == guest,
        ChannelReservation.state.in_(HOLDING),
    )
    same = and_(Client.connection_id == Reservation.connection_id, Client.external_id == Reservation.client_id)
    theirs = (
        select(Reservation.id)
        .outerjoin(Client, same)
        .outerjoin(ChannelReservation, same_place())
        .where(
            Reservation.connection_id == session.connection_id,
            Reservation.session_id == session.external_id,
            Reservation.outcome.in_(ACTIVE_OUTCOMES),
            ChannelReservation.id.is_(None),
            or_(Reservation.guest_email_id == guest, Client.email_id == guest),
        )
    )
    return db.scalar(ours.limit(1)) is not None or db.scalar(theirs.limit(1)) is not None


def _row(
    marketplace: Marketplace, order: Order, quote: Quote, found: Offered, guest: int, now: datetime
) -> ChannelReservation:
    return ChannelReservation(
        marketplace_id=marketplace.id,
        caller_id=order.caller_id,
        connection_id=found.connection_id,
        session_id=found.session_id,
        guest_email_id=guest,
        plan=quote.plan,
        product=quote.product,
        reasons=list(quote.reasons),
        quoted_at=quote.quoted_at,
        payout=quote.payout,
        currency=quote.currency,
        credits=quote.credits,
        price=quote.price,
        on_ledger=False,
        requested_at=now,
        changed_at=now,
    )
