"""What is owed for the marketplace places that the mirror holds, by the rules of the guarantee and the quotes.

Reads the mirror and what the studio agreed; decides nothing. A place whose quote is not known is owed nothing that
could be said: it is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session as Db

from adapter.guarantee.periods import local_date
from adapter.guarantee.qualifying import Verdict, cutoff, verdicts
from adapter.guarantee.reading_case import read_reservations
from adapter.guarantee.readings import read_readings
from adapter.guarantee.terms import SETTLES_AFTER, TERMS
from adapter.marketplace.payouts.owed import Account, Owed, owed_for
from adapter.marketplace.payouts.quotes import quote_of
from adapter.marketplace.payouts.shares import Shares, shares_of
from adapter.statements.case import terms_of, usual_cutoff
from adapter.statements.gaps import Gaps
from adapter.statements.reservations import Mirrored, key, reservations_of, rows_of, seat_key, tax_rate
from adapter.store.tables import ChannelReservation, Participation, Reservation, Session, SourceMapping, Studio, Venue
from connectors.records import Channel

TAX_DIGITS = Decimal("0.000001")  # as finely as a rate is kept


class Seat(NamedTuple):
    """A place: a reservation's row, and which of its seats, from 1 on."""

    reservation_id: int
    seat: int


@dataclass(frozen=True)
class Booked:
    """A place as the mirror has it; ``owed`` None: its quote is not known."""

    number: str  # our id of the place, as a statement has it
    made: Reservation
    sold: ChannelReservation | None
    held: Session
    venue: Venue
    verdict: Verdict
    settled: bool
    owed: Owed | None

    @property
    def day(self) -> date:
        """Of the class, at its venue (GP-07)."""
        return local_date(self.held.starts_at, self.held.timezone)


@dataclass(frozen=True)
class Rules:
    """Under which rules a studio's payouts are worked out."""

    studio: Studio
    until: timedelta  # before its start a cancellation is early
    usual: timedelta  # the same, where a cancellation has no time
    taxes: Mapping[str, str]
    shares: Shares


def rules_of(db: Db, studio_id: int) -> Rules:
    """The rules as they stand: the same that the guarantee goes by."""
    return rules_from(db.get_one(Studio, studio_id), terms_of(db, studio_id), shares_of(db, studio_id))


def rules_from(studio: Studio, part: Participation, shares: Shares) -> Rules:
    """The rules that follow from the terms under which a studio is, and the franchisor's shares."""
    until = cutoff(part.cancellation_policy_hours, TERMS[part.terms], read_readings(part.readings))
    return Rules(studio, until, usual_cutoff(part), part.tax_rates, shares)


def booked_in(db: Db, rules: Rules, sessions: Collection[int], now: datetime) -> dict[Seat, Booked]:
    """The marketplace places of these sessions, by our ids of them; of a session all, or who rebooked whom is lost."""
    mine = Session.id.in_(sessions), SourceMapping.channel == Channel.MARKETPLACE
    return judged(reservations_of(db, rules.studio.id, now, Gaps(), *mine), rules, now)


def judged(found: Sequence[Mirrored], rules: Rules, now: datetime) -> dict[Seat, Booked]:
    """What is owed for marketplace places, which are all of their classes."""
    rows = list(rows_of(found, now, rules.usual, Gaps(), rules.taxes))
    verdict = verdicts(read_reservations(rows), rules.until)
    return {
        Seat(each.made.id, seat): _booked(each, seat, verdict, rules, now)
        for each in found
        for seat in range(1, max(each.made.seats, 1) + 1)
    }


def _booked(each: Mirrored, seat: int, judgements: Mapping[str, Verdict], rules: Rules, now: datetime) -> Booked:
    number, quote = seat_key(each.key, seat), quote_of(each.made, each.sold)
    verdict, settled = judgements[number], now - each.held.starts_at >= SETTLES_AFTER
    owed = None
    if quote is not None:
        account = _account(each, rules)
        owed = owed_for(quote, verdict, account, rules.shares.on(each.venue.id, account.day))
    return Booked(number, each.made, each.sold, each.held, each.venue, verdict, settled, owed)


def _account(each: Mirrored, rules: Rules) -> Account:
    tax = tax_rate(rules.taxes, key(each.made.connection_id, each.held.venue_id)).quantize(TAX_DIGITS)
    day = local_date(each.held.starts_at, each.held.timezone)
    return Account(each.held.id, day, each.venue.currency or rules.studio.currency, tax)
