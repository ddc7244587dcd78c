"""The reservations of a studio as a case has them: what the mirror holds, in the words of the guarantee.

The payout is that of its quote, which the payout ledger takes too (SR-12). Ids are a connection's and the platform's
own, so that a line leads to its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.marketplace.payouts.owed import TRIAL, Quote
from adapter.marketplace.payouts.quotes import quote_of
from adapter.statements.gaps import Gaps
from adapter.store.belonging import its_session, its_venue
from adapter.store.meaning import meaning
from adapter.store.selling import same_place
from adapter.store.tables import ChannelReservation, Connection, Reservation, Session, SourceMapping, Venue
from adapter.store.tenancy import row_id
from connectors.records import Channel, Outcome, SessionStatus

Json = dict[str, Any]
Taxes = Mapping[str, str]  # the tax on payouts, as a share, by venue
NOT_HELD = frozenset({Outcome.BOOKED, Outcome.NO_SHOW, Outcome.UNKNOWN})
"""Outcomes that say of nobody that they came."""
OF_STUDIO = ""  # the key of the rate of venues that have none of their own


@dataclass(frozen=True)
class Mirrored:
    """One reservation with its class and what its source means."""

    made: Any
    held: Any
    venue: Any
    channel: Channel
    sold: Any = None  # the reservation of the channel that it stands for, where we sold it

    @property
    def key(self) -> str:
        """Our id of it in a case."""
        return key(self.made.connection_id, self.made.external_id)


def key(connection_id: int, external_id: str) -> str:
    """A platform's id, told apart from the same one at another connection."""
    return f"{connection_id}:{external_id}"


def reservations_of(
    db: Db, studio_id: int, as_of: datetime, gaps: Gaps, *conditions: ColumnElement[bool]
) -> list[Mirrored]:
    """What had been booked by then; of that, what meets the conditions."""
    found = []
    for made, held, venue, channel, sold in db.execute(_query(studio_id, as_of).where(*conditions)):
        if held is None or venue is None:
            gaps.note("session")
        else:
            found.append(Mirrored(made, held, venue, channel or Channel.UNKNOWN, sold))
    return found


def _query(studio_id: int, as_of: datetime) -> Any:
    return (
        select(Reservation, Session, Venue, SourceMapping.channel, ChannelReservation)
        .options(defer(Reservation.raw), defer(Session.raw), defer(Venue.raw))
        .join(Connection, Connection.id == Reservation.connection_id)
        .outerjoin(Session, its_session())
        .outerjoin(Venue, its_venue())
        .outerjoin(SourceMapping, meaning())
        .outerjoin(ChannelReservation, same_place())
        .where(Connection.studio_id == studio_id)
        .where(or_(Reservation.booked_at.is_(None), Reservation.booked_at <= as_of))
        .order_by(Reservation.id)
    )


def rows_of(found: Iterable[Mirrored], as_of: datetime, cutoff: timedelta, gaps: Gaps, taxes: Taxes) -> Iterator[Json]:
    """The reservations as JSON, all but what paid for them; each seat beyond the first is a guest's (EC-47)."""
    for each in found:
        row = _row(each, as_of, cutoff, gaps, taxes)
        yield row
        for seat in range(2, each.made.seats + 1):
            number = seat_key(row["id"], seat)
            yield {**row, "id": number, "client_id": number, "funding": None}


def seat_key(reservation: str, seat: int) -> str:
    """Our id of one seat of a reservation: the first has the reservation's own."""
    return reservation if seat == 1 else f"{reservation}#{seat}"


def record_of(db: Db, studio_id: int, number: str) -> Reservation | None:
    """The stored platform record behind a line; None where the studio has no such reservation."""
    told, _, external_id = number.partition("#")[0].partition(":")
    try:
        connection_id = row_id(told)
    except ValueError:
        return None
    return db.scalar(
        select(Reservation)
        .join(Connection, Connection.id == Reservation.connection_id)
        .where(
            Connection.studio_id == studio_id,
            Reservation.connection_id == connection_id,
            Reservation.external_id == external_id,
        )
    )


