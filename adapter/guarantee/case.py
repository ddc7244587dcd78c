"""The facts of a case, typed: what `reading_case` makes of the JSON. Frozen; amounts exact, times in UTC.

Knows the words of the interface and no rule. Where the interface says ``from``, it is ``since`` here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from adapter.guarantee.readings import Readings
from adapter.guarantee.terms import Terms

NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Business:
    """Whose guarantee it is."""

    id: str
    currency: str
    timezone: str  # for what belongs to no venue
    cancellation_policy_hours: int
    sign_up: str
    platform: str
    owes: Fraction | None = None
    history_from: date | None = None


@dataclass(frozen=True, slots=True)
class Venue:
    """A place where classes are offered."""

    id: str
    timezone: str
    currency: str | None = None  # None: the business's
    opened_on: date | None = None


@dataclass(frozen=True, slots=True)
class Participation:
    """Whether, and since when, the business takes part."""

    acknowledged_at: datetime | None
    earlier_participation: bool
    displayed_start_date: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An interval in which a requirement was met; ``until`` None: still."""

    requirement: str
    since: datetime
    until: datetime | None
    venue_id: str | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A requirement that was waived in writing."""

    requirement: str
    reference: str
    agreed_by: str


@dataclass(frozen=True, slots=True)
class Breach:
    """What makes the guarantee void; a person's recorded judgement."""

    kind: str
    at: datetime
    reason: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Address:
    """What a client was known under: an address, or the key that is left of an erased one."""

    email: str | None = None
    key: str | None = None
    since: datetime | None = None  # None: from the beginning


@dataclass(frozen=True, slots=True)
class Client:
    """One client of one platform."""

    client_id: str
    emails: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Clients whom the platform has merged into one person."""

    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Funding:
    """How a direct reservation was paid."""

    kind: str  # drop_in, package, membership, free
    price: Fraction = NOTHING  # of a drop-in
    refunded: Fraction | None = None
    purchase_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place taken, or once taken."""

    id: str
    client_id: str
    venue_id: str
    class_id: str
    class_type: str
    channel: str
    product: str | None
    booked_at: datetime | None
    starts_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    outcome: str
    payout: Fraction | None
    tax: Fraction
    funding: Funding | None
    rebooked_by: str | None = None
    timezone: str | None = None  # the venue's when the class was created, if it has changed (EC-45)
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """A package, or one cycle of a membership."""

    id: str
    client_id: str
    kind: str
    price: Fraction
    sessions: int | None  # None: unlimited
    bought_at: datetime
    currency: str | None = None  # None: the business's
    bonus_sessions: int | None = None
    cycle_from: date | None = None
    cycle_until: date | None = None
    refunded: Fraction | None = None
    refunded_sessions: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A direct price, and the dates on which it held (last day included; None: still)."""

    id: str
    class_type: str
    venue_id: str
    kind: str
    price: Fraction
    since: date
    until: date | None
    sessions: int | None = None
    intro_only: bool | None = None
    hidden: bool | None = None
    unlimited: bool | None = None
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """One ``base`` is ``rate`` ``to``."""

    base: str
    to: str
    date: date
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Case:
    """Everything an assessment knows."""

    case_version: int
    as_of: datetime
    terms: Terms
    business: Business
    venues: tuple[Venue, ...]
    participation: Participation
    eligibility: tuple[Held, ...]
    people: tuple[Client, ...]
    reservations: tuple[Reservation, ...]
    purchases: tuple[Purchase, ...]
    pricing: tuple[Price, ...]
    readings: Readings
    waivers: tuple[Waiver, ...]
    breaches: tuple[Breach, ...]
    merges: tuple[Merge, ...]
    fx: tuple[ExchangeRate, ...]
