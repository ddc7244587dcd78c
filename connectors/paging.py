"""Reading a list that comes in pages, by offset or by number, with no promise that it stands still meanwhile.

Knows offsets, page numbers and totals; knows no platform and no HTTP. By offset, the next page begins after what came,
not after what was asked for. An answer is complete only if nothing moved: then, and only then, may what is absent from
it be taken as deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from connectors.errors import TryAgain

MOST_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class Slice:
    """What one request brought, before anything is read or left out."""

    items: list[Any]
    total: int | None  # how many there are in all, by the platform's word
    pages: int | None = None  # how many pages that makes, where it says so


@dataclass(frozen=True, slots=True)
class Part:
    """The new items of one page; ``final`` on the last one of a complete answer."""

    items: list[Any]
    total: int | None
    final: bool


def by_offset(
    fetch: Callable[[int], Slice], identify: Callable[[Any], str], *, size: int, name: str, most_pages: int = MOST_PAGES
) -> Iterator[Part]:
    """Read page after page. ``fetch`` asks from an offset, ``identify`` tells items apart, ``name`` goes into errors.

    An item that comes again is left out. A full page that is said to be the last is believed only after an empty one.
    Raises TryAgain where a page repeats an earlier one or there is no end; what was yielded before stays good.
    """
    offset = 0
    seen: set[str] = set()
    pages: set[tuple[str, ...]] = set()
    total: int | None = None
    moved = False
    for _ in range(most_pages):
        got = fetch(offset)
        ids = tuple(identify(item) for item in got.items)
        if ids and ids in pages:
            raise TryAgain(f"{name}: the page from record {offset} repeats an earlier page; the list can't be read on.")
        fresh = _unseen(got.items, ids, seen)
        moved = moved or len(fresh) < len(ids) or bool(pages and ids and got.total != total)
        pages.add(ids)
        total = got.total if ids or offset == 0 else total  # past the end some say that there is nothing at all
        offset += len(ids)
        last = not ids or (len(ids) < size and offset >= (total or 0))
        yield Part(fresh, total, final=last and not moved and total in (None, len(seen)))
        if last:
            return
    raise TryAgain(f"{name}: no end after {most_pages} pages; ask for a shorter time.")


def by_page(
    fetch: Callable[[int], Slice | None], identify: Callable[[Any], str], *, name: str, most_pages: int = MOST_PAGES
) -> Iterator[Part]:
    """Read page after page, by their numbers from 1, to the last that the platform counts; uncounted, to an empty one.

    ``fetch`` answers None where there is no such page: where pages are counted, the list grew shorter, and the answer
    is not complete. An item that slipped from one page to the next is seen once. Raises TryAgain where a page brings
    nothing but what was seen before, or there is no end.
    """
    seen: set[str] = set()
    total: int | None = None
    moved = counted = False
    for number in range(1, most_pages + 1):
        got = fetch(number)
        if got is None:
            yield Part([], total, final=not counted and not moved and total in (None, len(seen)))
            return
        ids = tuple(identify(item) for item in got.items)
        fresh = _unseen(got.items, ids, seen)
        if ids and not fresh:
            raise TryAgain(f"{name}: page {number} repeats earlier ones; the list can't be read on.")
        moved = moved or len(fresh) < len(ids) or (number > 1 and got.total != total)
        total, counted = got.total, got.pages is not None
        last = not ids or (got.pages is not None and number >= got.pages)
        yield Part(fresh, total, final=last and not moved and total in (None, len(seen)))
        if last:
            return
    raise TryAgain(f"{name}: no end after {most_pages} pages; ask for a shorter time.")


def check_whole(final: bool, name: str) -> None:
    """Refuse to go by what is absent from a list; ``final`` of its last page. Raises TryAgain where it moved."""
    if not final:
        raise TryAgain(f"{name}: the list changed while it was read.")


def _unseen(items: list[Any], ids: tuple[str, ...], seen: set[str]) -> list[Any]:
    fresh = []
    for key, item in zip(ids, items, strict=True):
        if key not in seen:
            seen.add(key)
            fresh.append(item)
    return fresh
