"""Streets whose direct clients are real: classes of a leisure operator, and the days of a city hotel.

Of the classes only final counts are known, so when people booked is drawn; of the hotel it is known of everybody, and
when they cancelled. Those whom a travel site sent are the hotel's marketplace users: that they came and when is real.
What marketplace users would pay is drawn everywhere, and how many look at the classes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from adapter.backtest.facts import facts_of_history
from adapter.backtest.history import read_history
from benchmarks.shared_data import arrival_days, count_of
from benchmarks.street import curves
from benchmarks.street.draw import MONDAY, WEEK, Bools, Floats, Ints, Slots, Street, Studio
from benchmarks.street.kinds import Kind
from benchmarks.street.people import People, leads

Life = tuple[Street, People]

RETAIL, FLOOR, CEILING, POSTED = 20.0, 4.0, 20.0, 11.0
WILLING, SPREAD = 0.52, 0.32  # median of what users would pay over retail, and how far (log) they differ
INTEREST = 0.5  # users who look at a class, over its places
NEW = 0.6  # of those who look at a class
CANCELLING = (0.05, 0.03)  # hazards, of guests who are made up to see what displacing them would do
SCARCE = 0.8  # of the days before the season, direct clients alone would find the hotel's rooms not full
ROOMS = ("A", "D")  # types of rooms that are studios of their own; all others are a third


def classes(path: Path, weeks: int, rng: np.random.Generator) -> Life:
    """The last weeks of the operator's history are the season; each site is a studio."""
    facts = facts_of_history(read_history(path), "UTC", RETAIL)
    held = facts["sessions"]
    came = count_of(held, facts["reservations"]).astype(np.int64)
    sites, site = np.unique(held["venue_id"].astype(str), return_inverse=True)
    street = _street(sites, site, held["template_id"], held["starts_at"], held["capacity"].to_numpy(np.int64), weeks)
    number = np.arange(len(held))
    direct = np.repeat(number, came)
    looks = np.repeat(number, rng.poisson(INTEREST * street.capacity))
    session = np.concatenate([direct, looks])
    market = np.arange(len(session)) >= len(direct)
    ahead = np.concatenate(
        [
            leads(street, direct, street.slots.direct_curve, rng),
            leads(street, looks, street.slots.market_curve, rng),
        ]
    )
    never, yes = np.full(len(session), np.inf), np.ones(len(session), bool)
    pays, new = _pays(len(session), rng), rng.random(len(session)) < NEW
    return street, People(session, street.start[session] - ahead, market, pays, never, yes, new)


def days(path: Path, weeks: int, rng: np.random.Generator) -> Life:
    """The hotel's last weeks are the season; each type of room is a studio and each day a class."""
    held = pd.read_csv(path)
    arrives = arrival_days(held)
    kind = np.where(held["reserved_room_type"].isin(ROOMS), held["reserved_room_type"], "other")
    rooms, room = np.unique(kind, return_inverse=True)
    market, gone = (held["market_segment"] == "Online TA").to_numpy(), (held["reservation_status"] == "Canceled")
    date, dates = pd.factorize(arrives, sort=True)
    cell = room * len(dates) + date
    capacity = _rooms(cell[~market & ~gone.to_numpy()], len(rooms), len(dates), weeks)
    where, which = np.divmod(np.arange(len(rooms) * len(dates)), len(dates))
    starts = pd.Series(pd.DatetimeIndex(dates)[which]) + pd.Timedelta(hours=14)
    street = _street(rooms, where, pd.Series(where).astype(str) + starts.dt.day_name(), starts, capacity[where], weeks)
    # Booked and cancelled are known to the day: at what time is drawn, before the arrival at two in the afternoon.
    start, within = street.start[cell], rng.random((2, len(held)))
    comes = start - 14 - 24 * held["lead_time"].to_numpy() + within[0] * np.where(held["lead_time"] > 0, 24, 14)
    over = (pd.to_datetime(held["reservation_status_date"], utc=True) - arrives) / pd.Timedelta(hours=1)
    cancels = np.maximum(start - 14 + over.to_numpy() + within[1] * 14, comes + 0.1)
    cancels = np.where(gone & (cancels < start), cancels, np.inf)
    shows, new = (held["reservation_status"] != "No-Show").to_numpy(), (held["is_repeated_guest"] == 0).to_numpy()
    return street, People(cell, comes, market, _pays(len(held), rng), cancels, shows, new)


def _rooms(cell: Ints, rooms: int, dates: int, weeks: int) -> Ints:
    """How many of each type there are: nobody says."""
    stood = np.bincount(cell, minlength=rooms * dates).reshape(rooms, dates)
    return np.asarray(np.quantile(stood[:, : -7 * weeks], SCARCE, axis=1).round(), dtype=np.int64)


def _pays(people: int, rng: np.random.Generator) -> Floats:
    return np.asarray(WILLING * RETAIL * np.exp(SPREAD * rng.normal(size=people)))


def _street(
    names: np.ndarray, studio: Ints, template: pd.Series, starts: pd.Series, capacity: Ints, weeks: int
) -> Street:
    """``capacity`` of each class; a recurring class in another room is another one. The season begins on a Monday."""
    _, slot = np.unique(template.astype(str).to_numpy() + "|" + capacity.astype(str), return_inverse=True)
    _, first = np.unique(slot, return_index=True)
    hour = starts.dt.hour.to_numpy(np.int64)[first]
    nothing, none = np.zeros(len(first), np.int64), np.zeros(len(first))
    slots = Slots(
        studio=studio[first],
        weekday=starts.dt.day_of_week.to_numpy(np.int64)[first],
        hour=hour,
        capacity=capacity[first],
        instructor=nothing,
        category=nothing,
        direct=none,
        market=none,
        willing=none,
        direct_curve=curves.by_day(curves.direct(0.12, 84.0, 1.0), hour),
        market_curve=curves.by_day(curves.market(0.5, 20.0, 90.0), hour),
    )
    hours = ((starts - MONDAY) / pd.Timedelta(hours=1)).to_numpy()
    start = hours - WEEK * (np.floor(hours.max() / WEEK) + 1 - weeks)
    studios = [_studio(str(name)) for name in names]
    return Street(studios, slots, slot, start, np.zeros(len(slot)), np.full(len(slot), np.inf))


def _studio(name: str) -> Studio:
    still = (0.0, 0.0)
    return Studio(
        Kind(name), "Europe/London", RETAIL, FLOOR, CEILING, POSTED, 0.0, still, still, CANCELLING, 0.0, False, SPREAD
    )


def of_studio(street: Street, name: str) -> Bools:
    """Which classes of the season are a studio's."""
    number = [each.kind.name for each in street.studios].index(name)
    return np.asarray(street.scored & (street.studio == number))
