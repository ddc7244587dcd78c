"""Policies to be held against each other: a static allocation, EMSR-b, SmartTools, and one who knows the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from adapter.smarttools import SmartTools
from benchmarks.worlds.draw import Floats, Ints, World
from benchmarks.worlds.season import Books, Offer

EDGES = np.array(
    [
        0,
        0.5,
        1,
        1.5,
        2,
        3,
        4,
        5,
        6,
        8,
        10,
        12,
        15,
        18,
        21,
        24,
        28,
        32,
        36,
        42,
        48,
        56,
        64,
        72,
        84,
        96,
        108,
        120,
        132,
        144,
        156,
        168,
        192,
        216,
        240,
        264,
        288,
        312,
        336.0,
    ]
)


def active(world: World, books: Books, at: float, size: int) -> tuple[Ints, Ints]:
    """Direct and marketplace reservations that hold a place now, by class."""
    out = []
    for people, booked in ((world.direct, books.direct), (world.market, books.market)):
        gone = world.starts[people.session] - people.until
        holds = (booked <= at) & ~(gone <= at)
        out.append(np.bincount(people.session[holds], minlength=size))
    return out[0], out[1]


def made(world: World, books: Books, at: float, size: int) -> Ints:
    """Direct reservations made so far, cancelled ones too."""
    return np.bincount(world.direct.session[books.direct <= at], minlength=size)


def none(ids: Ints) -> tuple[Ints, Floats]:
    return np.zeros(len(ids), np.int64), np.zeros(len(ids))


def bounds(world: World, ids: Ints) -> tuple[Floats, Floats, Floats]:
    kinds = [world.kinds[number] for number in world.studio[ids].tolist()]
    retail = np.array([k.retail for k in kinds])
    return retail, np.round(retail * [k.floor for k in kinds], 2), np.round(retail * [k.ceiling for k in kinds], 2)


@dataclass
class Static:
    """Three spots at a flat rate half-way between floor and ceiling."""

    world: World
    spots: int = 3
    listed: bool = True  # False: as each kind had it in its history
    name: str = "three spots, flat rate"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        _, through = active(self.world, books, at, len(self.world.starts))
        _, floor, ceiling = bounds(self.world, ids)
        spots = np.maximum(self.spots - through[ids], 0)
        if not self.listed:
            kinds = [self.world.kinds[number] for number in self.world.studio[ids].tolist()]
            spots = np.where([kind.listed for kind in kinds], spots, 0)
            swing = np.array([kind.tried for kind in kinds]) * np.sin(12.9898 * ids)
            rate = np.round((floor + ceiling) / 2 + swing * (ceiling - floor) / 2, 2)
        else:
            rate = np.round((floor + ceiling) / 2, 2)
        premium, premium_rate = none(ids)
        return Offer(spots, rate, premium, premium_rate)


@dataclass
class Optimum:
    """Knows every parameter of the world, not what will happen; learns a class's own shock from its bookings."""

    world: World
    weight: float = 2.0
    told: bool = False  # knows each class's shock as well
    name: str = "optimum"
    places: int = 72
    tables: dict[int, Floats] = field(default_factory=dict)
    GRID = np.exp(np.linspace(-1.2, 1.0, 12))

    def prepare(self, ids: Ints) -> None:
        """Value tables over lead (EDGES), shock and places, for each slot and level."""
        self.keep, self.rates, self.through = {}, {}, {}
        for number in np.unique(self.world.studio[ids]).tolist():
            self._prepare(ids[self.world.studio[ids] == number])

    def _prepare(self, ids: Ints) -> None:
        world = self.world
        kinds = [world.kinds[n] for n in world.studio[ids].tolist()]
        retail, floor, ceiling = bounds(world, ids)
        # fine steps inside each stretch of EDGES
        fine = np.concatenate(
            [np.linspace(a, b, 1 + max(2, int(np.ceil((b - a) / 1.5))))[:-1] for a, b in pairwise(EDGES.tolist())]
            + [[EDGES[-1]]]
        )
        through_d = np.array(
            [
                curve_through(world.early[i], k.curve.early_hours, k.curve.late_hours, k.curve.opens, fine)
                for i, k in zip(ids, kinds, strict=True)
            ]
        )
        through_m = np.array(
            [
                curve_through(
                    k.market_curve.early,
                    k.market_curve.early_hours,
                    k.market_curve.late_hours,
                    k.market_curve.opens,
                    fine,
                )
                for k in kinds
            ]
        )
        cancels = np.array([k.cancels for k in kinds])
        # a cancellation falls uniformly between booking and start: hazard at lead l for one booked at b: c/(b) ; pooled
        keep = 1 - cancels
        hazard = np.array([pooled_hazard(c, td, fine) for c, td in zip(cancels, through_d, strict=True)])
        rates = np.linspace(floor, ceiling, 16).T
        median, scale = world.median[ids], np.array([k.scale * k.retail for k in kinds])
        accepts = 1 / (1 + np.exp((rates - median[:, None]) / scale[:, None]))
        shows = 1 - np.array([k.no_show for k in kinds])
        grid = np.ones(1) if self.told else self.GRID
        base = world.demand[ids] if self.told else world.level[ids]
        direct = base[:, None, None] * grid[None, :, None] * np.diff(through_d)[:, None, :]
        self.fine = fine
        self.through |= {int(i): td for i, td in zip(ids, through_d, strict=True)}
        places = int(world.capacity[ids].max()) + 2
        value = np.zeros((len(ids), len(grid), places + 1))
        keepers = np.empty((len(EDGES), len(ids), len(grid), places), np.float32)
        keepers[0] = 0
        at = np.searchsorted(fine, EDGES)
        for n in range(1, len(EDGES)):
            lo, hi = at[n - 1], at[n]
            value = dynamic_resume(
                value,
                world.capacity[ids].astype(float),
                direct[:, :, lo:hi],
                (world.looks[ids][:, None] * np.diff(through_m))[:, lo:hi],
                keep[:, None] * np.ones((1, hi - lo)),
                hazard[:, lo:hi],
                self.weight * retail,
                rates * shows[:, None],
                accepts,
                places,
            )
            keepers[n] = np.diff(value, axis=2)
        self.keep |= {int(i): keepers[:, row] for row, i in enumerate(ids)}
        self.rates |= {int(i): (rates[row], accepts[row], shows[row] * keep[row]) for row, i in enumerate(ids)}

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        world = self.world
        size = len(world.starts)
        direct, through = active(world, books, at, size)
        booked = made(world, books, at, size)
        spots, rate = np.zeros(len(ids), np.int64), np.zeros(len(ids))
        for row, i in enumerate(ids.tolist()):
            lead = world.starts[i] - at
            free = int(world.capacity[i] - direct[i] - through[i])
            rates, accepts, paid = self.rates[i]
            rate[row] = rates[-1]
            if free <= 0:
                continue
            tables = self.keep[i]
            place = np.searchsorted(EDGES, lead)
            if place >= len(EDGES):
                cost = tables[-1]
            else:
                a, b = EDGES[place - 1], EDGES[place]
                cost = tables[place - 1] + (tables[place] - tables[place - 1]) * ((lead - a) / (b - a))
            if self.told:
                own = cost[0]
            else:
                seen = 1 - float(np.interp(lead, self.fine, self.through[i]))
                shape = self.world.kinds[self.world.studio[i]].own_shape
                sigma = self.world.kinds[self.world.studio[i]].day_sigma
                shape = 1 / (1 / shape + sigma**2)
                log = (
                    (shape - 1 + booked[i]) * np.log(self.GRID)
                    - (shape + world.level[i] * seen) * self.GRID
                    + np.log(self.GRID)
                )
                w = np.exp(log - log.max())
                own = (w / w.sum()) @ cost
            first = own[free - 1]
            gains = (rates * paid - first) * accepts
            if gains.max() <= 0:
                continue
            best = int(np.argmax(gains))
            rate[row] = rates[best]
            spots[row] = int(np.count_nonzero(own[:free] < rates[best] * paid))
        premium, premium_rate = none(ids)
        return Offer(spots, rate, premium, premium_rate)


