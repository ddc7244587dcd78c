"""Lists by the page, and all that can be wrong with them: short ones, capped ones, ones that stand still or shift.

Knows how a page is cut from a list and what it says about itself; knows no endpoint and no record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Response, request

from connectors.sandbox.server.faults import Kind
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.wire import Json, Query, answer

T = TypeVar("T")

DEFAULT_LIMIT, MOST_ROWS = 100, 200


def page(query: Query, key: str, rows: Sequence[T], shape: Callable[[T], Json]) -> Response:
    """One page of a collection."""
    options = here().options
    limit = _limit(query.integer("limit"), options.most_rows)
    offset = 0 if _hit(Kind.PAGE_ONE) else max(query.integer("offset") or 0, 0)
    if offset and _hit(Kind.PAGE_SHIFT):
        rows = rows[1:]
    wanted = rows[: options.list_cap][offset : offset + limit]
    about = {
        "RequestedLimit": limit,
        "RequestedOffset": offset,
        "PageSize": len(wanted),
        "TotalResults": len(rows),
    }
    return answer({"PaginationResponse": about, key: [shape(row) for row in _shown(wanted, short=options.short_pages)]})


def _limit(asked: int | None, most: int) -> int:
    return min(DEFAULT_LIMIT if asked is None or asked < 1 else asked, most)


def _shown(wanted: Sequence[T], *, short: bool) -> Sequence[T]:
    if _hit(Kind.PAGE_EMPTY):
        return ()
    return wanted[: (len(wanted) + 1) // 2] if short else wanted


def _hit(kind: Kind) -> bool:
    return here().faults.take(kind, path=request.path, method=request.method) is not None
