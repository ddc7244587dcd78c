"""A list of Mariana Tek's, page by page, as pages of records.

Knows its envelope (JSON:API, ``meta.pagination``) and its headers; which lists there are is in reads.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Rejected, TryAgain
from connectors.fields import reach
from connectors.listing import Listing, as_pages, identity
from connectors.paging import Part, Slice, by_page
from connectors.platform import Api
from connectors.records import Page

PAGE = 500  # records asked for; the answer says how many pages came of it
JSON_API = "application/vnd.api+json"


def pages(api: Api, listing: Listing) -> Iterator[Page]:
    """All pages of records. Raises what the door and the paging raise."""
    return as_pages(listing, numbered(api, listing.path, listing.params))


def numbered(api: Api, path: str, params: Mapping[str, Any]) -> Iterator[Part]:
    """All pages as they came."""

    def fetch(number: int) -> Slice | None:
        try:
            answer = api.door.get(path, {**params, "page": number, "page_size": PAGE})
        except Rejected as error:
            if error.status == 404 and number > 1:
                return None  # the list grew shorter meanwhile
            raise
        about = reach(answer, "meta.pagination")
        return Slice(listed(answer, f"GET {path}"), _count(about, "count"), _count(about, "pages"))

    return by_page(fetch, lambda item: identity(item, "id"), name=f"GET {path}")


def listed(answer: Any, name: str) -> list[Any]:
    """The records in an answer. Raises TryAgain for an answer without a list."""
    found = reach(answer, "data")
    if not isinstance(found, list):
        raise TryAgain(f"{name}: the answer has no list of data.")
    return found


def utc_text(instant: datetime) -> str:
    """An instant as it is asked for, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _count(about: Any, key: str) -> int | None:
    found = reach(about, key)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
