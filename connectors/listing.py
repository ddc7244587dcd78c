"""A platform's list as pages of records: each payload read, and set aside with its reason where it can't be.

Knows how a payload becomes a record or is set aside; knows no platform, no paths and no paging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import BadRecord
from connectors.fields import reach
from connectors.paging import Part
from connectors.records import Fetched, Page, SetAside, Stream


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list and how its records are read."""

    stream: Stream
    path: str
    read: Callable[[Any], Any]  # a payload -> a record; raises BadRecord
    collection: str = "data"  # the key of the list in the answer
    params: Mapping[str, Any] = field(default_factory=dict)
    key: str = "id"  # tells payloads apart
    spread: Callable[[Any], Iterable[Any]] = lambda payload: (payload,)  # where one payload holds several records
    part_key: str | None = None  # tells those apart
    keep: Callable[[Any], bool] = lambda record: True  # records that were asked for


def as_pages(listing: Listing, parts: Iterable[Part]) -> Iterator[Page]:
    """The parts of an answer as pages of records."""
    for part in parts:
        read = (got for item in part.items for got in _of_one(listing, item))
        yield page(read, final=part.final, total=part.total)


def page(read: Iterable[Fetched | SetAside], *, final: bool, total: int | None = None) -> Page:
    """What was read, sorted into what is good and what is set aside."""
    all_read = tuple(read)
    good = tuple(each for each in all_read if isinstance(each, Fetched))
    return Page(good, tuple(each for each in all_read if isinstance(each, SetAside)), final, total)


def fetched(stream: Stream, payload: Any, read: Callable[[Any], Any], key: str = "id") -> Fetched | SetAside:
    """The record of a payload, or the payload set aside."""
    try:
        return Fetched(read(payload), payload)
    except BadRecord as error:
        return aside(stream, payload, error, key)


def aside(stream: Stream, payload: Any, error: BadRecord, key: str = "id") -> SetAside:
    """A payload that made no record."""
    raw = payload if isinstance(payload, Mapping) else {"value": payload}
    given = reach(payload, key)
    return SetAside(stream, None if given is None else str(given)[:128], str(error), raw)


def identity(item: Any, key: str) -> str:
    """What tells a payload apart from others of its list."""
    given = reach(item, key)
    return repr(item) if given is None else str(given)


def _of_one(listing: Listing, item: Any) -> Iterator[Fetched | SetAside]:
    try:
        payloads = tuple(listing.spread(item))
    except BadRecord as error:
        yield aside(listing.stream, item, error, listing.key)
        return
    for payload in payloads:
        got = fetched(listing.stream, payload, listing.read, listing.part_key or listing.key)
        if isinstance(got, SetAside) or listing.keep(got.record):
            yield got
