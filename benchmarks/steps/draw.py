"""Draw the market: every studio's, slot's and class's true parameters. No person is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.steps import curves
from benchmarks.steps.kinds import Kind
from benchmarks.steps.slots import CATEGORIES, VALUED, Timetable, draw_timetable
from benchmarks.steps.willing import FAMILIES, STEEPNESS, share_paying
from benchmarks.street import draw as street_draw
from benchmarks.street import kinds as street_kinds
from benchmarks.street.draw import Bools, Floats, Ints, Slots, Street

MONDAY = pd.Timestamp("2026-01-19", tz="UTC")  # the season's first hour
ZONES = ("Europe/Paris", "Europe/London", "Europe/Madrid", "America/New_York")
MEDIAN, INTEREST = (0.40, 0.64), (0.30, 0.70)  # ranges of studios: what users would pay, over retail; how many look
STEPS_OF_STAY = 33  # between four days before a class and the time after which nobody cancels


@dataclass(frozen=True)
class Studio:
    """What is true of a studio, and what it has set."""

    kind: Kind
    zone: str
    retail: float
    floor: float
    ceiling: float
    places: int
    posted: float  # its flat rate
    before: float  # the flat rate until it was changed
    since: int  # the week from which it is ``posted``
    direct: tuple[float, float, float]  # the curve's near share, mean lead in hours of the near and of the far
    market: tuple[float, float, float]
    cancelling: float  # chance that a booking is cancelled in a step
    no_show: float
    family: int
    steepness: float
    median: float  # of what marketplace users would pay
    load: float  # mean direct demand over places
    interest: float  # of marketplace users
    growth: float  # of direct demand, a week, as a logarithm


@dataclass(frozen=True)
class Market:
    """Studios and classes; ``street`` holds what is known of them, all else is true.

    ``direct`` and ``looks`` are the mean numbers of people by class and step, the last step before the start first.
    """

    street: Street
    studios: list[Studio]
    week: Ints
    instructor: Ints
    direct: Floats
    looks: Floats
    median: Floats
    busy: Floats  # by slot, as ``usual``: what ``Timetable`` says
    usual: Floats

    @property
    def past(self) -> Bools:
        """The classes of the weeks before the season."""
        return self.week < 0

    @property
    def last(self) -> Ints:
        """Number of each class's last step."""
        return curves.last_step(self.street.start)

    def of_studio(self, name: str) -> Floats:
        """What is true of studios, by class."""
        return self.street.of_studio([getattr(each, name) for each in self.studios])

    def share_paying(self, ids: Ints, rate: Floats) -> Floats:
        """The share of some classes' marketplace users who would pay a rate each."""
        family, steepness = self.of_studio("family")[ids].astype(np.int64), self.of_studio("steepness")[ids]
        return share_paying(family, steepness, self.median[ids], rate)


def draw(kinds: Sequence[Kind], each: int, weeks: int, rng: np.random.Generator) -> Market:
    """So many studios of each kind, with the weeks behind them and those of the season."""
    popular, valued = rng.normal(0, 0.15, len(CATEGORIES)), rng.normal(0, VALUED, len(CATEGORIES))
    studios, tables = [], []
    for kind in kinds:
        for _ in range(each):
            studio = _studio(kind, rng)
            studios.append(studio)
            tables.append(draw_timetable(kind.history, weeks, studio.growth, popular, valued, rng))
    return _market(studios, tables)


def _studio(kind: Kind, rng: np.random.Generator) -> Studio:
    zone, retail = ZONES[rng.integers(len(ZONES))], round(rng.uniform(12, 32) * 2) / 2
    floor, ceiling = round(rng.uniform(0.22, 0.30) * retail, 2), round(rng.uniform(0.80, 1.0) * retail, 2)
    places = int(rng.integers(*kind.places, endpoint=True))
    posted = round(max(floor, rng.uniform(0.36, 0.53) * retail), 2)
    changed, since = rng.random() < 0.33, -int(rng.integers(4, 12))
    factor = rng.uniform(0.75, 0.9) if rng.random() < 0.5 else rng.uniform(1.1, 1.3)
    before = round(float(np.clip(posted * factor, floor, ceiling)), 2) if changed else posted
    direct = (rng.uniform(*kind.late), rng.uniform(*kind.near), rng.uniform(*kind.far))
    market = (rng.uniform(0.4, 0.7), rng.uniform(14, 36), rng.uniform(70, 120))
    cancelling = 1 - (1 - rng.uniform(0.05, 0.16)) ** (1 / STEPS_OF_STAY)
    no_show = rng.uniform(0.02, 0.07)
    family, steepness = int(rng.integers(len(FAMILIES))), [rng.uniform(*bounds) for bounds in STEEPNESS]
    median = rng.uniform(*MEDIAN) * retail
    load, interest = rng.uniform(*kind.load), rng.uniform(*INTEREST)
    growth = rng.uniform(*kind.growth) if kind.growth else 0.0
    return Studio(
        kind, zone, retail, floor, ceiling, places, posted, before, since, direct, market,
        cancelling, no_show, family, steepness[family], median, load, interest, growth,
    )  # fmt: skip


