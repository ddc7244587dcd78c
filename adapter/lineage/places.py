"""The leaves of places and spots: of one class, of all that the calendar shows, of the next two days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import defer

from adapter.lineage.asking import Asked, Leaf, Leaves
from adapter.lineage.records import Kind
from adapter.showing.agenda import Day, agenda_of
from adapter.store.calendar import Upcoming, one_session, upcoming
from adapter.store.meaning import meaning
from adapter.store.tables import Reservation, SourceMapping, Studio
from connectors.records import ACTIVE_OUTCOMES, Channel

NEXT = timedelta(days=2)  # of the studio's first page


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
    return agenda_of(asked.db, studio, asked.now, venue_id=asked.venue_id, chosen=asked.day).of(asked.day)


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
    """What the spots on offer are expected to bring: by each decision; of one class, whatever is left."""
    return [
        _decided(item, Decimal(str(item.decision.expected_value)), "expected")
        for item in ahead_of(asked)
        if item.decision and (item.places.listed or asked.session_id)
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
        held = (
            select(Reservation, SourceMapping.channel)
            .options(defer(Reservation.raw, raiseload=True))
            .outerjoin(SourceMapping, meaning())
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
