"""The shared vocabulary: what every booking platform's data becomes. Start reading here.

Knows the words of the field and nothing else: no platform, no HTTP, no database. Each record is frozen and carries the
platform's own ids as text (ids change type between a platform's endpoints). A word nobody has heard of becomes
``UNKNOWN`` and stays in the raw payload, never an exception. Times are aware UTC; money is ``Decimal`` with a currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Stream(StrEnum):
    """A kind of record that a platform can be asked for. The order is the order in which they are pulled."""

    VENUES = "venues"
    CLASS_TYPES = "class_types"
    PRICES = "prices"
    CLIENTS = "clients"
    SESSIONS = "sessions"
    RESERVATIONS = "reservations"
    SALES = "sales"


class Channel(StrEnum):
    """Where a reservation was made. Told by a mapping the studio confirms, never guessed (GL-03)."""

    DIRECT = "direct"  # the studio's own website, app, front desk
    MARKETPLACE = "marketplace"  # the marketplace that this adapter serves
    THIRD_PARTY = "third_party"  # another integrator
    UNKNOWN = "unknown"  # the studio has not said yet


class Product(StrEnum):
    """What a marketplace reservation was sold as; absent off the marketplace."""

    STANDARD = "standard"
    PREMIUM = "premium"
    A_LA_CARTE = "a_la_carte"
    TRIAL = "trial"


class SessionStatus(StrEnum):
    """Whether a session takes place."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What became of a reservation, in the platform's own books."""

    BOOKED = "booked"  # holds a place; nothing else is known yet
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    LATE_CANCELLED = "late_cancelled"
    CANCELLED = "cancelled"  # cancelled early, or vanished from a complete roster
    DENIED = "denied"  # turned away at the desk
    UNKNOWN = "unknown"


ACTIVE_OUTCOMES = frozenset({Outcome.BOOKED, Outcome.ATTENDED, Outcome.NO_SHOW, Outcome.UNKNOWN})
"""Outcomes under which a reservation takes up a place."""


class BookingTime(StrEnum):
    """How the time of booking is known."""

    PLATFORM = "platform"  # the platform gives it
    WEBHOOK = "webhook"  # from the event that announced the booking
    FIRST_SEEN = "first_seen"  # when we first saw the reservation: an upper bound
    UNKNOWN = "unknown"  # first seen long after the session (a backfill): not a booking time at all


class PriceKind(StrEnum):
    """What a price option sells."""

    DROP_IN = "drop_in"  # one reservation
    PACKAGE = "package"  # a fixed number of reservations
    MEMBERSHIP = "membership"  # a recurring plan, limited or not
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A place where classes are offered."""

    external_id: str
    name: str
    timezone: str  # IANA name
    currency: str  # ISO 4217
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassType:
    """What is taught: the class as the studio advertises it."""

    external_id: str
    name: str
    category: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One class at one time in one venue."""

    external_id: str
    venue_id: str
    class_type_id: str
    template_id: str | None  # the recurring slot that it is an instance of
    instructor_id: str | None
    starts_at: datetime
    ends_at: datetime
    capacity: int | None  # places in all; None: the platform did not say, which is never 0 and never infinite
    online_capacity: int | None = (
        None  # places that may be booked online, with SPOTS_READ by us; 0: none; None: not said
    )
    booked: int | None = None  # places taken, by the platform's own count
    booked_online: int | None = None
    waitlisted: int = 0
    status: SessionStatus = SessionStatus.SCHEDULED
    hidden: bool = False  # not shown to the public
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A person as the platform knows them. ``external_id`` never changes; ``public_id`` may."""

    external_id: str
    public_id: str | None = None
    email: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A place taken, or once taken, in a session."""

    external_id: str
    session_id: str
    client_id: str | None
    source: str  # how it was booked, in the platform's own words; the studio maps these to a channel
    outcome: Outcome
    guest_email: str | None = None  # where the platform keeps the address on the reservation
    booked_at: datetime | None = None
    booked_at_source: BookingTime = BookingTime.UNKNOWN
    cancelled_at: datetime | None = None
    purchase_id: str | None = None  # the purchase that paid for it
    price_option_id: str | None = None
    seats: int = 1
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One line of a sale."""

    external_id: str
    sale_id: str
    client_id: str | None  # the client's public id where a platform's sales know no other
    sold_at: datetime
    description: str
    currency: str
    quantity: int
    net: Decimal  # before tax, after discount; negative for a refund
    tax: Decimal
    price_option_id: str | None = None
    purchase_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOption:
    """A price at which the studio sells directly."""

    external_id: str
    name: str
    kind: PriceKind
    price: Decimal  # before tax
    currency: str
    sessions: int | None = None  # None: unlimited or not said
    intro_only: bool = False
    hidden: bool = False  # not sold online, or discontinued
    class_type_ids: tuple[str, ...] = ()  # empty: any


Record = Venue | ClassType | Session | Client | Reservation | SaleLine | PriceOption

RECORD_OF: Mapping[Stream, type[Any]] = {
    Stream.VENUES: Venue,
    Stream.CLASS_TYPES: ClassType,
    Stream.PRICES: PriceOption,
    Stream.CLIENTS: Client,
    Stream.SESSIONS: Session,
    Stream.RESERVATIONS: Reservation,
    Stream.SALES: SaleLine,
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A record and the payload it was read from, as received (the store redacts it before keeping it)."""

    record: Any  # one of Record
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A payload that made no record: kept with the reason, the rest goes on."""

    stream: Stream
    external_id: str | None
    reason: str  # in words that a studio understands, with the field and its value
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought.

    ``final`` marks the last page of a complete answer: only then may what is absent be taken as deleted.
    """

    items: tuple[Fetched, ...]
    set_aside: tuple[SetAside, ...] = ()
    final: bool = False
    total: int | None = None  # how many the platform says there are in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What we want the platform to sell of one session through the marketplace: absolute, whole, repeatable.

    A limit counts the reservations already made through it, so a booking that crosses the push cannot be sold twice.
    """

    session_id: str  # the platform's id
    sequence: int  # higher wins
    limit: int  # standard marketplace reservations in all
    rate: Decimal
    premium_limit: int  # premium ones in all
    premium_rate: Decimal | None
    currency: str

    @property
    def total(self) -> int:
        """Marketplace reservations in all: the limit where a platform knows no premium ones."""
        return self.limit + self.premium_limit


class BookingEvent(StrEnum):
    """What a webhook said had happened to a reservation."""

    MADE = "made"
    CANCELLED = "cancelled"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a webhook tells us to look at. Never data: the mirror is filled by pulling (there is one way in)."""

    site: str
    stream: Stream
    external_id: str | None = None  # of the record concerned; for reservations, the session's id is in session_id
    session_id: str | None = None
    absorbed_id: str | None = None  # a client that is no more: its history belongs to ``external_id``
    template_id: str | None = None  # of the recurring slot concerned: its sessions, as far as they are known
    booking: BookingEvent | None = None
    occurred_at: datetime | None = None  # the one fact taken from an event where the API has none: time of booking


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A verified webhook message."""

    message_id: str
    event: str
    hints: tuple[Hint, ...]
