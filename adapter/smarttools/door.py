"""Tables of the decision interface to facts: every session with its studio's settings resolved (SS-13's last step).

Knows the columns and their defaults; ``frames`` does the checking of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from adapter.showing.currency import digits
from adapter.smarttools import frames
from adapter.smarttools.facts import (
    CHANNELS,
    NO_PRODUCT,
    OUTCOMES,
    PRODUCTS,
    WEEK,
    Bools,
    Floats,
    Ints,
    Offers,
    Reservations,
    Sessions,
)
from adapter.smarttools.frames import BadTable
from adapter.smarttools.money import units_down, units_up

DISPLACEMENT_WEIGHT = 2.0  # decisions.md: NA is 2
MOST_SPOTS = 1_000_000  # and places: more than any hall has
MOST_WEIGHT = 1e6
MOST_MONEY = 1e12  # in major units: what is more is an error in a table
LEAST_PRICE = 1e-6
EPOCH = 72  # hours of the week: 1970 began on a Thursday


def instant(at: datetime | pd.Timestamp) -> float:
    """``at`` as hours since 1970 UTC."""
    try:
        moment = pd.Timestamp(at)
    except (TypeError, ValueError) as error:
        raise BadTable(f"at: {at!r} is no time; give an aware datetime") from error
    if moment.tzinfo is None:
        raise BadTable("at: has no time zone; times are aware UTC")
    if moment.year not in frames.YEARS:
        raise BadTable(f"at: {moment} is no time to decide at; give one from {frames.YEARS[0]} to {frames.YEARS[-1]}")
    return moment.tz_convert("UTC").as_unit("ns").value / 3.6e12


def read_sessions(studios: pd.DataFrame, sessions: pd.DataFrame) -> Sessions:
    """Sessions in the order given, settings resolved: the session's own, else its studio's."""
    houses = frames.check(studios, "studios")
    table = frames.check(sessions, "sessions")
    studio_ids = frames.texts(houses, "studios", "studio_id")
    number = {name: index for index, name in enumerate(studio_ids)}
    if len(number) < len(studio_ids):
        _refuse_where(_again(studio_ids), "studios", "studio_id", "is there twice; give each studio once")
    house = frames.positions(table, "sessions", "studio_id", number)
    _refuse_where(house < 0, "sessions", "studio_id", "names a studio that is not in studios")
    _refuse_where(table["session_id"].isna().to_numpy(), "sessions", "session_id", "is missing")
    starts = frames.instants(table, "sessions", "starts_at", required=True)
    how, month = _local(starts, houses, house)
    currencies = frames.texts(houses, "studios", "currency")
    place_digits = np.array([digits(code) for code in currencies], dtype=np.int64)[house]
    retail, floor, ceiling, odd = _prices(houses, table, house, place_digits)
    studio = [studio_ids[index] for index in house.tolist()]
    venue, category = frames.texts(table, "sessions", "venue_id"), frames.texts(table, "sessions", "category")
    read = Sessions(
        ids=table["session_id"].tolist(),
        studio=studio,
        venue=venue,
        slot=_slots(frames.texts(table, "sessions", "template_id"), studio, venue, category, how),
        category=category,
        instructor=frames.texts(table, "sessions", "instructor_id"),
        starts=frames.in_hours(starts),
        hour_of_week=how,
        month=month,
        capacity=np.minimum(np.floor(frames.numbers(table, "sessions", "capacity", least=0)), MOST_SPOTS),
        cancelled=_flags(table, "cancelled", missing=False),
        retail=retail,
        floor=floor,
        ceiling=ceiling,
        odd_rate=odd,
        digits=place_digits,
        min_spots=_min_spots(houses, table, house),
        release_hours=_release_hours(houses, table, house),
        displacement_weight=_weights(houses)[house],
        max_risk=frames.numbers(houses, "studios", "max_displacement_risk", least=0)[house],
        premium=_flags(table, "premium", missing=True),
        pace=frames.numbers(table, "sessions", "pace", least=0),
        pace_doubt=frames.numbers(table, "sessions", "pace_doubt", least=0),
        tempo=frames.numbers(table, "sessions", "tempo", least=0),
        tempo_doubt=frames.numbers(table, "sessions", "tempo_doubt", least=0),
        appetite=frames.numbers(table, "sessions", "appetite", least=0),
        appetite_doubt=frames.numbers(table, "sessions", "appetite_doubt", least=0),
        interest=frames.numbers(table, "sessions", "interest", least=0),
    )
    if len(read.places) < len(read):
        twice = _again(frames.texts(table, "sessions", "session_id"))
        _refuse_where(twice, "sessions", "session_id", "is there twice; give each session once")
    return read


def read_reservations(reservations: pd.DataFrame, sessions: Sessions) -> Reservations:
    """Reservations of these sessions; those of others are left out, and a row that repeats another one counts once."""
    whole = frames.check(reservations, "reservations")
    session = frames.positions(whole, "reservations", "session_id", sessions.places)
    here = session >= 0
    read = Reservations(
        session=session[here],
        channel=frames.codes(whole, "reservations", "channel", CHANNELS)[here],
        product=frames.codes(whole, "reservations", "product", PRODUCTS, missing=NO_PRODUCT)[here],
        outcome=frames.codes(whole, "reservations", "outcome", OUTCOMES)[here],
        booked=frames.hours(whole, "reservations", "booked_at")[here],
        cancelled=frames.hours(whole, "reservations", "cancelled_at")[here],
        amount=frames.numbers(whole, "reservations", "amount")[here],
    )
    again = _repeats(read, whole[["reservation_id"]], here)
    return read.take(np.flatnonzero(~again)) if again.any() else read


def _repeats(read: Reservations, ids: pd.DataFrame, here: Bools) -> Bools:
    """Rows that say what an earlier one says, id and all, as of a page that was read twice.

    Where one id is said to be two things, both count: it may be no id, and a place too many taken is the safer error.
    Ids are words, slow to compare: only those of one session made at one instant are looked at.
    """
    instant = read.session.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + read.booked.view(np.uint64)
    again = pd.Series(instant).duplicated(keep=False).to_numpy(copy=True)
    if again.any():
        alike = read.take(np.flatnonzero(again))
        number, _ = frames.labels(ids[here][again], "reservations", "reservation_id")
        told = pd.DataFrame({each.name: getattr(alike, each.name) for each in fields(Reservations)})
        again[again] = told.assign(number=number).duplicated().to_numpy() & (number >= 0)
    return again


def read_offers(offers: pd.DataFrame | None, sessions: Sessions) -> Offers:
    """What was listed for these sessions, sorted by session and time."""
    if offers is None:
        return Offers(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    table = frames.check(offers, "offers")
    since = frames.hours(table, "offers", "from_at", required=True)
    listed = np.minimum(np.nan_to_num(frames.numbers(table, "offers", "spots", least=0)), MOST_SPOTS)
    rate = frames.numbers(table, "offers", "rate", least=0, most=MOST_MONEY)
    listed[np.isnan(rate)] = 0  # without a rate nothing was on offer
    spots, rate = listed.astype(np.int64), np.nan_to_num(rate)
    session = frames.positions(table, "offers", "session_id", sessions.places)
    order = np.lexsort((rate, spots, since, session))
    order = order[session[order] >= 0]
    return Offers(session[order].astype(np.int64), since[order], spots[order], rate[order])


def read_listed(sessions: pd.DataFrame, places: Ints) -> tuple[Ints, Ints]:
    """Spots of each session, and their rate in minor units; a missing one is 0."""
    spots = np.nan_to_num(frames.numbers(sessions, "sessions", "spots", least=0))
    rate = np.nan_to_num(frames.numbers(sessions, "sessions", "rate", least=0, most=MOST_MONEY))
    return np.minimum(spots, MOST_SPOTS).astype(np.int64), np.rint(rate * 10.0**places).astype(np.int64)


def _flags(table: pd.DataFrame, column: str, *, missing: bool) -> Bools:
    values = frames.numbers(table, "sessions", column, kind="true or false")
    return np.asarray(np.nan_to_num(values, nan=missing) != 0, dtype=np.bool_)


def _local(starts: frames.Instants, houses: pd.DataFrame, house: Ints) -> tuple[Ints, Ints]:
    """Local hour of the week, from Monday, and month, in each studio's own time zone."""
    how, month = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    number, zones = frames.labels(houses, "studios", "timezone")
    for index, zone in enumerate([*zones, ""]):
        wanted = number == (index if index < len(zones) else -1)
        if wanted.any():
            mine = wanted[house]
            instants = pd.DatetimeIndex(starts[mine], tz="UTC").tz_convert(_zone(zone, int(np.argmax(wanted))))
            local = instants.tz_localize(None).to_numpy()
            how[mine] = (local.astype("datetime64[h]").astype(np.int64) + EPOCH) % WEEK
            month[mine] = local.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return how, month


