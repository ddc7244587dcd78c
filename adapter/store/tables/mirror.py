"""The mirror: what the platforms hold, one row a record, keyed by (connection, the platform's id).

Every mirrored row keeps the payload it was read from, redacted, with the time it was fetched and the hash of what is
kept. An unchanged payload writes nothing. E-mail addresses live in ``email_address`` and nowhere else.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Json, Money, Sealed, Word
from connectors.records import BookingTime, Channel, Outcome, PriceKind, SessionStatus


class Mirrored:
    """What every mirrored row has. A row that vanished at the platform stays, with ``gone_at`` set."""

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-10)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), sort_order=-9)
    external_id: Mapped[str] = mapped_column(sort_order=-8)
    raw: Mapped[dict[str, Any]] = mapped_column(Json, sort_order=90)
    content_hash: Mapped[str] = mapped_column(sort_order=91)
    fetched_at: Mapped[datetime] = mapped_column(sort_order=92)
    gone_at: Mapped[datetime | None] = mapped_column(sort_order=93)


class Venue(Mirrored, Base):
    """A place where classes are offered."""

    __tablename__ = "venue"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    name: Mapped[str]
    timezone: Mapped[str]
    currency: Mapped[str]
    city: Mapped[str | None]
    country: Mapped[str | None]


class ClassType(Mirrored, Base):
    """What is taught."""

    __tablename__ = "class_type"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    name: Mapped[str]
    category: Mapped[str | None]
    hidden: Mapped[bool]


class Session(Mirrored, Base):
    """One class at one time. Refers to venue and class type by the platform's ids."""

    __tablename__ = "class_session"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index(None, "connection_id", "starts_at"),
        Index(None, "connection_id", "template_id"),
        Index(None, "connection_id", "gone_at", "starts_at"),
    )

    venue_id: Mapped[str]  # the platform's id
    class_type_id: Mapped[str]  # the platform's id
    template_id: Mapped[str | None]
    instructor_id: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str]  # the venue's when the session was first seen (EC-45)
    capacity: Mapped[int | None]
    online_capacity: Mapped[int | None]
    booked: Mapped[int | None]
    booked_online: Mapped[int | None]
    waitlisted: Mapped[int]
    status: Mapped[SessionStatus] = mapped_column(Word(SessionStatus))
    hidden: Mapped[bool]
    updated_at: Mapped[datetime | None]
    roster_mark: Mapped[str | None]  # what the session said when its roster was last read whole: unchanged, not due
    roster_read_at: Mapped[datetime | None]


class EmailAddress(Base):
    """The only place where addresses are kept: sealed, with a keyed hash of the normalised form for matching."""

    __tablename__ = "email_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    keyed_hash: Mapped[str] = mapped_column(unique=True)
    address: Mapped[bytes | None] = mapped_column(Sealed)  # None: erased, the key stays (EC-17)
    first_seen_at: Mapped[datetime]


class Client(Mirrored, Base):
    """A person as one platform knows them."""

    __tablename__ = "client"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"), Index(None, "email_id"))

    public_id: Mapped[str | None]
    email_id: Mapped[int | None] = mapped_column(ForeignKey("email_address.id"))  # None: none or a placeholder
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    active: Mapped[bool]


class ClientEmail(Base):
    """The addresses a client was known under, and since when (EC-13). ``since`` None: from the beginning."""

    __tablename__ = "client_email"
    __table_args__ = (UniqueConstraint("client_id", "email_id", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    email_id: Mapped[int] = mapped_column(ForeignKey("email_address.id"))
    since: Mapped[datetime | None]


class ClientMerge(Base):
    """Two clients that the platform made one: the history of the lost one is the kept one's (EC-14). Never undone."""

    __tablename__ = "client_merge"
    __table_args__ = (UniqueConstraint("connection_id", "lost_id"), Index(None, "connection_id", "kept_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    lost_id: Mapped[str]  # the platform's id of the client that is no more
    kept_id: Mapped[str]  # the platform's id; may be lost itself in a later merge
    merged_at: Mapped[datetime]


class Reservation(Mirrored, Base):
    """A place taken, or once taken. Its channel is what the studio's mapping makes of ``source``."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index(None, "connection_id", "session_id"),
        Index(None, "connection_id", "client_id"),
        Index(None, "connection_id", "source"),
    )

    session_id: Mapped[str]  # the platform's id
    client_id: Mapped[str | None]  # the platform's id
    guest_email_id: Mapped[int | None] = mapped_column(ForeignKey("email_address.id"))
    source: Mapped[str]
    outcome: Mapped[Outcome] = mapped_column(Word(Outcome))
    booked_at: Mapped[datetime | None]
    booked_at_source: Mapped[BookingTime] = mapped_column(Word(BookingTime))
    cancelled_at: Mapped[datetime | None]
    purchase_id: Mapped[str | None]
    price_option_id: Mapped[str | None]
    seats: Mapped[int]
    updated_at: Mapped[datetime | None]
    rate: Mapped[Decimal | None] = mapped_column(Money)  # what was on offer when it was booked (SR-09)


class SaleLine(Mirrored, Base):
    """One line of a sale."""

    __tablename__ = "sale_line"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index(None, "connection_id", "sold_at"),
    )

    sale_id: Mapped[str]
    client_id: Mapped[str | None]
    sold_at: Mapped[datetime]
    description: Mapped[str]
    currency: Mapped[str]
    quantity: Mapped[int]
    net: Mapped[Decimal] = mapped_column(Money)
    tax: Mapped[Decimal] = mapped_column(Money)
    price_option_id: Mapped[str | None]
    purchase_id: Mapped[str | None]


class PriceOption(Mirrored, Base):
    """A price at which the studio sells directly."""

    __tablename__ = "price_option"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    name: Mapped[str]
    kind: Mapped[PriceKind] = mapped_column(Word(PriceKind))
    price: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str]
    sessions: Mapped[int | None]
    intro_only: Mapped[bool]
    hidden: Mapped[bool]
    class_type_ids: Mapped[list[Any]]


class Quarantine(Base):
    """A record that could not be read: kept with the reason, shown to the studio, tried again when it changes."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("connection_id", "stream", "content_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    stream: Mapped[str]
    external_id: Mapped[str | None]
    reason: Mapped[str]
    raw: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    first_seen_at: Mapped[datetime]


class BookingNotice(Base):
    """When a reservation was made, from the event that announced it: kept until its roster is read, and after.

    The one fact taken from an event; where two events disagree, the earliest holds.
    """

    __tablename__ = "booking_notice"
    __table_args__ = (UniqueConstraint("connection_id", "reservation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    reservation_id: Mapped[str]  # the platform's id
    made_at: Mapped[datetime]


class FirstBooking(Base):
    """A person's first reservation ever at a studio, by e-mail (GI-02): brought up to date at each sync.

    ``booked_at`` is the instant that decided, the session's start where the booking time is unknown (``exact`` False).
    """

    __tablename__ = "first_booking"
    __table_args__ = (UniqueConstraint("studio_id", "email_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"))
    email_id: Mapped[int] = mapped_column(ForeignKey("email_address.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservation.id"))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    booked_at: Mapped[datetime]
    exact: Mapped[bool]
    tie: Mapped[bool]  # another channel had a reservation at the same instant (EC-06)
