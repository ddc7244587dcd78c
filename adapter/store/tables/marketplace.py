"""The marketplaces' side: markets and their credits, who sells, what is on offer, what was sold, what is told."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Money, Sealed, Word
from connectors.records import Product


class Rounding(StrEnum):
    """How a part of a credit becomes a whole number of them."""

    UP = "up"
    NEAREST = "nearest"  # half goes up
    DOWN = "down"


class ReservationState(StrEnum):
    """The life of a reservation on the channel: promised to marketplaces (docs/channel.md)."""

    REQUESTED = "requested"  # its place is held; whether the platform has it is not known yet
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    CANCELLED = "cancelled"  # early, or by the studio: nothing is owed
    LATE_CANCELLED = "late_cancelled"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


class Refusal(StrEnum):
    """Why a reservation was refused: promised to marketplaces (docs/channel.md)."""

    SOLD_OUT = "sold_out"
    NOT_LISTED = "not_listed"
    CANCELLED = "cancelled"  # the class was
    STARTED = "started"
    ALREADY_BOOKED = "already_booked"
    PLATFORM_REFUSED = "platform_refused"
    RATE_CHANGED = "rate_changed"  # the quote is spent, too old, or its payout is no longer agreed
    LIMIT_REACHED = "limit_reached"
    PAUSED = "paused"


class Market(Base):
    """Where credits have one value: what a class costs there follows from its payout (CD-01, CD-02)."""

    __tablename__ = "market"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]  # ISO 4217: classes in another currency are not sold there
    margin: Mapped[Decimal] = mapped_column(
        Numeric(9, 6)
    )  # the marketplace's share of what its users pay, 0 to below 1
    credit_value: Mapped[Decimal] = mapped_column(Money)  # what one credit is worth
    rounding: Mapped[Rounding] = mapped_column(Word(Rounding), default=Rounding.UP)
    created_at: Mapped[datetime]


class MarketPlan(Base):
    """A membership of a market. It changes how many credits somebody gets, never what a class costs (CD-02)."""

    __tablename__ = "market_plan"
    __table_args__ = (UniqueConstraint("market_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("market.id"))
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Money)  # of a cycle
    credits: Mapped[int]  # received with each cycle
    visits_per_month: Mapped[int | None]  # at one studio, all its venues (PR-02); None: no limit


class Marketplace(Base):
    """Who sells spots through the channel. Known by its name, as its tokens carry it."""

    __tablename__ = "marketplace"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    market_id: Mapped[int | None] = mapped_column(ForeignKey("market.id"))  # None: sells in money, knows no credits
    webhook_url: Mapped[str | None]
    webhook_secret: Mapped[bytes | None] = mapped_column(Sealed)
    created_at: Mapped[datetime]


class MarketplaceTerms(Base):
    """What a studio agreed with one marketplace. Without a row: it may sell the studio's spots, and no trials."""

    __tablename__ = "marketplace_terms"
    __table_args__ = (UniqueConstraint("marketplace_id", "studio_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    marketplace_id: Mapped[int] = mapped_column(ForeignKey("marketplace.id"))
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), index=True)
    sells: Mapped[bool] = mapped_column(default=True, server_default=true())
    trials: Mapped[bool] = mapped_column(default=False, server_default=false())  # a first visit pays nothing (SR-07)


class ChannelReservation(Base):
    """A reservation made through the channel, with the quote that it was made at (SR-09). One row is one place.

    The mirrored reservation is the one of the same connection whose external id is ``platform_id``. Of the guest only
    the address stays, where addresses are kept; the name is passed on to the platform and kept nowhere.
    """

    __tablename__ = "channel_reservation"
    __table_args__ = (
        UniqueConstraint("marketplace_id", "caller_id"),
        UniqueConstraint("quote_id"),
        UniqueConstraint("connection_id", "platform_id"),
        Index(None, "session_id", "state"),
        Index(None, "connection_id", "changed_at"),
        Index(None, "look_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    marketplace_id: Mapped[int] = mapped_column(ForeignKey("marketplace.id"))
    caller_id: Mapped[str]  # the marketplace's own id: its idempotency key
    request_hash: Mapped[str]  # of what was asked under it
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"))
    guest_email_id: Mapped[int] = mapped_column(ForeignKey("email_address.id"))
    plan: Mapped[str | None]
    product: Mapped[Product] = mapped_column(Word(Product))
    reasons: Mapped[list[Any]]  # why it is Premium: "a", "b", "c", "d" (PR-06); empty off Premium
    quote_id: Mapped[str | None]  # None: it was spent on another reservation
    quoted_at: Mapped[datetime]
    payout: Mapped[Decimal] = mapped_column(Money)  # 0 for a trial
    currency: Mapped[str]
    credits: Mapped[int | None]  # what the guest paid: credits, or
    price: Mapped[Decimal | None] = mapped_column(Money)  # money, where it was sold à la carte
    state: Mapped[ReservationState] = mapped_column(Word(ReservationState))
    refusal: Mapped[Refusal | None] = mapped_column(Word(Refusal))
    words: Mapped[str | None]  # the platform's own, scrubbed
    platform_id: Mapped[str | None]  # the platform's reservation; None: none yet, or the platform books for nobody
    on_ledger: Mapped[bool]  # the platform can't book: it stands on our ledger, and the studio was told
    requested_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    entered_at: Mapped[datetime | None]  # when it was seen that the studio had entered it; of what is on our ledger
    cancel_asked_at: Mapped[datetime | None]  # decides early or late, whenever the platform carries it out
    cancelled_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]  # when its state last changed
    look_at: Mapped[datetime | None]  # when to ask the platform (again) what became of it; None: nothing is open
    looks: Mapped[int] = mapped_column(default=0)


class ChannelOffer(Base):
    """What of a session is on offer at all marketplaces together, as the change feed tells it: the latest state only.

    Each change takes the next position, in the transaction that caused it, so whoever has read up to a position has
    missed nothing before it, and catching up never costs more than one row a session.
    """

    __tablename__ = "channel_offer"
    __table_args__ = (UniqueConstraint("position"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("class_session.id"), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    position: Mapped[int]
    changed_at: Mapped[datetime]
    spots: Mapped[int]
    rate: Mapped[Decimal | None] = mapped_column(Money)  # None: nothing of this kind is on offer
    premium_spots: Mapped[int]
    premium_rate: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str]


class ChannelPosition(Base):
    """The last position given: one row, the last thing a transaction locks, so positions become visible in order."""

    __tablename__ = "channel_position"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class ChannelMessage(Base):
    """A message to a marketplace, kept until it took it: the same id at every try."""

    __tablename__ = "channel_message"
    __table_args__ = (UniqueConstraint("message_id"), Index(None, "next_try_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    marketplace_id: Mapped[int] = mapped_column(ForeignKey("marketplace.id"), index=True)
    message_id: Mapped[str]
    kind: Mapped[str]  # e.g. "reservation.confirmed"
    payload: Mapped[dict[str, Any]]  # no guest in it: the caller knows its reservation by its id
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]  # None: delivered, or given up
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    answer: Mapped[str | None]  # why the last try failed