def crowd(places: Floats | int) -> Floats:
    """How many marketplace users look at a class of so many places if all are interested."""
    return np.asarray(np.asarray(places, np.float64) ** 0.85 * 1.5)


def _market(studios: list[Studio], tables: list[Timetable]) -> Market:
    """All studios' classes, one after the other."""
    studio = np.repeat(np.arange(len(tables)), [len(each.slot) for each in tables])
    places, interest = np.array([(each.places, each.interest) for each in studios])[studio].T
    load, willing = np.array([(each.load, each.median) for each in studios])[studio].T
    start, offset = (np.concatenate(pair) for pair in zip(*map(_starts, studios, tables), strict=True))
    direct, looks, valued = (
        np.concatenate([getattr(each, name) for each in tables]) for name in ("direct", "looks", "valued")
    )
    direct_curve, market_curve = (
        curves.by_step(start, offset, *np.array([getattr(each, name) for each in studios])[studio].T)
        for name in ("direct", "market")
    )
    return Market(
        _street(studios, tables, start),
        studios,
        np.concatenate([each.week for each in tables]),
        np.concatenate([each.instructor for each in tables]),
        (load * places * np.exp(direct))[:, None] * direct_curve,
        (interest * crowd(places) * np.exp(looks))[:, None] * market_curve,
        willing * np.exp(valued),
        np.concatenate([each.busy for each in tables]),
        np.concatenate([each.usual for each in tables]),
    )


def _starts(studio: Studio, table: Timetable) -> tuple[Floats, Floats]:
    """Hours since ``MONDAY``, at the local hour whatever the clocks do, and the local clock's offset."""
    hours = 24.0 * (7 * table.week + table.weekday[table.slot]) + table.hour[table.slot]
    local = MONDAY.tz_localize(None) + pd.to_timedelta(hours, unit="h")
    since = (local.tz_localize(studio.zone).tz_convert("UTC") - MONDAY) / pd.Timedelta(hours=1)
    return np.asarray(since, np.float64), hours - np.asarray(since, np.float64)


def _street(studios: list[Studio], tables: list[Timetable], start: Floats) -> Street:
    """What the street's seasons and rules ask for; what it would take to draw people there is left empty."""
    sizes = [len(each.hour) for each in tables]
    first = np.cumsum([0, *sizes])
    studio = np.repeat(np.arange(len(studios)), sizes)
    nothing, none = np.zeros(len(studio), np.int64), np.zeros(len(studio))
    slots = Slots(
        studio=studio,
        weekday=np.concatenate([each.weekday for each in tables]),
        hour=np.concatenate([each.hour for each in tables]).astype(np.int64),  # without the half
        capacity=np.array([each.places for each in studios])[studio],
        instructor=nothing,
        category=np.concatenate([each.category for each in tables]),
        direct=none,
        market=none,
        willing=none,
        direct_curve=none[:, None],
        market_curve=none[:, None],
    )
    slot = np.concatenate([each.slot + start_at for each, start_at in zip(tables, first[:-1], strict=True)])
    never = np.full(len(slot), np.inf)
    return Street([_known(each) for each in studios], slots, slot, start, np.zeros(len(slot)), never)


def _known(studio: Studio) -> street_draw.Studio:
    still, kind = (0.0, 0.0), street_kinds.Kind(studio.kind.name, listed=studio.kind.listed)
    bounds = (studio.retail, studio.floor, studio.ceiling, studio.posted)
    return street_draw.Studio(kind, studio.zone, *bounds, 0.0, still, still, still, studio.no_show, False, 0.0)