def client_of(made: Any) -> str:
    """Who a reservation belongs to: the address kept on it, else its client, else nobody."""
    if made.guest_email_id is not None:
        return f"guest:{made.guest_email_id}"
    if made.client_id is None:
        return f"nobody:{key(made.connection_id, made.external_id)}"
    return key(made.connection_id, made.client_id)


def _row(each: Mirrored, as_of: datetime, cutoff: timedelta, gaps: Gaps, taxes: Taxes) -> Json:
    made, held, connection = each.made, each.held, each.made.connection_id
    cancelled = _cancellation(each, as_of, cutoff, gaps)
    quote = quote_of(made, each.sold) if each.channel is Channel.MARKETPLACE else None
    payout, booked_at = _payout(each, quote, gaps), made.booked_at
    if booked_at is not None and cancelled["cancelled_at"] is not None:
        booked_at = min(booked_at, cancelled["cancelled_at"])  # first seen after it was gone: an upper bound
    row: Json = {
        "id": each.key,
        "client_id": client_of(made),
        "venue_id": key(connection, held.venue_id),
        "class_id": key(connection, held.external_id),
        "class_type": key(connection, held.class_type_id),
        "channel": each.channel.value,
        "product": quote.product if quote else None,
        "booked_at": _text(booked_at),
        "starts_at": held.starts_at.isoformat(),
        "cancelled_at": _text(cancelled["cancelled_at"]),
        "cancelled_by": cancelled["cancelled_by"],
        "outcome": cancelled["outcome"],
        "payout": payout,
        "tax": _tax(payout, tax_rate(taxes, key(connection, held.venue_id))),
        "funding": None,
        "record": made.content_hash,
    }
    return row if held.timezone == each.venue.timezone else {**row, "timezone": held.timezone}


def _payout(each: Mirrored, quote: Quote | None, gaps: Gaps) -> str | None:
    if each.channel is not Channel.MARKETPLACE:
        return None
    if quote is None:
        gaps.without_payout.add(each.key)
        return "0.00"
    return "0.00" if quote.product == TRIAL else plain(quote.rate)


def tax_rate(taxes: Taxes, venue: str) -> Decimal:
    """The tax on top of payouts (GC-04), as a share: its venue's, else the studio's; 0 where nobody set one."""
    return Decimal(taxes.get(venue, taxes.get(OF_STUDIO, "0")))


def _tax(payout: str | None, rate: Decimal) -> str:
    return plain(Decimal(payout or "0") * rate) if rate else "0.00"


def _cancellation(each: Mirrored, as_of: datetime, cutoff: timedelta, gaps: Gaps) -> Json:
    """When and by whom it was cancelled, as known by then. A class that is cancelled is the studio's doing, also where
    the platform leaves its places booked."""
    outcome, by_studio = each.made.outcome, _was_called_off(each.held)
    at = None if _vanished_late(each) else each.made.cancelled_at
    if outcome in (Outcome.CANCELLED, Outcome.LATE_CANCELLED) and at is None:
        gaps.note("cancelled_at")
        at = each.held.starts_at - (cutoff if outcome is Outcome.CANCELLED else timedelta(0))
    if at is not None and at > as_of:
        at, outcome = None, Outcome.BOOKED
    if by_studio and outcome in NOT_HELD:
        at, outcome = at or min(each.held.starts_at, as_of), Outcome.CANCELLED
    if outcome is Outcome.UNKNOWN:
        gaps.note("outcome")
        outcome = Outcome.BOOKED
    return {
        "cancelled_at": at,
        "cancelled_by": None if at is None else "studio" if by_studio else "customer",
        "outcome": outcome.value,
    }


def _vanished_late(each: Mirrored) -> bool:
    """Whether it was found missing on the roster once the class had begun: when it was cancelled, nobody knows."""
    at = each.made.cancelled_at
    return each.made.gone_at is not None and at is not None and bool(at >= each.held.starts_at)


def _was_called_off(held: Any) -> bool:
    """Whether the class was cancelled. One that vanished once it had begun was held: what was known stays known."""
    vanished_later = held.gone_at is not None and held.gone_at >= held.starts_at
    return held.status is SessionStatus.CANCELLED and not vanished_later


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def plain(amount: Decimal) -> str:
    """An amount as a case has it."""
    return f"{amount:f}"
