"""The tables that SmartTools is given: what a marketplace would know at a moment, and nothing of what is true."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.street.draw import CATEGORIES, INSTRUCTORS, MONDAY, Bools, Floats, Ints, Street
from benchmarks.street.season import LOGGED, Books

Names = npt.NDArray[np.object_]

LATE = 12.0  # hours before the start from which a cancellation is late
START = np.datetime64(MONDAY.tz_localize(None), "s")
WORDS = ("late_cancelled", "cancelled", "attended", "no_show")


def studios_table(street: Street, weight: float) -> pd.DataFrame:
    """One row a studio."""
    return pd.DataFrame(
        [
            {
                "studio_id": f"studio-{number}",
                "timezone": each.zone,
                "currency": "USD" if each.zone == "America/Chicago" else "EUR",
                "retail_rate": each.retail,
                "rate_floor": each.floor,
                "rate_ceiling": each.ceiling,
                "min_spots": each.min_spots,
                "release_all_hours": each.release_all,
                "displacement_weight": weight,
                "max_displacement_risk": each.max_risk,
            }
            for number, each in enumerate(street.studios)
        ]
    )


def sessions_table(street: Street, ids: Ints, at: float) -> pd.DataFrame:
    """The timetable as it stands at a moment."""
    slot = street.slot[ids]
    studio = street.studio[ids]
    return pd.DataFrame(
        {
            "session_id": ids,
            "studio_id": _named("studio", studio),
            "venue_id": _named("venue", studio),
            "template_id": _named("slot", slot),
            "starts_at": _stamps(street.start[ids]),
            "capacity": street.capacity[ids],
            "category": np.array(CATEGORIES, object)[street.slots.category[slot]],
            "instructor_id": _named("instructor", INSTRUCTORS * studio + street.slots.instructor[slot]),
            "cancelled": street.cancelled_from[ids] <= at,
        }
    )


def reservations_table(books: Books, ids: Ints, at: float) -> pd.DataFrame:
    """Everything booked of some classes until a moment, as it stands then."""
    street, people = books.street, books.people
    who = np.flatnonzero(books.booked & among(street, ids)[people.session])
    session, market = people.session[who], people.market[who]
    start, lost = street.start[session], street.cancelled_from[session]
    left = np.minimum(np.where(books.gone[who], people.cancels[who], np.inf), np.where(lost <= at, lost, np.inf))
    return pd.DataFrame(
        {
            "reservation_id": who,
            "session_id": session,
            "channel": np.where(market, "marketplace", "direct").astype(object),
            "product": product_of(market, books.premium[who]),
            "booked_at": _stamps(people.comes[who]),
            "cancelled_at": _stamps(left),
            "outcome": _outcome(left, start, at, people.shows[who]),
            "amount": _amount(books, who, left, start),
        }
    )


def offers_table(books: Books, ids: Ints) -> pd.DataFrame:
    """What was listed of some classes, one row for each change."""
    table = listed(books, ids)
    table["from_at"] = _stamps(table["from_at"].to_numpy())
    return table


def listed(books: Books, ids: Ints) -> pd.DataFrame:
    """The same with classes as numbers, and times in hours."""
    rows = np.concatenate([np.zeros((0, len(LOGGED))), *books.log])
    table = pd.DataFrame(rows[among(books.street, ids)[rows[:, 0].astype(np.int64)]], columns=list(LOGGED))
    return table.astype({"session_id": np.int64, "spots": np.int64, "premium_spots": np.int64})


def among(street: Street, ids: Ints) -> Bools:
    """Of all classes, which are some."""
    wanted = np.zeros(len(street.slot), bool)
    wanted[ids] = True
    return wanted


def _named(what: str, numbers: Ints) -> Names:
    names = np.array([f"{what}-{number}" for number in range(numbers.max(initial=0) + 1)], object)
    return names[numbers]


def _stamps(hours: Floats) -> pd.DatetimeIndex:
    """Hours since the season's first as UTC, to the second; infinite: NaT."""
    known = np.isfinite(hours)
    since = np.where(known, hours, 0) * 3600
    stamps = START + since.astype("timedelta64[s]")
    return pd.DatetimeIndex(np.where(known, stamps, np.datetime64("NaT", "s"))).tz_localize("UTC")


def _outcome(left: Floats, start: Floats, at: float, shows: Bools) -> Names:
    """What the platform says of each reservation."""
    over, gone = start <= at, np.isfinite(left)
    known = [gone & (left >= start - LATE), gone, over & shows, over]
    return np.select(known, [np.array(word, object) for word in WORDS], np.array("booked", object))


def product_of(market: Bools, premium: Bools) -> Names:
    """Of each reservation, by whether it came through the marketplace and took a premium spot."""
    names = np.full(len(market), None, object)
    names[market], names[premium] = "standard", "premium"
    return names


def _amount(books: Books, who: Ints, left: Floats, start: Floats) -> Floats:
    """What the studio earns: nothing of what was cancelled in time."""
    retail = books.street.of_studio([each.retail for each in books.street.studios])[books.people.session[who]]
    price = np.where(books.people.market[who], books.paid[who], retail)
    return np.where(left < start - LATE, 0.0, price)
