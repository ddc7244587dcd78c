"""Appending to the payout ledger: what has settled and is not there yet, and what turned out otherwise since.

A step is a number of classes in the caller's transaction: done again, or after a crash, it appends nothing new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.marketplace.payouts.lines import Line, LineKind, missing_lines, withdrawn
from adapter.marketplace.payouts.mirrored import Booked, Rules, Seat, booked_in
from adapter.marketplace.payouts.owed import Account, Quote
from adapter.store.dialect import chunks
from adapter.store.meaning import meaning
from adapter.store.saving import Counts
from adapter.store.tables import PayoutLine, Reservation, SourceMapping
from connectors.records import Channel


def append_settled(db: Db, rules: Rules, sessions: Collection[int], now: datetime) -> Counts:
    """Bring the ledger up to what is owed for the settled places of these classes; how many lines that took."""
    booked = booked_in(db, rules, sessions, now)
    here = {place.reservation_id for place in booked}
    recorded = _recorded(db, sessions, here)
    elsewhere = _in_other_classes(db, {place.reservation_id for place in recorded} - here)
    new = changed = 0
    for place in sorted(booked.keys() | recorded.keys()):
        rows = recorded.get(place, ())
        lines = list(_missing(place, booked, rows, elsewhere))
        db.add_all(_row(rules, place, line, len(rows) + 1 + step, now) for step, line in enumerate(lines))
        new += bool(lines) and not rows
        changed += bool(lines) and bool(rows)
    return Counts(read=len(booked), new=new, changed=changed, unchanged=len(booked) - new - changed)


def _missing(
    place: Seat, booked: Mapping[Seat, Booked], rows: Sequence[PayoutLine], elsewhere: Collection[int]
) -> Iterable[Line]:
    """The lines a place lacks: none while it isn't settled, or its quote is unknown, or another class has it now."""
    here = booked.get(place)
    if here is not None:
        return missing_lines(lines_of(rows), here.owed) if here.settled and here.owed is not None else ()
    return () if place.reservation_id in elsewhere else missing_lines(lines_of(rows), withdrawn(lines_of(rows)))


def _recorded(db: Db, sessions: Collection[int], reservations: Collection[int]) -> dict[Seat, list[PayoutLine]]:
    """The lines of these classes, and of these reservations in whatever class, by place and in their order."""
    found: dict[Seat, dict[int, PayoutLine]] = defaultdict(dict)
    wanted = select(PayoutLine)
    rows = list(db.scalars(wanted.where(PayoutLine.session_id.in_(sessions))))
    known = {row.reservation_id for row in rows} | set(reservations)
    for some in chunks(sorted(known)):
        for row in db.scalars(wanted.where(PayoutLine.reservation_id.in_(some))):
            found[Seat(row.reservation_id, row.seat)][row.sequence] = row
    return {place: [by[number] for number in sorted(by)] for place, by in found.items()}


def _in_other_classes(db: Db, reservations: Collection[int]) -> set[int]:
    """Of these reservations, those that still are the marketplace's: their class's step looks at them."""
    wanted = select(Reservation.id).join(SourceMapping, meaning()).where(SourceMapping.channel == Channel.MARKETPLACE)
    pieces = chunks(sorted(reservations))
    return {number for some in pieces for number in db.scalars(wanted.where(Reservation.id.in_(some)))}


def lines_of(rows: Iterable[PayoutLine]) -> list[Line]:
    """Stored lines as the pure part has them."""
    return [
        Line(
            LineKind(row.kind),
            Account(row.session_id, row.day, row.currency, row.tax_rate),
            row.reason,
            Quote(row.rate, row.product, row.quote),
            row.amount,
            row.franchisor,
            row.why,
        )
        for row in rows
    ]


def _row(rules: Rules, place: Seat, line: Line, sequence: int, now: datetime) -> PayoutLine:
    account, quote = line.account, line.quote
    return PayoutLine(
        studio_id=rules.studio.id,
        reservation_id=place.reservation_id,
        seat=place.seat,
        sequence=sequence,
        session_id=account.session_id,
        kind=line.kind,
        reason=line.reason,
        product=quote.product,
        quote=quote.number,
        rate=quote.rate,
        currency=account.currency,
        day=account.day,
        amount=line.amount,
        franchisor=line.franchisor,
        tax_rate=account.tax_rate,
        why=line.why,
        at=now,
    )
