"""Checks of what a platform gives: whole answers, sound records, sessions and rosters that make sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.conformance.asking import asks, ids_of, records, window
from connectors.platform import Api, Capability, Platform, Since, Window
from connectors.records import ACTIVE_OUTCOMES, RECORD_OF, Stream

NOBODYS_ID = "987654321"


def streams_are_whole(platform: Platform, api: Api) -> Iterator[str]:
    """Each answer ends with one final page, holds each record once, and is the same when it is asked for again."""
    for stream in platform.streams:
        for ask in asks(platform, stream, api):
            first, again = (list(platform.streams[stream].read(api, ask)) for _ in range(2))
            ids = ids_of(first)
            if [page.final for page in first] != [False] * (len(first) - 1) + [True]:
                yield f"{stream}: the last page, and only it, must be final"
            if len(ids) != len(set(ids)):
                yield f"{stream}: a record comes twice"
            if sorted(ids) != sorted(ids_of(again)):
                yield f"{stream}: asked again, it gives other records"
            for page in first:
                yield from (f"{stream}: set aside: {each.reason}" for each in page.set_aside)


def records_are_sound(platform: Platform, api: Api) -> Iterator[str]:
    """Records are of their stream's kind; ids are text, times are UTC, money is exact."""
    for stream in platform.streams:
        for record in records(platform, api, stream):
            if not isinstance(record, RECORD_OF[stream]):
                yield f"{stream}: a {type(record).__name__} came"
            else:
                yield from (f"{stream} {record.external_id}: {wrong}" for wrong in _unsound(record))


def changes_are_among_the_whole(platform: Platform, api: Api) -> Iterator[str]:
    """What changed since is part of what there is, says the same of it, and grows with the time asked for."""
    for stream, resource in platform.changes.items():
        if resource.ask is not Since:
            yield f"{stream}: what changed can't be asked for by {resource.ask.__name__}"
            continue
        pages = {days: list(resource.read(api, Since(api.now - timedelta(days=days)))) for days in (1, 21)}
        recent, longer = (
            {item.record.external_id: item.record for page in pages[days] for item in page.items} for days in (1, 21)
        )
        if not recent.keys() <= longer.keys():
            yield f"{stream}: what changed within a day is not among what changed within three weeks"
        if not longer:
            yield f"{stream}: nothing has changed within three weeks"
        for record in records(platform, api, stream):
            if longer.get(record.external_id, record) != record:
                yield f"{stream} {record.external_id}: it is told differently among the changes"


def sessions_make_sense(platform: Platform, api: Api) -> Iterator[str]:
    """Sessions lie in the window, end after they start, and have a capacity or say that they have none."""
    whole = window(api)
    for session in records(platform, api, Stream.SESSIONS):
        if not whole.start <= session.starts_at < whole.end:
            yield f"session {session.external_id} lies outside the window"
        if session.ends_at <= session.starts_at:
            yield f"session {session.external_id} ends before it starts"
        if session.capacity is not None and session.capacity < (session.online_capacity or 0):
            yield f"session {session.external_id} has more places online than in all"
    middle = whole.start + (whole.end - whole.start) / 2
    parts = [Window(whole.start, middle), Window(middle, whole.end)]
    split = [key for part in parts for key in ids_of(list(platform.streams[Stream.SESSIONS].read(api, part)))]
    if sorted(split) != sorted(each.external_id for each in records(platform, api, Stream.SESSIONS)):
        yield "two halves of a window hold other sessions than the whole"


def sessions_are_found_by_id(platform: Platform, api: Api) -> Iterator[str]:
    """Where sessions can be asked for by id: those named come, wherever they lie, and no others."""
    look = platform.streams[Stream.SESSIONS].look
    if look is None:
        return
    known = {each.external_id: each for each in records(platform, api, Stream.SESSIONS)}
    wanted = sorted(known)[:3]
    pages = list(look(api, [*wanted, NOBODYS_ID]))
    if not pages or not pages[-1].final:
        yield "sessions asked for by id: the answer is not complete"
    if sorted(ids_of(pages)) != wanted:
        yield f"sessions {wanted} asked for by id: {sorted(ids_of(pages))} came"
    if any(item.record != known.get(item.record.external_id) for page in pages for item in page.items):
        yield "a session asked for by id is not as it is in the timetable"


def rosters_fit(platform: Platform, api: Api) -> Iterator[str]:
    """A roster is its session's own, tells how each reservation was booked, and of every place that counts as taken."""
    counted = {each.external_id: each.booked or 0 for each in records(platform, api, Stream.SESSIONS)}
    for ask in asks(platform, Stream.RESERVATIONS, api):
        pages = platform.streams[Stream.RESERVATIONS].read(api, ask)
        roster = [item.record for page in pages for item in page.items]
        for each in roster:
            if each.session_id != ask.session_id:
                yield f"reservation {each.external_id} belongs to another session"
            if not each.source:
                yield f"reservation {each.external_id} does not say how it was booked"
            if Capability.BOOKING_TIME in platform.capabilities and each.booked_at is None:
                yield f"reservation {each.external_id} has no booking time, against the declaration"
        told = sum(each.seats for each in roster if each.outcome in ACTIVE_OUTCOMES)
        if told < counted.get(ask.session_id, 0):
            yield f"session {ask.session_id} counts {counted[ask.session_id]} places taken, its roster tells of {told}"


def _unsound(record: Any) -> Iterator[str]:
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name.endswith("_id") and not (value is None or (isinstance(value, str) and value)):
            yield f"{field.name} is no text"
        if isinstance(value, datetime) and value.tzinfo is not UTC:
            yield f"{field.name} is not in UTC"
        if isinstance(value, float) or (isinstance(value, Decimal) and not value.is_finite()):
            yield f"{field.name} is no exact number"
        if field.name in ("capacity", "online_capacity") and isinstance(value, int) and value < 0:
            yield f"{field.name} is negative"
