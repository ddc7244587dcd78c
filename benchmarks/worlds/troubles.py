"""What goes wrong in a studio, and in what it writes down: each trouble alters a made-up market, or what is told of it.

``lies`` alters tables (what SmartTools is told), ``happens`` the market itself (who comes, how many places there are).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.worlds.draw import MONDAY, WEEK, Bools, People, World

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A trouble by its name."""

    name: str
    lies: Callable[[Tables], Tables] | None = None
    happens: Callable[[World], World] | None = None
    kind: str = "usual"
    weeks_old: int = 0  # the model's history ends so many weeks before


def _draw(tables: Tables, name: str) -> np.random.Generator:
    """The same for the same table, whenever it is asked."""
    return np.random.default_rng(len(tables[name]))


def is_past(tables: Tables) -> bool:
    """Whether these are finished sessions: what is learned from."""
    return bool((tables["reservations"]["outcome"] == "attended").any())


def places_closed(tables: Tables) -> Tables:
    """Of a third of the past classes the studio had closed a part of the places that stayed empty (SS-21)."""
    if not is_past(tables):
        return tables
    sessions, chance = tables["sessions"], _draw(tables, "sessions")
    standing = tables["reservations"][tables["reservations"]["outcome"].isin(["attended", "no_show"])]
    taken = sessions["session_id"].map(standing.groupby("session_id").size()).fillna(0)
    closed = np.maximum(np.minimum(5, sessions["capacity"] - taken - 1), 0) * (chance.random(len(sessions)) < 1 / 3)
    return tables | {"sessions": sessions.assign(capacity=sessions["capacity"] - closed)}


def staff_bookings(tables: Tables) -> Tables:
    """Two places of every class are booked two weeks ahead by staff, at no charge, and given up an hour before."""
    sessions = tables["sessions"]
    rows = sessions.loc[sessions.index.repeat(2), ["session_id", "starts_at"]].reset_index(drop=True)
    gone = rows["starts_at"] - pd.Timedelta(hours=1)
    past = is_past(tables)
    staff = pd.DataFrame(
        {
            "reservation_id": [f"staff{number}" for number in range(len(rows))],
            "session_id": rows["session_id"],
            "channel": "direct",
            "product": pd.Series([pd.NA] * len(rows), dtype="string"),
            "booked_at": rows["starts_at"] - pd.Timedelta(days=14),
            "cancelled_at": gone if past else pd.Series(pd.NaT, index=rows.index, dtype=gone.dtype),
            "outcome": "cancelled" if past else "booked",
            "amount": 0.0,
        }
    )
    return tables | {"reservations": pd.concat([tables["reservations"], staff], ignore_index=True)}


def sessions_twice(tables: Tables) -> Tables:
    """A fifth of the past classes are there twice, under another id, with their reservations."""
    if not is_past(tables):
        return tables
    sessions, booked, offers = tables["sessions"], tables["reservations"], tables["offers"]
    twice = sessions[_draw(tables, "sessions").random(len(sessions)) < 0.2]["session_id"]

    def again(table: pd.DataFrame) -> pd.DataFrame:
        own = table[table["session_id"].isin(twice)]
        own = own.assign(session_id=own["session_id"] + "-copy")
        if "reservation_id" in own:
            own = own.assign(reservation_id=own["reservation_id"] + "-copy")
        return pd.concat([table, own], ignore_index=True)

    return tables | {"sessions": again(sessions), "reservations": again(booked), "offers": again(offers)}


def weeks_cancelled(tables: Tables) -> Tables:
    """Three of the last ten weeks did not take place: all was cancelled, sessions and reservations."""
    if not is_past(tables):
        return tables
    sessions, booked = tables["sessions"], tables["reservations"]
    ago: pd.Series[pd.Timedelta] = pd.Timestamp(MONDAY * 3600, unit="s", tz="UTC") - sessions["starts_at"]
    gone = (ago / pd.Timedelta(weeks=1)).astype(int).isin([1, 4, 9])
    ids = sessions.loc[gone, "session_id"]
    off = booked["session_id"].isin(ids)
    return tables | {
        "sessions": sessions.assign(cancelled=gone),
        "reservations": booked.assign(outcome=booked["outcome"].where(~off, "cancelled")),
    }


