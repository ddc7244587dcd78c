"""The leaves of each number: the records it is the sum of, each with what it adds. Only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import defer

from adapter.agenda import Day, agenda_of
from adapter.context import Context
from adapter.currency import digits
from adapter.lineage.records import Kind
from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.view import Shown, period_of
from adapter.statements.making import make_statement
from adapter.statements.page import page_of
from adapter.statements.reservations import record_of
from adapter.store.calendar import Upcoming, one_session, upcoming
from adapter.store.tables import (
    ApiCalls,
    Quarantine,
    Reservation,
    Session,
    SourceMapping,
    Studio,
    WebhookMessage,
)
from connectors.records import ACTIVE_OUTCOMES, Channel

NEXT = timedelta(days=2)  # of the studio's first page


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record and what it adds. ``kind`` and ``number`` (our id) lead to it; None: it is a count of our own."""

    adds: Decimal
    words: str
    kind: Kind | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what a number is asked: one studio, session or connection; of the calendar one day or venue."""

    context: Context
    db: Db
    studio_id: int
    session_id: int = 0
    connection_id: int = 0
    day: date | None = None
    venue_id: int | None = None
    days: Days | None = None  # of the payout ledger
    currency: str = ""

    @property
    def now(self) -> datetime:
        """The instant of the question."""
        return self.context.now()


Leaves = Callable[[Asked], list[Leaf]]


# Places and spots: of one session, or of all that the calendar shows


def sessions_of(asked: Asked) -> list[Upcoming]:
    """The session asked for; else the calendar's that take place, of one day and venue where asked."""
    if asked.session_id:
        return [one_session(asked.db, asked.session_id)]
    return _calendar(asked).held


def ahead_of(asked: Asked) -> list[Upcoming]:
    """The same, of the calendar only those that have not started."""
    return sessions_of(asked) if asked.session_id else _calendar(asked).ahead


def _calendar(asked: Asked) -> Day:
    studio = asked.db.get_one(Studio, asked.studio_id)
    return agenda_of(asked.db, studio, asked.now, venue_id=asked.venue_id).of(asked.day)


def places_of(*channels: Channel) -> Leaves:
    """Places taken through these channels: the reservations that hold one."""
    return lambda asked: list(_places(asked, sessions_of(asked), frozenset(channels)))


def capacity(asked: Asked) -> list[Leaf]:
    """Places in all: each session's own word."""
    return [_of_session(item, item.session.capacity or 0, "places") for item in sessions_of(asked)]


def classes(asked: Asked) -> list[Leaf]:
    """Classes that take place."""
    return [_of_session(item, 1, "takes place") for item in sessions_of(asked)]


def listed(asked: Asked) -> list[Leaf]:
    """Spots on offer: each session's decision in force."""
    return [_decided(item, Decimal(item.places.listed), "listed") for item in ahead_of(asked) if item.decision]


def value(asked: Asked) -> list[Leaf]:
    """What the spots on offer are expected to bring: each decision's own expectation."""
    return [
        _decided(item, Decimal(str(item.decision.expected_value)), "expected")
        for item in ahead_of(asked)
        if item.decision
    ]


def kept(asked: Asked) -> list[Leaf]:
    """Free places that are not listed: all places, less those taken, less those listed; none is none."""
    item = one_session(asked.db, asked.session_id)
    taken = [
        Leaf(-leaf.adds, leaf.words, leaf.kind, leaf.number) for leaf in _places(asked, [item], frozenset(Channel))
    ]
    offered = [Leaf(-leaf.adds, leaf.words, leaf.kind, leaf.number) for leaf in listed(asked)]
    found = [*capacity(asked), *taken, *offered]
    below = sum((leaf.adds for leaf in found), Decimal(0))
    return found if below >= 0 else [*found, Leaf(-below, "more is taken or listed than there is: none are kept")]


def _places(asked: Asked, items: Sequence[Upcoming], channels: frozenset[Channel]) -> Iterator[Leaf]:
    yield from _on_roster(asked, items, channels)
    if Channel.UNKNOWN in channels:
        yield from _off_roster(items)


def _on_roster(asked: Asked, items: Sequence[Upcoming], channels: frozenset[Channel]) -> Iterator[Leaf]:
    by_key = {(item.session.connection_id, item.session.external_id): item for item in items}
    for connection_id in sorted({connection for connection, _ in by_key}):
        ids = [external for connection, external in by_key if connection == connection_id]
        mapped = and_(SourceMapping.connection_id == connection_id, SourceMapping.source == Reservation.source)
        held = (
            select(Reservation, SourceMapping.channel)
            .options(defer(Reservation.raw, raiseload=True))
            .outerjoin(SourceMapping, mapped)
            .where(Reservation.connection_id == connection_id, Reservation.session_id.in_(ids))
            .where(Reservation.outcome.in_(ACTIVE_OUTCOMES))
            .order_by(Reservation.id)
        )
        for row, channel in asked.db.execute(held):
            if (channel or Channel.UNKNOWN) in channels:
                item = by_key[connection_id, row.session_id]
                words = f"reservation {row.external_id}, {row.outcome.replace('_', ' ')}: {_name(item)}"
                yield Leaf(Decimal(row.seats), words, Kind.RESERVATION, row.id)