def dynamic_resume(value, capacity, direct, looks, stand, cancelled, worth, rates, accepts, places):
    steps = direct.shape[2]
    taken = np.maximum(capacity[:, None, None] - np.arange(places + 1.0), 0.0)
    busy = direct.max(axis=1) + looks + cancelled * capacity[:, None]
    count = np.maximum(np.ceil(busy.max(axis=0) / 0.5), 1).astype(int)
    small = np.repeat(np.arange(steps), count)
    share = 1 / count[small]
    direct, looks, cancelled, stand = (
        direct[:, :, small] * share,
        looks[:, small] * share,
        cancelled[:, small] * share,
        stand[:, small],
    )
    for step in range(len(small)):

        def slope(v, step=step):
            cost = v[..., 1:] - v[..., :-1]
            best = np.zeros_like(cost)
            for rung in range(rates.shape[1]):
                np.maximum(
                    best,
                    accepts[:, rung, None, None] * (rates[:, rung, None, None] * stand[:, step, None, None] - cost),
                    out=best,
                )
            up = np.zeros_like(v)
            up[..., 1:] = (
                direct[:, :, step, None] * (worth[:, None, None] * stand[:, step, None, None] - cost)
                + looks[:, step, None, None] * best
            )
            up[..., :-1] += cancelled[:, step, None, None] * taken[..., :-1] * cost
            return up

        first = slope(value)
        value = value + 0.5 * (first + slope(value + first))
    return value