def old_prices(tables: Tables) -> Tables:
    """What is over was sold at half the prices of now."""
    if not is_past(tables):
        return tables
    kept = tables["studios"].iloc[[0]]
    old = {name: float(kept[name].iloc[0]) / 2 for name in ("retail_rate", "rate_floor", "rate_ceiling")}
    return tables | {
        "sessions": tables["sessions"].assign(**old),
        "offers": tables["offers"].assign(rate=tables["offers"]["rate"] / 2),
    }


def prices_double(world: World) -> World:
    """From the season on everything costs twice as much; three in ten direct clients stay away, no guest is richer."""
    kinds = [replace(kind, retail=2 * kind.retail, scale=kind.scale / 2) for kind in world.kinds]
    return thinned(replace(world, kinds=kinds), ~world.past, 0.7)


def rooms_cut(world: World) -> World:
    """From the season on each class has three quarters of its places, and as much demand as before."""
    return replace(world, capacity=np.where(world.past, world.capacity, (world.capacity * 3) // 4))


def holiday(world: World) -> World:
    """In the second week four in ten direct clients come."""
    return thinned(world, (world.starts >= MONDAY + WEEK) & (world.starts < MONDAY + 2 * WEEK), 0.4)


def pandemic(world: World) -> World:
    """In the second week hardly anybody comes, and two thirds of who had booked cancel; the weeks after are as ever."""
    closed = (world.starts >= MONDAY + WEEK) & (world.starts < MONDAY + 2 * WEEK)
    gone = closed[world.direct.session] & (np.random.default_rng(5).random(len(world.direct)) < 0.67)
    lead = world.direct.lead
    until = np.where(
        gone & np.isnan(world.direct.until) & (lead > 24), np.minimum(lead, 48.0) * 0.9, world.direct.until
    )
    return thinned(replace(world, direct=replace(world.direct, until=until)), closed, 0.3)


def pandemic_before(world: World) -> World:
    """The last six weeks before the season were nearly empty; from the season on all is as it had been."""
    return thinned(world, world.past & (world.starts >= MONDAY - 6 * WEEK), 0.1)


def groups(world: World) -> World:
    """Every other direct client stays away, and the rest bring a friend at the same moment."""
    direct = world.direct
    kept = np.flatnonzero(np.random.default_rng(7).random(len(direct)) < 0.5)
    return replace(world, direct=_taken(direct, np.repeat(kept, 2)))


def substitutes(world: World) -> World:
    """A quarter of a class's direct clients turn to the studio's next class if that comes within a day, in season."""
    chance, direct = np.random.default_rng(9), world.direct
    following = np.full(len(world.starts), -1)
    for studio in np.unique(world.studio).tolist():
        own = np.flatnonzero(world.studio == studio)
        following[own[:-1]] = np.where(np.diff(world.starts[own]) <= 24, own[1:], -1)
    target = following[direct.session]
    moves = (chance.random(len(direct)) < 0.25) & (target >= 0) & ~world.past[direct.session]
    session = np.where(moves, target, direct.session)
    order = np.lexsort((-direct.lead, session))
    return replace(world, direct=_taken(replace(direct, session=session), order))


def thinned(world: World, where: Bools, share: float) -> World:
    """Only a share of the direct clients of some classes."""
    direct = world.direct
    stay = ~where[direct.session] | (np.random.default_rng(3).random(len(direct)) < share)
    return replace(world, direct=_taken(direct, np.flatnonzero(stay)))


def _taken(people: People, rows: np.ndarray) -> People:
    return People(*(getattr(people, name)[rows] for name in ("session", "lead", "until", "shows", "most")))


TROUBLES = (
    Trouble(name="none"),
    Trouble(name="places closed by the studio", lies=places_closed),
    Trouble(name="staff bookings", lies=staff_bookings),
    Trouble(name="sessions given twice", lies=sessions_twice),
    Trouble(name="cancelled weeks", lies=weeks_cancelled),
    Trouble(name="rooms cut by a quarter", happens=rooms_cut),
    Trouble(name="prices doubled", lies=old_prices, happens=prices_double),
    Trouble(name="a holiday week", happens=holiday),
    Trouble(name="a pandemic week", happens=pandemic),
    Trouble(name="six pandemic weeks before", happens=pandemic_before),
    Trouble(name="a model eight weeks old", weeks_old=8, kind="growing"),
    Trouble(name="groups", happens=groups),
    Trouble(name="substitution", happens=substitutes),
)
