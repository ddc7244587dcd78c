"""The tables that SmartTools is given: what a marketplace would know at a moment, and nothing of what is true."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.steps.draw import MONDAY, Market
from benchmarks.steps.slots import CATEGORIES
from benchmarks.street import tables as street_tables
from benchmarks.street.draw import Floats, Ints
from benchmarks.street.season import Books

Names = npt.NDArray[np.object_]

START = np.datetime64(MONDAY.tz_localize(None), "ns")
HOUR = 3600e9  # nanoseconds


def studios_table(market: Market, weight: float) -> pd.DataFrame:
    """One row a studio."""
    names = _named("studio", np.arange(len(market.studios)))
    return street_tables.studios_table(market.street, weight).assign(studio_id=names)


def sessions_table(market: Market, ids: Ints) -> pd.DataFrame:
    """Some classes' timetable; none is ever cancelled."""
    street = market.street
    slot, studio = street.slot[ids], street.studio[ids]
    return pd.DataFrame(
        {
            "session_id": _named("s", ids),
            "studio_id": _named("studio", studio),
            "venue_id": _named("venue", studio),
            "template_id": _named("slot", slot),
            "starts_at": stamps(street.start[ids]),
            "capacity": street.capacity[ids],
            "category": np.array(CATEGORIES, object)[street.slots.category[slot]],
            "instructor_id": _named("instructor", 10 * studio + market.instructor[ids]),
            "cancelled": False,
        }
    )


def reservations_table(market: Market, books: Books, ids: Ints, over: bool) -> pd.DataFrame:
    """Everything booked of some classes so far; ``over``: they have taken place."""
    people = books.people
    who = np.flatnonzero(books.booked & street_tables.among(market.street, ids)[people.session])
    session, users, gone = people.session[who], people.market[who], books.gone[who]
    came = np.where(people.shows[who], "attended", "no_show") if over else np.full(len(who), "booked")
    price = np.where(users, books.paid[who], market.of_studio("retail")[session])
    return pd.DataFrame(
        {
            "reservation_id": who,
            "session_id": _named("s", session),
            "channel": np.where(users, "marketplace", "direct").astype(object),
            "product": street_tables.product_of(users, books.premium[who]),
            "booked_at": stamps(people.comes[who]),
            "cancelled_at": stamps(np.where(gone, people.cancels[who], np.inf)),
            "outcome": np.where(gone, "cancelled", came).astype(object),
            "amount": np.where(gone, 0.0, price),
        }
    )


def offers_table(books: Books, ids: Ints) -> pd.DataFrame:
    """What was listed of some classes, one row for each change."""
    table = street_tables.listed(books, ids)
    table["from_at"] = stamps(table["from_at"].to_numpy())
    table["session_id"] = _named("s", table["session_id"].to_numpy())
    return table


def numbers(decided: pd.DataFrame) -> pd.Series:
    """The classes that decisions name."""
    return decided["session_id"].str.removeprefix("s").astype(np.int64)


def stamps(hours: Floats) -> pd.DatetimeIndex:
    """Hours since the season's first as UTC; infinite: NaT."""
    known = np.isfinite(hours)
    since = (np.where(known, hours, 0) * HOUR).astype(np.int64).astype("timedelta64[ns]")
    return pd.DatetimeIndex(np.where(known, START + since, np.datetime64("NaT", "ns"))).tz_localize("UTC")


def _named(what: str, numbers: Ints) -> Names:
    """Names that sort as their numbers do; by a class's, SmartTools draws how it explores."""
    names = np.array([f"{what}{number:06}" for number in range(numbers.max(initial=0) + 1)], object)
    return names[numbers]
