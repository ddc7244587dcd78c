"""The registry: every number that opens into its records. One line a number; a page names it and shows it as a link."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from adapter.lineage import counts, money, places
from adapter.lineage.asking import Asked, Leaf, Leaves
from adapter.marketplace.payouts.view import Shown
from adapter.people.permissions import Act
from connectors.records import Channel


class Of(StrEnum):
    """What a number is about."""

    STUDIO = "studio"
    SESSION = "session"
    CONNECTION = "connection"


class Unit(StrEnum):
    """How a number is written."""

    COUNT = "count"
    MONEY = "money"  # in the studio's currency


@dataclass(frozen=True, slots=True)
class Number:
    """One number: its name on the page, and the question for the records it is the sum of."""

    label: str
    of: Of
    leaves: Leaves
    unit: Unit = Unit.COUNT
    act: Act = Act.SEE_RECORDS  # what else it takes to open it


def _of_statement(label: str, *amounts: tuple[str, int]) -> Number:
    """A total of the guarantee: over its lines, these of their fields, each with its sign."""
    return Number(label, Of.STUDIO, money.lines_of(*amounts), Unit.MONEY, Act.SEE_GUARANTEE)


def _of_ledger(label: str, part: Callable[[Shown], int]) -> Number:
    """A total of the payout ledger, over its places."""
    return Number(label, Of.STUDIO, money.payouts_of(part), Unit.MONEY, Act.SEE_PAYOUTS)


PAYOUT, SWITCHERS, TAX = ("payout", 1), ("switcher_revenue", 1), ("tax", 1)
NUMBERS: Mapping[str, Number] = {
    # The calendar
    "calendar.classes": Number("Classes", Of.STUDIO, places.classes),
    "calendar.marketplace": Number("Marketplace bookings so far", Of.STUDIO, places.places_of(Channel.MARKETPLACE)),
    "calendar.taken": Number("Places taken", Of.STUDIO, places.places_of(*Channel)),
    "calendar.capacity": Number("Places in all", Of.STUDIO, places.capacity),
    "calendar.listed": Number("Spots listed", Of.STUDIO, places.listed),
    "calendar.value": Number("Expected to bring", Of.STUDIO, places.value, Unit.MONEY),
    # One class
    "session.direct": Number("Direct bookings", Of.SESSION, places.places_of(Channel.DIRECT)),
    "session.marketplace": Number("Marketplace bookings", Of.SESSION, places.places_of(Channel.MARKETPLACE)),
    "session.third_party": Number("Bookings of other marketplaces", Of.SESSION, places.places_of(Channel.THIRD_PARTY)),
    "session.unknown": Number("Bookings not mapped", Of.SESSION, places.places_of(Channel.UNKNOWN)),
    "session.listed": Number("Spots listed", Of.SESSION, places.listed),
    "session.kept": Number("Places kept", Of.SESSION, places.kept),
    "session.capacity": Number("Places in all", Of.SESSION, places.capacity),
    "session.value": Number("Expected to bring", Of.SESSION, places.value, Unit.MONEY),
    # A connection
    "connection.set_aside": Number("Records set aside", Of.CONNECTION, counts.set_aside),
    "connection.classes_ahead": Number("Classes ahead", Of.CONNECTION, counts.classes_ahead),
    "connection.events_today": Number("Events today", Of.CONNECTION, counts.events_today),
    "connection.calls_today": Number("Calls today", Of.CONNECTION, counts.calls_today),
    # The studio's first page
    "today.classes": Number("Decided classes of the next two days", Of.STUDIO, places.soon_classes),
    "today.listed": Number("Spots on offer in the next two days", Of.STUDIO, places.soon_listed),
    "today.value": Number("Expected to bring in the next two days", Of.STUDIO, places.soon_value, Unit.MONEY),
    # The payout ledger
    "payouts.amount": _of_ledger("Payouts", lambda place: place.amount),
    "payouts.studio": _of_ledger("Your part of the payouts", lambda place: place.amount - place.franchisor),
    "payouts.franchisor": _of_ledger("The franchisor's part", lambda place: place.franchisor),
    # The guarantee
    "guarantee.payouts": _of_statement("Payouts", PAYOUT),
    "guarantee.switchers": _of_statement("What Switchers spend directly", SWITCHERS),
    "guarantee.taxes": _of_statement("Taxes", TAX),
    "guarantee.revenue": _of_statement("ClassPass Revenue", PAYOUT, SWITCHERS, TAX),
    "guarantee.lost": _of_statement("Lost Revenue", ("lost_revenue", 1)),
    "guarantee.incremental": _of_statement("Incremental", PAYOUT, SWITCHERS, TAX, ("lost_revenue", -1)),
}
"""Every number that is offered, by the name that a page calls it by."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A number with its leaves."""

    number: Number
    leaves: Sequence[Leaf]

    @property
    def total(self) -> Decimal:
        """Their sum: the number."""
        return sum((leaf.adds for leaf in self.leaves), Decimal(0))


def open_number(name: str, asked: Asked) -> Opened:
    """The number with the records it is the sum of. KeyError where there is none of this name."""
    number = NUMBERS[name]
    return Opened(number, number.leaves(asked))
