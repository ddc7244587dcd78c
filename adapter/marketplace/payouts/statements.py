"""Payout statements that finance uploads: compared with the ledger once, kept with what came of it, never changed.

The same file for the same days is the same statement: giving it again changes nothing and brings the first answer.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Db

from adapter.guarantee.periods import local_date
from adapter.guarantee.rounding import in_units
from adapter.marketplace.payouts.causes import Lookup, judge_with
from adapter.marketplace.payouts.comparing import Class, Entry, Place, compare, meant_by
from adapter.marketplace.payouts.days import Days, days_from
from adapter.marketplace.payouts.reading import BadStatement, Problem, Row, read_statement
from adapter.marketplace.payouts.view import BOOKED, Period, Shown, period_of
from adapter.showing.currency import digits
from adapter.statements.reservations import key
from adapter.store.audit import write_line
from adapter.store.belonging import its_session
from adapter.store.dialect import chunks
from adapter.store.meaning import meaning
from adapter.store.selling import same_place
from adapter.store.tables import (
    ChannelReservation,
    Connection,
    Decision,
    PayoutDifference,
    PayoutStatement,
    Reservation,
    Session,
    SourceMapping,
    Studio,
)
from connectors.records import Channel

Json = dict[str, Any]


@dataclass(frozen=True)
class Named:
    """A reservation that a statement names: what is known of it, in the period or not."""

    reservation: str
    day: date
    marketplace: bool
    priced: bool


@dataclass(frozen=True)
class Compared:
    """A statement, compared and not kept yet."""

    studio_id: int
    name: str
    digest: str
    days: Days
    rows: int
    entries: Sequence[Entry]


def compare_file(db: Db, studio_id: int, content: bytes, name: str, days: Days | None, now: datetime) -> Compared:
    """Compare the statement in a file with the ledger as it is now; writes nothing.

    ``days``: the classes it is about; by default the span of those it names. Raises BadStatement and BadDays.
    """
    rows = read_statement(content, db.get_one(Studio, studio_id).currency)
    period = period_of(db, studio_id, days or _days_of(db, studio_id, rows, now), now)
    places = [_place(shown) for shown in period.places]
    strangers = {row.reservation for row in rows} - meant_by(places).keys()
    lookup = Lookup(offered=_offers(db, period), elsewhere=_elsewhere(_named(db, studio_id, strangers)))
    entries = compare(places, rows, judge_with(lookup))
    return Compared(studio_id, name, hashlib.sha256(content).hexdigest(), period.days, len(rows), entries)


def keep_compared(db: Db, compared: Compared, *, actor: str, now: datetime) -> tuple[PayoutStatement, bool]:
    """Keep a statement with its differences; the second is whether it is new: the same file of the same days is not."""
    try:
        if (earlier := _earlier(db, compared)) is not None:
            return earlier, False
        with db.begin_nested():
            return _keep(db, compared, actor, now), True
    except IntegrityError:  # the same file, at the same instant, in another process
        earlier = _earlier(db, compared)
        if earlier is None:
            raise
        return earlier, False


def _earlier(db: Db, compared: Compared) -> PayoutStatement | None:
    mine = select(PayoutStatement).where(PayoutStatement.studio_id == compared.studio_id)
    same = PayoutStatement.first_day == compared.days.first, PayoutStatement.last_day == compared.days.last
    return db.scalar(mine.where(PayoutStatement.digest == compared.digest, *same))


def _days_of(db: Db, studio_id: int, rows: Sequence[Row], now: datetime) -> Days:
    """The class days a statement is about: as it dates its rows, else those of the reservations that it names."""
    days = [row.day for row in rows if row.day is not None]
    if not days:
        named = _named(db, studio_id, {row.reservation for row in rows})
        days = [each.day for found in named.values() for each in found if each.marketplace]
    if not days:
        raise BadStatement(
            [Problem(2, None, "no row names a reservation of yours, and there is no date: give the period")]
        )
    return days_from(min(days), max(days), now.date())


def _named(db: Db, studio_id: int, names: Collection[str]) -> dict[str, list[Named]]:
    """The studio's reservations under the names a statement uses: our id, of a seat too, the platform's, or theirs."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for name in names:
        wanted[name].add(name)
        _, colon, external_id = name.partition("#")[0].partition(":")
        if colon:
            wanted[external_id].add(name)
    found: dict[str, list[Named]] = defaultdict(list)
    for some in chunks(sorted(wanted)):
        for row in db.execute(_reservations(studio_id, some)):
            known = Named(
                key(row.connection_id, row.external_id),
                local_date(row.starts_at, row.timezone),
                row.channel is Channel.MARKETPLACE,
                row.rate is not None,
            )
            for name in wanted[row.external_id] | wanted.get(row.caller_id or "", set()):
                if name in (row.external_id, row.caller_id) or name.partition("#")[0] == known.reservation:
                    found[name].append(known)
    return found


