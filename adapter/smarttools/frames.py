"""The door: tables come in as pandas and go on as arrays, checked once. Knows pandas; nothing behind it does.

An error names the table, the column and the row, and says what is expected. A column that looks personal is refused
(SR-04, INV-11); another unknown column is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise, repeat
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adapter.smarttools.facts import Bools, Floats, Ints, as_texts

Instants = NDArray[np.datetime64]

NEEDED: Mapping[str, tuple[str, ...]] = {
    "studios": (
        "studio_id",
        "timezone",
        "currency",
        "retail_rate",
        "rate_floor",
        "rate_ceiling",
        "min_spots",
        "release_all_hours",
        "displacement_weight",
        "max_displacement_risk",
    ),
    "sessions": (
        "session_id",
        "studio_id",
        "venue_id",
        "template_id",
        "starts_at",
        "capacity",
        "category",
        "instructor_id",
        "cancelled",
    ),
    "reservations": (
        "reservation_id",
        "session_id",
        "channel",
        "product",
        "booked_at",
        "cancelled_at",
        "outcome",
        "amount",
    ),
    "offers": ("session_id", "from_at", "spots", "rate", "premium_spots", "premium_rate"),
}

PERSONAL = frozenset(
    {"client", "customer", "member", "person", "people", "user", "guest", "visitor", "attendee"}
    | {"email", "mail", "phone", "mobile", "telephone", "address", "postcode", "zip", "ip"}
    | {"firstname", "lastname", "surname", "forename", "fullname", "birth", "birthday", "birthdate", "dob", "gender"}
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")  # firstName, EMAILHash
YEARS = range(1700, 2200)  # well within what nanoseconds can hold
CALENDAR = np.datetime64(f"{YEARS.start}-01-01"), np.datetime64(f"{YEARS.stop}-01-01")
PERSONAL_PAIRS = frozenset((which, "name") for which in ("first", "last", "full", "given", "family"))


class BadTable(ValueError):
    """A table that cannot be decided on as it stands: which, where, and what is expected."""


def check(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """``table`` with a fresh index, once its columns are all there, each once, and none looks personal."""
    if not isinstance(table, pd.DataFrame):
        raise BadTable(f"{name}: is {type(table).__name__}; give a pandas DataFrame, without rows if there are none")
    for column in table.columns:
        if looks_personal(str(column)):
            raise BadTable(f"{name}: column {column!r} looks personal; decisions take aggregates only, leave it out")
    missing = [column for column in NEEDED[name] if column not in table.columns]
    if missing:
        raise BadTable(f"{name}: column {missing[0]!r} is missing; needed are {', '.join(NEEDED[name])}")
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise BadTable(f"{name}: column {str(twice)!r} is there twice; leave one out")
    return table.reset_index(drop=True)


@lru_cache(1024)
def looks_personal(column: str) -> bool:
    """Whether a column's name sounds as if it told of a person."""
    words = re.findall(r"[a-z]+", _HUMP.sub("_", column).lower())
    return not PERSONAL.isdisjoint(words) or any(pair in PERSONAL_PAIRS for pair in pairwise(words))


def texts(table: pd.DataFrame, name: str, column: str) -> list[str]:
    """Ids and words as text; a missing one is empty."""
    number, names = labels(table, name, column)
    spread: list[str] = np.array([*names, ""], dtype=object)[number].tolist()
    return spread


def labels(table: pd.DataFrame, name: str, column: str) -> tuple[Ints, list[str]]:
    """For each row the position of its text among the distinct ones; -1 where it is missing.

    Each distinct value is looked at once: a market has millions of rows and few words.
    """
    values = table[column]
    plain = values.to_numpy() if values.dtype.kind in "biuf" else values.to_numpy(dtype=object)
    try:
        number, distinct = pd.factorize(plain)
    except TypeError:  # what cannot be hashed
        odd = np.array([not isinstance(value, Hashable) for value in plain.tolist()], dtype=bool)
        _refuse(name, column, odd, "is no single value; give a word or a number")
    return number.astype(np.int64), as_texts(distinct.tolist())


