"""A made-up market as the tables of the decision interface: what a studio's platform would tell of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.worlds.draw import CATEGORIES, Floats, Ints, People, World
from benchmarks.worlds.season import Books

OFFERS = ["session_id", "from_at", "spots", "rate", "premium_spots", "premium_rate"]


def tables_of(
    world: World, ids: Ints, books: Books, at: float, weight: float, final: bool = False
) -> dict[str, pd.DataFrame]:
    """Some classes as they stand; ``final``: with all that was ever listed, not only what is in force."""
    inside = np.zeros(len(world.starts), bool)
    inside[ids] = True
    parts = [
        _reservations(world, people, booked, books, inside, at)
        for people, booked in ((world.direct, books.direct), (world.market, books.market))
    ]
    return {
        "studios": _studios(world, weight),
        "sessions": _sessions(world, ids),
        "reservations": pd.concat(parts, ignore_index=True),
        "offers": offers_of(books.offers, inside, final=final),
    }


def _studios(world: World, weight: float) -> pd.DataFrame:
    kinds, unset = world.kinds, pd.array([pd.NA] * len(world.kinds))
    return pd.DataFrame(
        {
            "studio_id": [f"s{n}" for n in range(len(kinds))],
            "timezone": "UTC",
            "currency": "USD",
            "retail_rate": [k.retail for k in kinds],
            "rate_floor": [round(k.retail * k.floor, 2) for k in kinds],
            "rate_ceiling": [round(k.retail * k.ceiling, 2) for k in kinds],
            "min_spots": unset,
            "release_all_hours": unset,
            "displacement_weight": weight,
            "max_displacement_risk": unset,
        }
    )


def _sessions(world: World, ids: Ints) -> pd.DataFrame:
    studio, slot = world.studio[ids].tolist(), world.slot[ids].tolist()
    return pd.DataFrame(
        {
            "session_id": ids.astype(str),
            "studio_id": [f"s{n}" for n in studio],
            "venue_id": [f"v{n}" for n in studio],
            "template_id": world.slot[ids].astype(str),
            "starts_at": instants(world.starts[ids]),
            "capacity": world.capacity[ids],
            "category": [f"c{n % CATEGORIES}" for n in slot],
            "instructor_id": [f"i{n % 1000 % 6}-{n // 1000}" for n in slot],
            "cancelled": False,
        }
    )


def _reservations(
    world: World, people: People, booked: Floats, books: Books, inside: np.ndarray, at: float
) -> pd.DataFrame:
    """What people of one channel have booked by now."""
    who = np.flatnonzero(inside[people.session] & (booked <= at))
    start = world.starts[people.session[who]]
    gone = start - people.until[who]
    is_gone, direct = gone <= at, people is world.direct
    held = np.where((start > at), "booked", np.where(people.shows[who], "attended", "no_show"))
    amount = _retail(world, people.session[who]) if direct else books.paid[who]
    return pd.DataFrame(
        {
            "reservation_id": [f"{'d' if direct else 'm'}{n}" for n in who.tolist()],
            "session_id": people.session[who].astype(str),
            "channel": "direct" if direct else "marketplace",
            "product": pd.Series([pd.NA] * len(who), dtype="string")
            if direct
            else np.where(books.premium[who], "premium", "standard"),
            "booked_at": instants(booked[who]),
            "cancelled_at": pd.Series(instants(np.where(is_gone, gone, 0.0))).where(is_gone),
            "outcome": np.where(is_gone, "cancelled", held),
            "amount": np.where(is_gone, 0.0, amount),
        }
    )


def offers_of(
    offers: list[tuple[int, float, int, float, int, float]], inside: np.ndarray, *, final: bool
) -> pd.DataFrame:
    """What was listed of the classes ``inside``: all of it, or what is in force."""
    rows = [row for row in offers if inside[row[0]]]
    table = pd.DataFrame(rows if final else list({row[0]: row for row in rows}.values()), columns=OFFERS)
    return table.assign(
        session_id=table["session_id"].astype(str), from_at=instants(table["from_at"].to_numpy(dtype=float))
    )


def _retail(world: World, sessions: Ints) -> Floats:
    return np.array([kind.retail for kind in world.kinds])[world.studio[sessions]]


def instants(hours: Floats) -> pd.DatetimeIndex:
    """Hours since 1970 as the tables have them."""
    return pd.to_datetime(np.round(np.asarray(hours, dtype=float) * 3600), unit="s", utc=True)
