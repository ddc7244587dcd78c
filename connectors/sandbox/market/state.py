"""What a booking platform's books hold: the records of one studio's site.

Knows the fields and nothing of how they come about. Records are mutable: a platform's books are written in place.
Instants are aware UTC; what is local to the site says so in its name. Money is ``Decimal`` in the site's currency.
Integers are the platform's ids; a client has an unchangeable integer and a text id that the studio may change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum


@dataclass(slots=True, kw_only=True)
class Location:
    """A place where classes are held."""

    id: int
    name: str
    address: str
    city: str
    state: str
    postal_code: str
    country: str  # ISO 3166 alpha-2
    tax_rate: Decimal  # a share: 0.08 is 8 %


@dataclass(slots=True, kw_only=True)
class Staff:
    """A teacher."""

    id: int
    first_name: str
    last_name: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(slots=True, kw_only=True)
class Program:
    """A service category: what a pricing option pays for."""

    id: int
    name: str
    cancel_offset: int  # minutes before the start after which a cancellation is late


@dataclass(slots=True, kw_only=True)
class SessionType:
    """A kind of session within a program."""

    id: int
    name: str
    program_id: int
    minutes: int


@dataclass(slots=True, kw_only=True)
class ClassDescription:
    """What is taught, as the studio advertises it."""

    id: int
    name: str
    category: str
    session_type_id: int
    description: str
    last_updated: datetime
    active: bool = True


@dataclass(slots=True, kw_only=True)
class ClassSchedule:
    """A recurring block: the same class on the same weekdays at the same local time."""

    id: int
    description_id: int
    location_id: int
    staff_id: int
    days: frozenset[int]  # Monday is 0
    start_time: time  # local
    end_time: time  # local
    start_date: date  # local
    end_date: date  # local, included
    max_capacity: int | None
    web_capacity: int | None
    waitlist_capacity: int
    active: bool = True


@dataclass(slots=True, kw_only=True)
class ClassInstance:
    """One class at one time. ``starts_local`` and ``ends_local`` are the same instants, naive, on the site's clock."""

    id: int
    schedule_id: int
    description_id: int
    location_id: int
    staff_id: int
    starts_at: datetime
    ends_at: datetime
    starts_local: datetime
    ends_local: datetime
    max_capacity: int | None  # None: the studio has set none
    web_capacity: int | None  # None: no limit of its own for online booking
    waitlist_capacity: int
    last_modified: datetime
    cancelled: bool = False
    hidden: bool = False
    substitute: bool = False


@dataclass(slots=True, kw_only=True)
class Visit:
    """A booking in a class, whatever became of it.

    An early cancellation takes it off the roster (``cancelled_at`` set, ``late_cancelled`` false); a late one stays.
    A comped visit, or one moved up from the waiting list without a pass, has neither a purchase nor a product.
    """

    id: int
    class_id: int
    client_id: int  # Client.unique_id
    booked_at: datetime
    web_signup: bool
    last_modified: datetime
    product_id: int | None = None  # the pricing option that paid
    client_service_id: int | None = None  # the client's purchase of it
    cancelled_at: datetime | None = None
    late_cancelled: bool = False
    signed_in: bool = False
    missed: bool = False
    waitlist_entry_id: int | None = None  # set where it came from the waiting list
    rate: Decimal | None = None  # what the marketplace pays the studio: in no platform's books, known to the simulation
    premium: bool = False  # likewise: sold as a premium spot

    @property
    def active(self) -> bool:
        """Whether it takes up a place."""
        return self.cancelled_at is None

    @property
    def on_roster(self) -> bool:
        """Whether the platform still shows it on the class's roster."""
        return self.cancelled_at is None or self.late_cancelled


@dataclass(slots=True, kw_only=True)
class WaitlistEntry:
    """A client waiting for a place."""

    id: int
    class_id: int
    client_id: int
    requested_at: datetime
    web: bool
    removed_at: datetime | None = None
    visit_id: int | None = None  # the visit it became


@dataclass(slots=True, kw_only=True)
class Client:
    """A person in the studio's books."""

    unique_id: int  # never changes
    id: str  # may be changed by the studio (a new card's barcode)
    first_name: str
    last_name: str
    email: str | None  # missing, a placeholder or shared with another client, as in life
    created_at: datetime
    last_modified: datetime
    active: bool = True
    status: str = "Active"
    merged_into: int | None = None  # the client kept, where this one was merged away


class OptionKind(StrEnum):
    """What a pricing option sells."""

    DROP_IN = "Drop-in"
    SERIES = "Series"
    UNLIMITED = "Unlimited"


class Seller(StrEnum):
    """Who sells a pricing option: the studio itself, the marketplace, another integrator."""

    STUDIO = "studio"
    MARKETPLACE = "marketplace"
    THIRD_PARTY = "third_party"


@dataclass(slots=True, kw_only=True)
class PricingOption:
    """Something a client can pay a visit with."""

    product_id: int
    barcode_id: str
    name: str
    kind: OptionKind
    price: Decimal  # at the desk, before tax
    online_price: Decimal
    count: int | None  # visits; None: unlimited
    program_id: int
    days: int  # valid for so long after the purchase
    seller: Seller = Seller.STUDIO
    intro: bool = False
    sell_online: bool = True
    discontinued: bool = False
    membership_id: int | None = None


@dataclass(slots=True, kw_only=True)
class ClientService:
    """A purchase of a pricing option by a client: what pays for visits."""

    id: int
    product_id: int
    client_id: int
    name: str
    bought_at: datetime
    active_on: date  # local
    expires_on: date  # local
    count: int | None  # None: unlimited
    remaining: int | None
    sale_id: int | None  # None: nothing was sold at the studio (a third party's pass)
    returned: bool = False


@dataclass(slots=True, kw_only=True)
class SaleItem:
    """A line of a sale."""

    id: int
    product_id: int
    barcode_id: str
    description: str
    unit_price: Decimal
    quantity: int  # negative: a return
    discount: Decimal
    tax: Decimal
    client_service_id: int | None
    returned: bool = False

    @property
    def total(self) -> Decimal:
        """What the client paid for it, tax included."""
        return self.unit_price * self.quantity - self.discount + self.tax


@dataclass(slots=True, kw_only=True)
class Sale:
    """A purchase at the studio, at the desk or online."""

    id: int
    client_id: int
    sold_at: datetime
    location_id: int
    web: bool
    payment: str  # how it was paid
    items: list[SaleItem] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """What was paid, tax included."""
        return sum((item.total for item in self.items), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the marketplace may sell of one class. Limits count the active reservations already made through it."""

    class_id: int
    sequence: int
    limit: int
    rate: Decimal
    premium_limit: int
    premium_rate: Decimal | None
    currency: str
    held_since: datetime
