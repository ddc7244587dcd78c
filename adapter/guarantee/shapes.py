"""What a value in a case must look like: readers that take JSON and give typed facts, or say where it is wrong.

Knows shapes, and nothing of what they mean. Each reader raises CaseError with the path below itself; whoever calls it
puts its own step before. Amounts and instants are remembered, because a case repeats them thousands of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, TypeVar
from zoneinfo import available_timezones

from babel.numbers import list_currencies

T = TypeVar("T")
Reader = Callable[[Any], T]

EARLIEST, LATEST = 2, 9998  # years: what is added to a date must be a date
LONGEST_NUMBER = 40  # characters
REMEMBERED = 1 << 16

_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ALWAYS = re.compile(r"^(0001|9999)(?=-)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CaseError(ValueError):
    """The case is malformed; the message says where and what is allowed."""

    def __init__(self, what: str, path: str = "") -> None:
        super().__init__(f"{path.removeprefix('.') or 'the case'}: {what}")
        self.what = what
        self.path = path

    def under(self, step: str) -> CaseError:
        """The same, seen from one level above."""
        return CaseError(self.what, step + self.path)


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise CaseError("must be text")
    return value


def identifier(value: Any) -> str:
    """An id: text, not empty."""
    if not isinstance(value, str) or not value:
        raise CaseError("must be an id: text, not empty")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise CaseError("must be true or false")
    return value


def whole(least: int = 0) -> Reader[int]:
    """A whole number, not below ``least``."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise CaseError(f"must be a whole number, {least} or more")
        return value

    return read


def amount(value: Any) -> Fraction:
    """Money: a decimal string, not below 0."""
    if not isinstance(value, str):
        raise CaseError('must be an amount: a decimal string, such as "9.00"')
    return _amount(value)


@lru_cache(REMEMBERED)
def _amount(value: str) -> Fraction:
    if len(value) > LONGEST_NUMBER or not _AMOUNT.fullmatch(value):
        raise CaseError('must be an amount: a decimal string, such as "9.00"')
    if value.startswith("-"):
        raise CaseError("an amount may not be below 0")
    return Fraction(value)


def rate(value: Any) -> Fraction:
    """An exchange rate: a decimal string above 0."""
    if not (found := amount(value)):
        raise CaseError("a rate must be above 0")
    return found


def instant(value: Any) -> datetime:
    """A time with an offset; given back in UTC."""
    if not isinstance(value, str):
        raise CaseError("must be a time: ISO 8601 with an offset")
    return _instant(value)


@lru_cache(REMEMBERED)
def _instant(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise CaseError("must be a time: ISO 8601 with an offset") from None
    if found.tzinfo is None:
        raise CaseError("a time needs an offset, such as +02:00 or Z")
    _in_calendar(found.year)
    return found.astimezone(UTC)


def day(value: Any) -> date:
    """A date."""
    if not isinstance(value, str):
        raise CaseError("must be a date: YYYY-MM-DD")
    return _day(value)


@lru_cache(REMEMBERED)
def _day(value: str) -> date:
    try:
        found = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None:
        raise CaseError("must be a date: YYYY-MM-DD")
    _in_calendar(found.year)
    return found


def _in_calendar(year: int) -> None:
    if not EARLIEST <= year <= LATEST:
        raise CaseError(f"must lie between the years {EARLIEST} and {LATEST}; what has no end is null")


def unbounded(reader: Reader[T]) -> Reader[T]:
    """What ``reader`` takes; the first and the last year of the calendar, which say "always", one year further in."""

    def read(value: Any) -> T:
        if isinstance(value, str):
            value = _ALWAYS.sub(lambda year: f"{LATEST if year[0] == '9999' else EARLIEST:04}", value)
        return reader(value)

    return read


def zone(value: Any) -> str:
    """The IANA name of a time zone."""
    if not isinstance(value, str) or value not in _zones():
        raise CaseError("must be an IANA time zone, such as Europe/Paris")
    return value


@cache
def _zones() -> Collection[str]:
    return available_timezones()


def currency(value: Any) -> str:
    """An ISO 4217 code."""
    if not isinstance(value, str) or value not in _currencies():
        raise CaseError("must be an ISO 4217 currency, such as EUR")
    return value


@cache
def _currencies() -> Collection[str]:
    return list_currencies()


def one_of(*words: str) -> Reader[str]:
    """A word of a closed list."""
    known = frozenset(words)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise CaseError(f"must be one of {', '.join(words)}")
        return value

    return read


def null_or(reader: Reader[T]) -> Reader[T | None]:
    """What ``reader`` takes, or null."""

    def read(value: Any) -> T | None:
        return None if value is None else reader(value)

    return read


def listed(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    """A list of what ``reader`` takes."""

    def read(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise CaseError("must be a list")
        return tuple(_item(reader, place, item) for place, item in enumerate(value))

    return read


def _item(reader: Reader[T], place: int, value: Any) -> T:
    try:
        return reader(value)
    except CaseError as error:
        raise error.under(f"[{place}]") from None


def shape(
    make: Callable[..., T],
    required: Mapping[str, Reader[Any]],
    optional: Mapping[str, Reader[Any]] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Reader[T]:
    """An object with these keys and no others; what is optional may be absent, or null.

    ``make`` is called with what was read, under the names that ``renamed`` gives.
    """
    readers = {**required, **{key: null_or(reader) for key, reader in (optional or {}).items()}}
    names = {key: (renamed or {}).get(key, key) for key in readers}

    def read(value: Any) -> T:
        if not isinstance(value, dict):
            raise CaseError("must be an object")
        _check_keys(value, required, readers)
        found = {}
        for key, given in value.items():
            try:
                found[names[key]] = readers[key](given)
            except CaseError as error:
                raise error.under(f".{key}") from None
        return make(**found)

    return read


def _check_keys(value: dict[Any, Any], required: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    if not value.keys() <= known.keys():
        raise CaseError("is not a key of this object", f".{min(map(str, value.keys() - known.keys()))}")
    if not required.keys() <= value.keys():
        raise CaseError("is missing", f".{min(required.keys() - value.keys())}")
