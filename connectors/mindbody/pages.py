"""A list of Mindbody's, page by page, as pages of records.

Knows Mindbody's envelope of a list; which lists there are is in reads.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors import listing as lists
from connectors.errors import TryAgain
from connectors.fields import reach
from connectors.listing import as_pages, identity
from connectors.paging import Slice, by_offset
from connectors.platform import Api
from connectors.records import Page

PAGE = 200  # records: the most that Mindbody gives at once


@dataclass(frozen=True, kw_only=True)
class Listing(lists.Listing):
    """A list of Mindbody's."""

    key: str = "Id"


def pages(api: Api, listing: Listing) -> Iterator[Page]:
    """All pages. Raises what the door and the paging raise."""
    name = f"GET {listing.path}"

    def fetch(offset: int) -> Slice:
        answer = api.door.get(listing.path, {**listing.params, "request.limit": PAGE, "request.offset": offset})
        total = reach(answer, "PaginationResponse.TotalResults")
        known = isinstance(total, int) and not isinstance(total, bool) and total >= 0
        return Slice(listed(answer, listing.collection, name), total if known else None)

    return as_pages(listing, by_offset(fetch, lambda item: identity(item, listing.key), size=PAGE, name=name))


def listed(answer: Any, collection: str, name: str) -> list[Any]:
    """The list in an answer; it may be absent only where there is nothing. Raises TryAgain for any other answer."""
    found = reach(answer, collection)
    if found is None and reach(answer, "PaginationResponse.TotalResults") == 0:
        return []
    if not isinstance(found, list):
        raise TryAgain(f"{name}: the answer has no list of {collection}.")
    return found