def curve_through(early, early_hours, late_hours, opens, lead):
    def part(h):
        return np.minimum(-np.expm1(-lead / h) / -np.expm1(-opens / h), 1.0)

    return early * part(early_hours) + (1 - early) * part(late_hours)


def pooled_hazard(cancels, through, fine):
    """Chance that one active reservation is cancelled in each fine step, averaged over when it was booked."""
    # of those booked at lead b (mass dF), alive at lead l<b: 1 - c*(b-l)/b ; cancel rate c/b
    mass = np.diff(through)
    b = (fine[1:] + fine[:-1]) / 2
    out = np.zeros(len(mass))
    for j in range(len(mass)):
        lead = b[j]
        older = slice(j, None)
        alive = mass[older] * (1 - cancels * (b[older] - lead) / b[older])
        rate = mass[older] * cancels / b[older]
        out[j] = (rate.sum() / max(alive.sum(), 1e-12)) * (fine[j + 1] - fine[j])
    return np.minimum(out, 0.5)


def instant(hours) -> pd.DatetimeIndex:
    return pd.to_datetime(np.round(np.asarray(hours, dtype=float) * 3600), unit="s", utc=True)


@dataclass
class Tools:
    """SmartTools through its own door."""

    world: World
    tools: SmartTools
    weight: float = 2.0
    name: str = "SmartTools"

    def tables(self, ids: Ints, books: Books, at: float) -> dict[str, pd.DataFrame]:
        """What it is told."""
        return tables_of(self.world, ids, books, at, self.weight)

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        found = self.tools.decide(datetime.fromtimestamp(at * 3600, UTC), **self.tables(ids, books, at))
        return Offer(
            found["spots"].to_numpy(),
            found["rate"].to_numpy(),
            found["premium_spots"].to_numpy(),
            found["premium_rate"].fillna(0).to_numpy(dtype=float),
            found["expected_direct"].to_numpy(),
            found["displacement_risk"].to_numpy(),
        )


def studios_table(world: World, weight: float) -> pd.DataFrame:
    kinds = world.kinds
    return pd.DataFrame(
        {
            "studio_id": [f"s{n}" for n in range(len(kinds))],
            "timezone": "UTC",
            "currency": "USD",
            "retail_rate": [k.retail for k in kinds],
            "rate_floor": [round(k.retail * k.floor, 2) for k in kinds],
            "rate_ceiling": [round(k.retail * k.ceiling, 2) for k in kinds],
            "min_spots": pd.array([pd.NA] * len(kinds)),
            "release_all_hours": pd.array([pd.NA] * len(kinds)),
            "displacement_weight": weight,
            "max_displacement_risk": pd.array([pd.NA] * len(kinds)),
        }
    )