def _zone(name: str, row: int) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise BadTable(
            f"studios: column 'timezone', row {row}: {name!r} is no IANA time zone, such as Europe/Paris"
        ) from error


def _slots(template: list[str], studio: list[str], venue: list[str], category: list[str], how: Ints) -> list[str]:
    # A session outside the recurring timetable is likest to others of its kind, place and hour.
    own = [
        name or f"~{place}~{kind}~{hour}"
        for name, place, kind, hour in zip(template, venue, category, how.tolist(), strict=True)
    ]
    return [f"{house}|{name}" for house, name in zip(studio, own, strict=True)]


def _again(names: list[str]) -> Bools:
    """Whether each name stands before: as text, as 7 and "7" are one id to other tables."""
    return pd.Series(names, dtype=object).duplicated().to_numpy()


def _settled(houses: pd.DataFrame, table: pd.DataFrame, house: Ints, column: str, most: float | None = None) -> Floats:
    own = frames.numbers(table, "sessions", column, least=0, most=most)
    return np.where(np.isnan(own), frames.numbers(houses, "studios", column, least=0, most=most)[house], own)


def _prices(houses: pd.DataFrame, table: pd.DataFrame, house: Ints, places: Ints) -> tuple[Floats, Ints, Ints, Floats]:
    """Retail rate, floor, ceiling, and the rate where no whole coin lies between these two; NaN: one does.

    No ceiling: the retail rate (SR-08), or a higher floor. No floor: nothing is promised.
    """
    retail, floor, ceiling = (
        _settled(houses, table, house, name, MOST_MONEY) for name in ("retail_rate", "rate_floor", "rate_ceiling")
    )
    floor, open_above = np.nan_to_num(floor), np.isnan(ceiling)
    ceiling = np.where(open_above, np.fmax(retail, floor), ceiling)
    retail = np.where(np.isnan(retail), ceiling, retail)
    _refuse_where(~(retail >= LEAST_PRICE), "sessions", "retail_rate", "is missing or 0, and so is the studio's")
    _refuse_where(floor > ceiling, "sessions", "rate_floor", "lies above rate_ceiling: no rate is possible")
    lowest, highest = _in_units(units_up, floor, places), _in_units(units_down, ceiling, places)
    highest = np.where(open_above, np.maximum(lowest, highest), highest)
    odd = lowest > highest
    return retail, np.minimum(lowest, highest), highest, np.where(odd, floor, np.nan)


