"""The plan of a simulated studio: all that is decided before its market begins to move.

Knows shapes and defaults; the studios themselves are in ``studios`` and ``history``, the draws in ``demand``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A recurring block of the timetable; one ``ClassSchedule`` in the books."""

    name: str  # the class as advertised
    category: str
    start: time  # local
    minutes: int
    days: tuple[int, ...]  # Monday is 0
    location: int = 0  # index into the studio's locations
    teacher: int = 0  # index into its teachers
    capacity: int | None
    web_capacity: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One weekday of a block, with the demand that it meets. The same for every week but for season, day and chance."""

    block: int  # index into the studio's blocks
    day: int
    demand: float  # mean number of direct bookings made in an average week, cancelled ones included
    regulars: float = 0.3  # the share of them made by people who nearly always come
    late: float = 0.37  # the share decided within the last hours
    market: float = 3.0  # mean number of marketplace users who look for this class and could go
    wtp: float = 15.0  # the rate at which half of them would book
    recurs: bool = True  # held every week
    allotment: int = 0  # spots given to the marketplace by hand, before there are offers


@dataclass(frozen=True, slots=True, kw_only=True)
class PastClass:
    """A class that is known to have been held, with the number who had booked it in the end."""

    slot: int
    day: date  # local
    capacity: int
    booked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a studio is."""

    name: str
    address: str
    city: str
    state: str
    postal_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marketplace:
    """How the marketplace's users look upon a studio."""

    users: int = 900  # who might ever come
    wtp_scale: float = 2.6  # spread of what they would pay, as a logistic scale
    legacy_rate: Decimal = Decimal("10.00")  # what it paid under the allotments of before
    known: float = 0.06  # the share of its users who are the studio's clients already
    returning: float = 0.12  # the share of first-time visitors who come back directly


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioPlan:
    """A studio to simulate. ``weeks`` of history; ``past``, where given, is that history and is kept to exactly."""

    site: int
    name: str
    timezone: str
    currency: str
    country: str
    tax_rate: Decimal
    drop_in: Decimal
    places: tuple[Place, ...]
    teachers: tuple[str, ...]
    blocks: tuple[Block, ...]
    slots: tuple[Slot, ...]
    people: int  # direct clients over the whole time
    weeks: int = 52
    past: tuple[PastClass, ...] = ()
    southern: bool = False  # seasons are half a year off
    marks_no_shows: bool = True  # some studios sign people in and never mark who stayed away
    marketplace: Marketplace = field(default_factory=Marketplace)
