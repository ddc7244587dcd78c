"""A list of Mindbody's, page by page, as pages of records.

Knows Mindbody's envelope of a list; which lists there are is in reads.py. One record that can't be read is set aside
with its reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import BadRecord, TryAgain
from connectors.fields import reach
from connectors.paging import Slice, by_offset
from connectors.platform import Api
from connectors.records import Fetched, Page, SetAside, Stream

PAGE = 200  # records: the most that Mindbody gives at once


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list and how its records are read."""

    stream: Stream
    path: str
    collection: str  # the key of the list in the answer
    read: Callable[[Any], Any]  # a payload -> a record; raises BadRecord
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    key: str = "Id"  # tells payloads apart
    spread: Callable[[Any], Iterable[Any]] = lambda payload: (payload,)  # where one payload holds several records
    part_key: str | None = None  # tells those apart
    keep: Callable[[Any], bool] = lambda record: True  # records that were asked for


def pages(api: Api, listing: Listing) -> Iterator[Page]:
    """All pages. Raises what the door and the paging raise."""
    name = f"GET {listing.path}"

    def fetch(offset: int) -> Slice:
        answer = api.door.get(listing.path, {**listing.params, "request.limit": PAGE, "request.offset": offset})
        total = reach(answer, "PaginationResponse.TotalResults")
        known = isinstance(total, int) and not isinstance(total, bool) and total >= 0
        return Slice(listed(answer, listing.collection, name), total if known else None)

    for part in by_offset(fetch, lambda item: _identity(item, listing.key), size=PAGE, name=name):
        read = (got for item in part.items for got in _of_one(listing, item))
        yield page(read, final=part.final, total=part.total)


def page(read: Iterable[Fetched | SetAside], *, final: bool, total: int | None = None) -> Page:
    """What was read, sorted into what is good and what is set aside."""
    all_read = tuple(read)
    good = tuple(each for each in all_read if isinstance(each, Fetched))
    return Page(good, tuple(each for each in all_read if isinstance(each, SetAside)), final, total)


def fetched(stream: Stream, payload: Any, read: Callable[[Any], Any], key: str = "Id") -> Fetched | SetAside:
    """The record of a payload, or the payload set aside."""
    try:
        return Fetched(read(payload), payload)
    except BadRecord as error:
        return aside(stream, payload, error, key)


def aside(stream: Stream, payload: Any, error: BadRecord, key: str = "Id") -> SetAside:
    """A payload that made no record."""
    raw = payload if isinstance(payload, Mapping) else {"value": payload}
    given = reach(payload, key)
    return SetAside(stream, None if given is None else str(given)[:128], str(error), raw)


def listed(answer: Any, collection: str, name: str) -> list[Any]:
    """The list in an answer; it may be absent only where there is nothing. Raises TryAgain for any other answer."""
    found = reach(answer, collection)
    if found is None and reach(answer, "PaginationResponse.TotalResults") == 0:
        return []
    if not isinstance(found, list):
        raise TryAgain(f"{name}: the answer has no list of {collection}.")
    return found


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


def _identity(item: Any, key: str) -> str:
    given = reach(item, key)
    return repr(item) if given is None else str(given)
