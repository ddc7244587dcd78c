"""The leaves of money: the places of the payout ledger, the lines of a guarantee statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from adapter.lineage.asking import Asked, Leaf, Leaves
from adapter.lineage.records import Kind
from adapter.marketplace.payouts.view import Shown, period_of
from adapter.showing.currency import digits
from adapter.statements.making import make_statement
from adapter.statements.page import page_of
from adapter.statements.reservations import key
from adapter.store.dialect import chunks
from adapter.store.tables import Reservation


def payouts_of(part: Callable[[Shown], int], *, money: bool = True) -> Leaves:
    """A total of a period of payouts in one currency: what each place adds to it."""
    return lambda asked: list(_payouts(asked, part, money=money))


def _payouts(asked: Asked, part: Callable[[Shown], int], *, money: bool) -> Iterator[Leaf]:
    if asked.days is None:
        return
    unit = Decimal(10) ** -digits(asked.currency) if money else Decimal(1)
    period = period_of(asked.db, asked.studio_id, asked.days, asked.now)
    places = [place for place in period.places if place.currency == asked.currency and part(place)]
    records = _records(asked, {place.reservation for place in places})
    for place in places:
        how = "final" if place.final else "provisional"
        words = f"reservation {place.external_id}, {place.reason.replace('_', ' ')}, {how}: {place.held.name}"
        yield Leaf(part(place) * unit, words, Kind.RESERVATION, records.get(place.reservation))


def lines_of(*amounts: tuple[str, int]) -> Leaves:
    """The statement's lines: the sum over these of their fields, each with its sign."""
    return lambda asked: list(_lines(asked, amounts))


def _lines(asked: Asked, amounts: Iterable[tuple[str, int]]) -> Iterator[Leaf]:
    page = page_of(asked.context, asked.studio_id)
    body = make_statement(asked.db, asked.context.keys, asked.studio_id, page.made_at).body
    parts = [(line, name, Decimal(line[name] or 0) * sign) for line in body["lines"] for name, sign in amounts]
    records = _records(asked, {_reservation(line) for line, _, adds in parts if adds})
    for line, name, adds in parts:
        if adds:
            why = line["reason"].replace("_", " ")
            words = f"{name.replace('_', ' ')} of reservation {line['reservation_id']}, {why}"
            yield Leaf(adds, words, Kind.RESERVATION, records.get(_reservation(line)))


def _reservation(line: Mapping[str, Any]) -> str:
    """The reservation of a line: each seat beyond the first has a line of its own."""
    return str(line["reservation_id"]).partition("#")[0]


def _records(asked: Asked, reservations: Collection[str]) -> dict[str, int]:
    """Our ids of the studio's reservations, by connection and the platform's id as a line has them."""
    by_connection: dict[int, list[str]] = defaultdict(list)
    for name in sorted(reservations):
        connection, _, external = name.partition(":")
        by_connection[int(connection)].append(external)
    found: dict[str, int] = {}
    for connection_id, ids in by_connection.items():
        mine = select(Reservation.external_id, Reservation.id).where(Reservation.connection_id == connection_id)
        for some in chunks(ids):
            rows = asked.db.execute(mine.where(Reservation.external_id.in_(some)))
            found.update({key(connection_id, external): number for external, number in rows})
    return found