def tables_of(
    world: World, ids: Ints, books: Books, at: float, weight: float, final: bool = False
) -> dict[str, pd.DataFrame]:
    studio = world.studio[ids]
    sessions = pd.DataFrame(
        {
            "session_id": ids.astype(str),
            "studio_id": [f"s{n}" for n in studio.tolist()],
            "venue_id": [f"v{n}" for n in studio.tolist()],
            "template_id": world.slot[ids].astype(str),
            "starts_at": instant(world.starts[ids]),
            "capacity": world.capacity[ids],
            "category": [f"c{n % 3}" for n in world.slot[ids].tolist()],
            "instructor_id": [f"i{n % 1000 % 6}-{n // 1000}" for n in world.slot[ids].tolist()],
            "cancelled": False,
        }
    )
    inside = np.zeros(len(world.starts), bool)
    inside[ids] = True
    parts = []
    for channel, people, booked in (
        ("direct", world.direct, books.direct),
        ("marketplace", world.market, books.market),
    ):
        who = np.flatnonzero(inside[people.session] & (booked <= at))
        start = world.starts[people.session[who]]
        gone = start - people.until[who]
        is_gone = gone <= at
        outcome = np.where(
            is_gone, "cancelled", np.where((start > at), "booked", np.where(people.shows[who], "attended", "no_show"))
        )
        parts.append(
            pd.DataFrame(
                {
                    "reservation_id": [f"{channel[0]}{n}" for n in who.tolist()],
                    "session_id": people.session[who].astype(str),
                    "channel": channel,
                    "product": pd.Series([pd.NA] * len(who), dtype="string")
                    if channel == "direct"
                    else np.where(books.premium[who], "premium", "standard"),
                    "booked_at": instant(booked[who]),
                    "cancelled_at": pd.Series(instant(np.where(is_gone, gone, 0.0))).where(is_gone, pd.NaT),
                    "outcome": outcome,
                    "amount": np.where(
                        is_gone,
                        0.0,
                        world_retail(world, people.session[who]) if channel == "direct" else books.paid[who],
                    ),
                }
            )
        )
    offers = [row for row in books.offers if inside[row[0]]]
    if not final:
        offers = list({row[0]: row for row in offers}.values())
    table = pd.DataFrame(offers, columns=["session_id", "from_at", "spots", "rate", "premium_spots", "premium_rate"])
    table["session_id"] = table["session_id"].astype(str)
    table["from_at"] = instant(table["from_at"].to_numpy(dtype=float))
    return {
        "studios": studios_table(world, weight),
        "sessions": sessions,
        "reservations": pd.concat(parts, ignore_index=True),
        "offers": table,
    }


def world_retail(world: World, sessions: Ints) -> Floats:
    return np.array([k.retail for k in world.kinds])[world.studio[sessions]]


@dataclass
class Emsr:
    """Littlewood's rule re-solved at each decision: pickup forecast by slot from history, Poisson, a flat rate."""

    world: World
    mean: Floats  # final direct by class, forecast from history
    curve: Floats  # share to come by EDGES
    weight: float = 2.0
    name: str = "EMSR-b with pickup, re-solved"

    def decide(self, at: float, ids: Ints, books: Books) -> Offer:
        world = self.world
        direct, through = active(world, books, at, len(world.starts))
        retail, floor, ceiling = bounds(world, ids)
        rate = np.round((floor + ceiling) / 2, 2)
        lead = world.starts[ids] - at
        coming = self.mean[ids] * np.interp(lead, EDGES, self.curve)
        spots = np.zeros(len(ids), np.int64)
        for row, i in enumerate(ids.tolist()):
            free = max(int(world.capacity[i] - direct[i] - through[i]), 0)
            ratio = rate[row] / retail[row]
            y, term, below = 0, math.exp(-coming[row]), 0.0
            while 1 - below - term > ratio:  # another direct client is likelier than the rate is worth
                below += term
                y += 1
                term *= coming[row] / y
            spots[row] = max(free - y, 0)
        premium, premium_rate = none(ids)
        return Offer(spots, rate, premium, premium_rate)