def _in_units(rounded: Callable[[float, int], int], amounts: Floats, places: Ints) -> Ints:
    """Amounts in minor units; each distinct one is reckoned exactly, once."""
    distinct, number = np.unique(amounts + 1j * places, return_inverse=True)
    units = [rounded(pair.real, int(pair.imag)) for pair in distinct.tolist()]
    return np.array(units, dtype=np.int64)[number]


def _min_spots(houses: pd.DataFrame, table: pd.DataFrame, house: Ints) -> Ints:
    settled = np.nan_to_num(_settled(houses, table, house, "min_spots"))
    return np.minimum(settled, MOST_SPOTS).astype(np.int64)


def _release_hours(houses: pd.DataFrame, table: pd.DataFrame, house: Ints) -> Floats:
    settled = _settled(houses, table, house, "release_all_hours")
    _refuse_where((settled < 2) | (settled > 72), "sessions", "release_all_hours", "is not between 2 and 72 (SS-12)")
    return settled


def _weights(houses: pd.DataFrame) -> Floats:
    weight = frames.numbers(houses, "studios", "displacement_weight", least=0)
    return np.where(np.isnan(weight), DISPLACEMENT_WEIGHT, np.minimum(weight, MOST_WEIGHT))


def _refuse_where(rows: Bools, table: str, column: str, what: str) -> None:
    if rows.any():
        raise BadTable(f"{table}: column {column!r}, row {int(np.argmax(rows))}: {what}")