def _reservations(studio_id: int, names: Collection[str]) -> Any:
    return (
        select(
            Reservation.connection_id,
            Reservation.external_id,
            Reservation.rate,
            ChannelReservation.caller_id,
            Session.starts_at,
            Session.timezone,
            SourceMapping.channel,
        )
        .join(Connection, Connection.id == Reservation.connection_id)
        .join(Session, its_session())
        .outerjoin(SourceMapping, meaning())
        .outerjoin(ChannelReservation, same_place())
        .where(Connection.studio_id == studio_id)
        .where(or_(Reservation.external_id.in_(names), ChannelReservation.caller_id.in_(names)))
    )


def _elsewhere(named: Mapping[str, Sequence[Named]]) -> Any:
    """Why a number of theirs is none of the period's places."""

    def why(name: str) -> str:
        found = named.get(name, ())
        if len({each.reservation for each in found}) != 1:
            return "ambiguous" if found else "unknown_here"
        if not found[0].marketplace:
            return "not_marketplace"
        return "other_period" if found[0].priced else "rate_unknown"

    return why


def _offers(db: Db, period: Period) -> Any:
    """The rates that a class had, whenever, in minor units."""
    currencies = {place.held.id: place.currency for place in period.places}

    @cache
    def offered(session_id: int) -> frozenset[int]:
        rates = select(Decision.rate, Decision.premium_rate).where(Decision.session_id == session_id).distinct()
        places = digits(currencies[session_id])
        return frozenset(_units(rate, places) for row in db.execute(rates) for rate in row if rate is not None)

    return offered


def _units(rate: Decimal, places: int) -> int:
    return int(rate.scaleb(places).to_integral_value())


def _place(shown: Shown) -> Place:
    return Place(
        number=shown.number,
        reservation=shown.reservation,
        names=(shown.external_id, shown.sold.caller_id) if shown.sold else (shown.external_id,),
        session_id=shown.held.id,
        day=shown.day,
        currency=shown.currency,
        amount=shown.amount,
        franchisor=shown.franchisor,
        tax=in_units(shown.tax, 0) if shown.tax else 0,
        rate=_units(shown.rate, digits(shown.currency)),
        reason="attended" if shown.reason == BOOKED else shown.reason,
        product=shown.product,
        final=shown.final,
    )


def _keep(db: Db, compared: Compared, actor: str, now: datetime) -> PayoutStatement:
    row = PayoutStatement(
        studio_id=compared.studio_id,
        name=compared.name,
        digest=compared.digest,
        first_day=compared.days.first,
        last_day=compared.days.last,
        rows=compared.rows,
        sums=_sums(compared.entries),
        uploaded_by=actor,
        uploaded_at=now,
    )
    db.add(row)
    db.flush()
    wrong = [entry for entry in compared.entries if entry.kind is not Class.MATCHED]
    db.add_all(_difference(row.id, position, entry) for position, entry in enumerate(wrong, start=1))
    told = {"name": row.name, "digest": row.digest, "rows": row.rows, "differences": len(wrong)}
    about = f"payout_statement:{row.id}"
    write_line(db, row.studio_id, "payouts.compared", about, None, told, actor=actor, now=now)
    db.flush()
    return row


def _sums(entries: Iterable[Entry]) -> list[Json]:
    """By class, cause and currency: how many entries, ours and theirs."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in entries:
        held = found[entry.kind.value, entry.cause or "", entry.pair.currency]
        held[0] += 1
        held[1] += entry.pair.paid_here
        held[2] += entry.pair.paid_there
    return [
        {"class": kind, "cause": cause or None, "currency": currency, "entries": count, "ours": ours, "theirs": theirs}
        for (kind, cause, currency), (count, ours, theirs) in sorted(found.items())
    ]


def _difference(statement_id: int, position: int, entry: Entry) -> PayoutDifference:
    pair = entry.pair
    return PayoutDifference(
        statement_id=statement_id,
        position=position,
        kind=entry.kind.value,
        cause=entry.cause,
        named=pair.theirs[0].reservation if pair.theirs else pair.ours[0].number,
        reservation=pair.reservation,
        file_rows=[row.number for row in pair.theirs],
        currency=pair.currency,
        ours=pair.paid_here,
        theirs=pair.paid_there,
    )


def statements_of(db: Db, studio_id: int) -> Sequence[PayoutStatement]:
    """Every statement of a studio, the latest first."""
    mine = select(PayoutStatement).where(PayoutStatement.studio_id == studio_id)
    return db.scalars(mine.order_by(PayoutStatement.id.desc())).all()


def statement_of(db: Db, studio_id: int, number: int) -> PayoutStatement | None:
    """One statement of this studio."""
    row = db.get(PayoutStatement, number)
    return row if row is not None and row.studio_id == studio_id else None


def differences_of(db: Db, statement_id: int) -> Sequence[PayoutDifference]:
    """What is not as the ledger has it, in the order of the file."""
    mine = select(PayoutDifference).where(PayoutDifference.statement_id == statement_id)
    return db.scalars(mine.order_by(PayoutDifference.position)).all()