def _off_roster(items: Sequence[Upcoming]) -> Iterator[Leaf]:
    """The platform's own count of a session may be ahead of the roster that we read."""
    for item in items:
        more = item.places.off_roster
        if more:
            words = f"the platform counts so many more than its roster names: {_name(item)}"
            yield Leaf(Decimal(more), words, Kind.SESSION, item.session.id)


def _of_session(item: Upcoming, adds: int, what: str) -> Leaf:
    return Leaf(Decimal(adds), f"{_name(item)}: {what}", Kind.SESSION, item.session.id)


def _decided(item: Upcoming, adds: Decimal, what: str) -> Leaf:
    assert item.decision is not None  # noqa: S101  asked for so
    return Leaf(adds, f"{_name(item)}: {what}", Kind.DECISION, item.decision.id)


def _name(item: Upcoming) -> str:
    local = item.session.starts_at.astimezone(ZoneInfo(item.session.timezone))
    return f"{item.class_name}, {local:%-d %b %H:%M}"


def soon(asked: Asked) -> list[Upcoming]:
    """The decided classes of the next two days, as the studio's first page sums them."""
    items = upcoming(asked.db, frozenset({asked.studio_id}), asked.now, asked.now + NEXT)
    return [item for item in items if item.takes_place and item.decision is not None]


def soon_classes(asked: Asked) -> list[Leaf]:
    """These classes."""
    return [_of_session(item, 1, "decided") for item in soon(asked)]


def soon_listed(asked: Asked) -> list[Leaf]:
    """Spots on offer in them."""
    return [_decided(item, Decimal(item.places.listed), "listed") for item in soon(asked)]


def soon_value(asked: Asked) -> list[Leaf]:
    """What these are expected to bring, where any are on offer."""
    return [
        _decided(item, Decimal(str(item.decision.expected_value)), "expected")
        for item in soon(asked)
        if item.decision and item.places.listed
    ]


# Money of the payout ledger: its places


def payouts_of(part: Callable[[Shown], int], *, money: bool = True) -> Leaves:
    """A total of a period of payouts in one currency: what each place adds to it."""
    return lambda asked: list(_payouts(asked, part, money=money))


def _payouts(asked: Asked, part: Callable[[Shown], int], *, money: bool) -> Iterator[Leaf]:
    if asked.days is None:
        return
    unit = Decimal(10) ** -digits(asked.currency) if money else Decimal(1)
    for place in period_of(asked.db, asked.studio_id, asked.days, asked.now).places:
        if place.currency == asked.currency and part(place):
            record = record_of(asked.db, asked.studio_id, place.reservation)
            how = "final" if place.final else "provisional"
            words = f"reservation {place.external_id}, {place.reason.replace('_', ' ')}, {how}: {place.held.name}"
            yield Leaf(part(place) * unit, words, Kind.RESERVATION, record.id if record else None)


# Money of the guarantee: its lines


def lines_of(*amounts: tuple[str, int]) -> Leaves:
    """The statement's lines: the sum over these of their fields, each with its sign."""
    return lambda asked: list(_lines(asked, amounts))


def _lines(asked: Asked, amounts: Iterable[tuple[str, int]]) -> Iterator[Leaf]:
    page = page_of(asked.context, asked.studio_id)
    body = make_statement(asked.db, asked.context.keys, asked.studio_id, page.made_at).body
    for line in body["lines"]:
        for name, sign in amounts:
            adds = Decimal(line[name] or 0) * sign
            if adds:
                record = record_of(asked.db, asked.studio_id, line["reservation_id"])
                why = line["reason"].replace("_", " ")
                words = f"{name.replace('_', ' ')} of reservation {line['reservation_id']}, {why}"
                yield Leaf(adds, words, Kind.RESERVATION, record.id if record else None)


# Counts of a connection


def set_aside(asked: Asked) -> list[Leaf]:
    """Records that could not be read."""
    rows = asked.db.scalars(select(Quarantine).where(Quarantine.connection_id == asked.connection_id))
    return [Leaf(Decimal(1), f"{row.stream} {row.external_id or ''}: {row.reason}", Kind.ASIDE, row.id) for row in rows]


def classes_ahead(asked: Asked) -> list[Leaf]:
    """Sessions still to come, as they stand in the mirror."""
    rows = asked.db.scalars(
        select(Session)
        .options(defer(Session.raw, raiseload=True))
        .where(Session.connection_id == asked.connection_id, Session.starts_at >= asked.now, Session.gone_at.is_(None))
        .order_by(Session.starts_at)
    )
    return [Leaf(Decimal(1), f"class {row.external_id}", Kind.SESSION, row.id) for row in rows]


def events_today(asked: Asked) -> list[Leaf]:
    """The platform's events since midnight (UTC)."""
    midnight = asked.now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = asked.db.scalars(
        select(WebhookMessage).where(
            WebhookMessage.connection_id == asked.connection_id, WebhookMessage.received_at >= midnight
        )
    )
    return [Leaf(Decimal(1), f"{row.event}, {row.received_at:%H:%M:%S} UTC", Kind.EVENT, row.id) for row in rows]


def calls_today(asked: Asked) -> list[Leaf]:
    """Our own count of calls, by what was called."""
    mine = select(ApiCalls).where(ApiCalls.connection_id == asked.connection_id, ApiCalls.day == asked.now.date())
    return [Leaf(Decimal(row.calls), row.what) for row in asked.db.scalars(mine.order_by(ApiCalls.what))]