def hours(table: pd.DataFrame, name: str, column: str, *, required: bool = False) -> Floats:
    """Instants as hours since 1970 UTC; NaT is NaN. A time beyond all calendars, as 9999-12-31 for never, is cut."""
    return in_hours(instants(table, name, column, required=required))


def instants(table: pd.DataFrame, name: str, column: str, *, required: bool = False) -> Instants:
    """Times as UTC, in the unit they are told in."""
    values = table[column]
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        told = values.to_numpy(dtype=f"datetime64[{values.dtype.unit}]")
    else:
        _refuse_if(name, column, _naive(values), "is no time with a time zone; times are aware UTC")
        told = pd.DatetimeIndex(pd.to_datetime(values, utc=True)).tz_convert(None).to_numpy()
    if required:
        _refuse_if(name, column, np.isnat(told), "is missing")
    return told


def in_hours(told: Instants) -> Floats:
    """Hours since 1970."""
    whole = np.clip(told, *CALENDAR).astype("datetime64[ns]").astype(np.int64).astype(np.float64) / 3.6e12
    return np.where(np.isnat(told), np.nan, whole)


def _naive(values: pd.Series[Any]) -> Bools:
    there: Bools = values.notna().to_numpy(dtype=bool)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return there
    return there & np.array([not _aware(value) for value in values.tolist()], dtype=np.bool_)


def _aware(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def numbers(
    table: pd.DataFrame,
    name: str,
    column: str,
    *,
    least: float | None = None,
    most: float | None = None,
    kind: str = "a number",
) -> Floats:
    """Numbers as floats; NA is NaN. Infinite ones, those below ``least`` and those above ``most`` are refused."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    values = _floats(table, name, column, kind)
    _refuse_if(name, column, np.isinf(values), "is not finite")
    if least is not None:
        _refuse_if(name, column, values < least, f"is below {least:g}")
    if most is not None:
        _refuse_if(name, column, values > most, f"is above {most:g}")
    return values


def _floats(table: pd.DataFrame, name: str, column: str, kind: str) -> Floats:
    held = table[column]
    if isinstance(held.dtype, np.dtype) and held.dtype.kind in "biuf":
        return held.to_numpy(dtype=np.float64)
    if held.dtype.kind in "cmM":  # complex numbers, stretches of time, times
        _refuse_if(name, column, held.notna().to_numpy(dtype=bool), f"is not {kind}")
        return np.full(len(table), np.nan)
    read = pd.to_numeric(held, errors="coerce").astype("Float64")
    values: Floats = np.asarray(read.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    _refuse_if(name, column, np.isnan(values) & held.notna().to_numpy(dtype=bool), f"is not {kind}")
    return values


def codes(table: pd.DataFrame, name: str, column: str, words: Mapping[str, int], *, missing: int | None = None) -> Ints:
    """A closed list of words as numbers; NA is ``missing``, or refused."""
    number, names = labels(table, name, column)
    known = [words.get(word, missing if word == "" else None) for word in names] + [missing]
    _refuse_if(name, column, np.array([code is None for code in known])[number], f"is none of {', '.join(words)}")
    return np.array([-1 if code is None else code for code in known], dtype=np.int64)[number]


def positions(table: pd.DataFrame, name: str, column: str, place: Mapping[str, int]) -> Ints:
    """The place of each row's id; -1 where it has none."""
    number, names = labels(table, name, column)
    return np.array([*map(place.get, names, repeat(-1)), -1], dtype=np.int64)[number]


def _refuse_if(name: str, column: str, rows: Bools, what: str) -> None:
    if rows.any():
        _refuse(name, column, rows, what)


def _refuse(name: str, column: str, rows: Bools, what: str) -> NoReturn:
    raise BadTable(f"{name}: column {column!r}, row {int(np.argmax(rows))}: {what}")
