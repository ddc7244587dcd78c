"""Paging by offset and by number over lists that move, lie, repeat and never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import TryAgain
from connectors.paging import Part, Slice, by_offset, by_page


def pages(fetch: Callable[[int], Slice], size: int = 3, **given: Any) -> list[Part]:
    return list(by_offset(fetch, str, size=size, name="GET /things", **given))


def over(rows: list[Any], *, total: bool = True, size: int = 3) -> Callable[[int], Slice]:
    return lambda offset: Slice(rows[offset : offset + size], len(rows) if total else None)


def items(parts: list[Part]) -> list[Any]:
    return [item for part in parts for item in part.items]


@given(st.integers(0, 20), st.integers(1, 6), st.booleans())
def test_a_list_that_stands_still_is_read_whole_and_once(length: int, size: int, total: bool) -> None:
    rows = list(range(length))
    parts = pages(over(rows, total=total, size=size), size=size)
    assert items(parts) == rows
    assert [part.final for part in parts] == [False] * (len(parts) - 1) + [True]


@given(st.lists(st.integers(1, 3), max_size=20))
def test_the_next_page_begins_after_what_came(brought: list[int]) -> None:
    rows, left = list(range(sum(brought))), list(brought)

    def stingy(offset: int) -> Slice:
        return Slice(rows[offset : offset + (left.pop(0) if left else 3)], len(rows))

    parts = pages(stingy)
    assert items(parts) == rows
    assert parts[-1].final


def test_a_full_last_page_is_believed_only_after_an_empty_one() -> None:
    asked: list[int] = []

    def fetch(offset: int) -> Slice:
        asked.append(offset)
        return over([1, 2, 3])(offset)

    assert pages(fetch)[-1].final
    assert asked == [0, 3]


def test_a_total_capped_at_a_full_page_hides_nothing() -> None:
    rows = list(range(5))
    parts = pages(lambda offset: Slice(rows[offset : offset + 3], min(3, len(rows)) if offset == 0 else 5))
    assert items(parts) == rows
    assert not parts[-1].final


def test_a_row_put_in_front_while_paging_is_seen_once_and_nothing_is_taken_as_complete() -> None:
    rows = [1, 2, 3, 4, 5]

    def fetch(offset: int) -> Slice:
        got = Slice(rows[offset : offset + 3], len(rows))
        if offset == 0:
            rows.insert(0, 0)
        return got

    parts = pages(fetch)
    assert items(parts) == [1, 2, 3, 4, 5]
    assert not any(part.final for part in parts)


def test_a_row_taken_away_while_paging_leaves_the_answer_incomplete() -> None:
    rows = [1, 2, 3, 4, 5]

    def fetch(offset: int) -> Slice:
        got = Slice(rows[offset : offset + 3], len(rows))
        if offset == 0:
            rows.remove(1)
        return got

    assert not pages(fetch)[-1].final


def test_one_in_and_one_out_keeps_the_total_but_not_our_trust() -> None:
    rows = [1, 2, 3, 4, 5]

    def fetch(offset: int) -> Slice:
        got = Slice(rows[offset : offset + 3], len(rows))
        if offset == 0:
            rows.remove(5)
            rows.insert(0, 0)
        return got

    assert not pages(fetch)[-1].final


def test_a_server_that_ignores_the_offset_is_found_out_by_its_second_page() -> None:
    reading = by_offset(lambda offset: Slice([1, 2, 3], 9), str, size=3, name="GET /things")
    assert next(reading).items == [1, 2, 3]
    with pytest.raises(TryAgain, match=r"GET /things: the page from record 3 repeats"):
        next(reading)


def test_an_empty_page_that_promises_more_ends_the_reading_incomplete() -> None:
    parts = pages(lambda offset: Slice([], 500))
    assert [part.final for part in parts] == [False]


def test_a_list_without_end_is_left_with_what_came() -> None:
    def endless(offset: int) -> Slice:
        return Slice([offset, offset + 1], 10**9)

    reading = by_offset(endless, str, size=2, name="GET /things", most_pages=4)
    seen = [item for _ in range(4) for item in next(reading).items]
    assert seen == list(range(8))
    with pytest.raises(TryAgain, match="no end after 4 pages"):
        next(reading)


def test_a_total_that_vanishes_past_the_end_is_no_movement() -> None:
    rows = [1, 2, 3]
    assert pages(lambda offset: Slice(rows[offset:], 3 if offset < 3 else 0))[-1].final


def test_a_failure_in_the_middle_keeps_what_was_read() -> None:
    def fetch(offset: int) -> Slice:
        if offset:
            raise TryAgain("down")
        return Slice([1, 2, 3], 6)

    seen: list[Part] = []
    with pytest.raises(TryAgain, match="down"):
        seen.extend(by_offset(fetch, str, size=3, name="GET /things"))
    assert [(part.items, part.final) for part in seen] == [([1, 2, 3], False)]


def numbered(rows: list[Any], size: int) -> Callable[[int], Slice | None]:
    count = max(1, -(-len(rows) // size))
    return lambda n: Slice(rows[(n - 1) * size : n * size], len(rows), count) if n <= count else None


@given(st.integers(0, 20), st.integers(1, 6))
def test_numbered_pages_are_read_to_the_last_that_is_counted(length: int, size: int) -> None:
    parts = list(by_page(numbered(list(range(length)), size), str, name="GET /things"))
    assert items(parts) == list(range(length))
    assert [part.final for part in parts] == [False] * (len(parts) - 1) + [True]


@given(st.integers(3, 12), st.integers(1, 4), st.integers(0, 11), st.integers(1, 4))
def test_a_numbered_list_that_loses_a_row_meanwhile_is_never_called_complete(
    length: int, size: int, lost: int, after: int
) -> None:
    rows, asked = list(range(length)), [0]

    def fetch(number: int) -> Slice | None:
        asked[0] += 1
        if asked[0] == after + 1 and lost < len(rows):
            del rows[lost]
        return numbered(rows, size)(number)

    parts = list(by_page(fetch, str, name="GET /things"))
    found = items(parts)
    assert len(found) == len(set(found))
    if parts[-1].final:
        assert found == list(range(length))  # it was read before the row went
    assert not any(part.final for part in parts[:-1])


def test_numbered_pages_without_an_end_are_given_up() -> None:
    with pytest.raises(TryAgain, match="no end after 3 pages"):
        list(by_page(lambda n: Slice([n], 99, 99), str, name="GET /things", most_pages=3))


@pytest.mark.parametrize("end", [Slice([], None), None])
def test_pages_that_nobody_counts_are_read_to_an_empty_one(end: Slice | None) -> None:
    """A first page without a count is not the whole list: the rest would be taken as deleted."""
    told = {1: Slice([1, 2], None), 2: Slice([3], None)}
    parts = list(by_page(lambda n: told.get(n, end), str, name="GET /things"))
    assert items(parts) == [1, 2, 3]
    assert [part.final for part in parts] == [False, False, True]


def test_a_platform_that_gives_the_same_page_again_and_again_is_not_believed() -> None:
    with pytest.raises(TryAgain, match="page 2 repeats"):
        list(by_page(lambda n: Slice([1, 2], None), str, name="GET /things"))
