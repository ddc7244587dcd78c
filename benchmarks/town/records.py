"""What the town's booking platforms would tell: its ledger as the tables of the decision interface, and as a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.town.life import Ledger, Town
from benchmarks.town.timetable import RETAIL, STUDIOS
from benchmarks.worlds.draw import Floats, Ints
from benchmarks.worlds.tables import instants, offers_of

FLOOR, CEILING = 0.35, 0.9  # of the direct price


@dataclass(frozen=True)
class Found:
    """A ledger as arrays."""

    wish: Ints
    guest: np.ndarray
    session: Ints
    booked: Floats
    gone: Floats
    shows: np.ndarray
    paid: Floats
    premium: np.ndarray

    @classmethod
    def of(cls, ledger: Ledger) -> Found:
        """All of it."""
        return cls(**{name: np.array(getattr(ledger, name)) for name in cls.__dataclass_fields__})


def tables_of(
    town: Town, ids: Ints, ledger: Ledger, at: float, weight: float, *, final: bool = False
) -> dict[str, pd.DataFrame]:
    """Some classes as they stand; ``final``: with all that was ever listed, not only what is in force."""
    inside = np.zeros(len(town.table), bool)
    inside[ids] = True
    return {
        "studios": _studios(weight),
        "sessions": _sessions(town, ids),
        "reservations": _reservations(town, Found.of(ledger), inside, at),
        "offers": offers_of(ledger.offers, inside, final=final),
    }


def _studios(weight: float) -> pd.DataFrame:
    unset = pd.array([pd.NA] * len(STUDIOS))
    return pd.DataFrame(
        {
            "studio_id": [studio.name for studio in STUDIOS],
            "timezone": "UTC",
            "currency": "USD",
            "retail_rate": RETAIL,
            "rate_floor": np.round(RETAIL * FLOOR, 2),
            "rate_ceiling": np.round(RETAIL * CEILING, 2),
            "min_spots": unset,
            "release_all_hours": unset,
            "displacement_weight": weight,
            "max_displacement_risk": unset,
        }
    )


def _sessions(town: Town, ids: Ints) -> pd.DataFrame:
    table = town.table
    names = [STUDIOS[number].name for number in table.studio[ids].tolist()]
    return pd.DataFrame(
        {
            "session_id": ids.astype(str),
            "studio_id": names,
            "venue_id": names,
            "template_id": table.slot[ids].astype(str),
            "starts_at": instants(table.starts[ids]),
            "capacity": table.capacity[ids],
            "category": table.category[ids].astype(str),
            "instructor_id": [f"{n}-{i}" for n, i in zip(names, table.instructor[ids].tolist(), strict=True)],
            "cancelled": False,
        }
    )


def _reservations(town: Town, found: Found, inside: np.ndarray, at: float) -> pd.DataFrame:
    who = np.flatnonzero(inside[found.session] & (found.booked <= at)) if len(found.session) else np.zeros(0, np.int64)
    session, guest = found.session[who].astype(np.int64), found.guest[who].astype(bool)
    start, gone = town.table.starts[session], found.gone[who]
    is_gone = gone <= np.minimum(at, start)
    held = np.where(start > at, "booked", np.where(found.shows[who], "attended", "no_show"))
    retail = RETAIL[town.table.studio[session]]
    product = np.where(found.premium[who], "premium", "standard")
    return pd.DataFrame(
        {
            "reservation_id": who.astype(str),
            "session_id": session.astype(str),
            "channel": np.where(guest, "marketplace", "direct"),
            "product": pd.Series(product, dtype="string").where(guest, pd.NA),
            "booked_at": instants(found.booked[who]),
            "cancelled_at": pd.Series(instants(np.where(is_gone, gone, 0.0))).where(is_gone),
            "outcome": np.where(is_gone, "cancelled", held),
            "amount": np.where(is_gone, 0.0, np.where(guest, found.paid[who], retail)),
        }
    )


@dataclass(frozen=True)
class Score:
    """What weeks brought, by studio."""

    payouts: Floats
    displaced: Floats  # members who would have come somewhere in their studio, and now did not
    visitors: Floats
    filled: Floats
    direct: Floats  # visits of members with no marketplace at all

    def value(self, weight: float) -> Floats:
        """Payouts less the weighted retail value of displaced members."""
        return self.payouts - weight * RETAIL * self.displaced


def score(town: Town, ledger: Ledger, alone: Ledger) -> Score:
    """Against the same people with no marketplace at all (``alone``)."""
    found, before = Found.of(ledger), Found.of(alone)
    stood = np.isinf(found.gone)
    came, usual = _visits(town, found), _visits(town, before)
    lost = usual & ~came
    house = town.table.studio[found.session]
    guests = stood & found.guest & found.shows

    def by(studios: Ints, weights: Floats | None = None) -> Floats:
        return np.bincount(studios, weights, len(STUDIOS)).astype(float)

    return Score(
        payouts=by(house[guests], found.paid[guests]),
        displaced=by(town.members.studio[lost]),
        visitors=by(house[guests]),
        filled=by(house[stood]),
        direct=by(town.members.studio[usual]),
    )


def _visits(town: Town, found: Found) -> np.ndarray:
    """Which wishes of members ended in a reservation that stood."""
    out = np.zeros(len(town.members), bool)
    out[found.wish[np.isinf(found.gone) & ~found.guest]] = True
    return out
