"""Where a studio's demand is heading: its level week by week, and a slope that is damped, as far ahead as is asked.

A local linear trend in logarithms (Harvey 1989; damped as in Gardner and McKenzie 1985), filtered by Kalman's rule for
all studios side by side. How much levels wander and how steep slopes are differs: most studios hardly change, a few
grow by the week. Of each studio every pair of the two counts as far as it makes likely what the studio showed, and as
it is usual among all. A week far out of the ordinary, a holiday or a closed street, is held to what is believable: it
is no trend.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from adapter.smarttools.facts import WEEK, Bools, Floats, Sessions, looked_up, shares, sum_by

DAMPED = 0.95  # what is left of a slope a week later
WANDER = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3)  # variance of a level's own steps, a week
SLOPE = (0.001, 0.003, 0.006, 0.012, 0.024)  # usual slopes, a week
PAIRS: Floats = np.array(list(product(WANDER, SLOPE)))
USUAL_WANDER, USUAL_SLOPE, DECADES = 3e-4, 0.005, 1.2  # where nothing is known, and how far (log) belief goes
STUDIOS = 2.0  # studios that this belief counts for
ROUNDS = 8  # of learning how usual each pair is
START = 0.05  # variance of a level before its first week
LEAST_EXPECTED = 2.0  # direct reservations in a week: fewer tell nothing
OUTLYING = 2.5  # standard deviations: a week further out counts as if it were here
WEEKS = 104  # that are looked at
MOST_DOUBT = 0.25


@dataclass(frozen=True)
class Heading:
    """A studio's level (log, beside its history's mean) and slope at the end of what is known, with their variances."""

    level: float
    slope: float
    level_doubt: float
    both_doubt: float
    slope_doubt: float


@dataclass
class Trend:
    """What was learned of where studios are heading; ``wander`` and ``slope`` are those of all."""

    wander: float = USUAL_WANDER
    slope: float = USUAL_SLOPE
    until: float = 0.0  # hours since 1970
    studios: dict[str, Heading] = field(default_factory=dict)

    def ahead(self, sessions: Sessions) -> tuple[Floats, Floats]:
        """The ratio of each session's level to its history's, and the squared variation left of it."""
        weeks = np.maximum((sessions.starts - self.until) / WEEK, 0.0) + 0.5
        weeks = np.where(np.isfinite(weeks) & (self.until > 0), weeks, 0.5)
        houses, house = sessions.studios
        level, slope, own, both, steep = (
            looked_up(houses, {name: getattr(each, part) for name, each in self.studios.items()}, 0.0)[house]
            for part in ("level", "slope", "level_doubt", "both_doubt", "slope_doubt")
        )
        reach = DAMPED * (1 - DAMPED**weeks) / (1 - DAMPED)
        fresh = self.wander * weeks + (1 - DAMPED**2) * self.slope**2 * weeks**3 / 3
        doubt = own + 2 * reach * both + reach**2 * steep + fresh
        return np.exp(level + reach * slope), np.clip(doubt, 0.0, MOST_DOUBT)


@dataclass
class _Filter:
    """The state of all studios, under each pair of a wander and a slope: (studios, pairs)."""

    level: Floats
    slope: Floats
    own: Floats
    both: Floats
    steep: Floats

    def step(self, wander: Floats, slope: Floats) -> None:
        """A week goes by."""
        self.own = self.own + 2 * DAMPED * self.both + DAMPED**2 * self.steep + wander
        self.both = DAMPED * self.both + DAMPED**2 * self.steep
        self.steep = DAMPED**2 * self.steep + (1 - DAMPED**2) * slope**2
        self.level, self.slope = self.level + DAMPED * self.slope, DAMPED * self.slope

    def see(self, shown: Floats, noise: Floats) -> Floats:
        """What a week showed, with the variance of it (infinite: nothing); told is how likely that was (log)."""
        spread = self.own + noise
        off = shown - self.level
        held = np.clip(off, -OUTLYING * np.sqrt(spread), OUTLYING * np.sqrt(spread))
        by_level, by_slope = self.own / spread, self.both / spread
        self.level, self.slope = self.level + by_level * held, self.slope + by_slope * held
        self.steep = self.steep - by_slope * self.both
        self.own, self.both = self.own * (1 - by_level), self.both * (1 - by_level)
        with np.errstate(invalid="ignore"):
            likely = np.where(np.isfinite(noise), np.log(spread) + held**2 / spread, 0.0)
        return np.asarray(-0.5 * likely, dtype=np.float64)

    def mixed(self, weights: Floats) -> Floats:
        """The state of each studio over all pairs as they are weighed, (studios, parts of a ``Heading``)."""
        level, slope = ((weights * each).sum(axis=1) for each in (self.level, self.slope))
        up, steeper = self.level - level[:, None], self.slope - slope[:, None]
        parts = (self.own + up**2, self.both + up * steeper, self.steep + steeper**2)
        return np.column_stack([level, slope, *((weights * each).sum(axis=1) for each in parts)])


def fit_trend(
    sessions: Sessions, demand: Floats, means: Floats, usable: Bools, dispersion: float
) -> tuple[Trend, Floats]:
    """Learn from ``demand`` against the ``means`` of the whole history; and what the level of each session was then."""
    if not usable.any():
        return Trend(), np.ones(len(sessions))
    until = float(sessions.starts[usable].max())
    names, house = sessions.studios
    week = np.clip(((until - sessions.starts) // WEEK).astype(np.int64), 0, WEEKS - 1)
    last = int(week[usable].max())
    place = house * (last + 1) + np.minimum(week, last)
    shown, expected = (
        sum_by(place, np.where(usable, values, 0.0), len(names) * (last + 1)).reshape(len(names), -1)[:, ::-1]
        for values in (demand, means)
    )
    noise = np.where(expected > LEAST_EXPECTED, dispersion / np.maximum(expected, 1e-9), np.inf)
    ratio = np.log((shown + 0.5) / (expected + 0.5))
    ratio += np.where(np.isfinite(noise), noise / 2, 0.0)  # a logarithm of what varies is low by half its variance
    end, levels, likely = _filtered(ratio, noise)
    weights = _weights(likely)
    usual = weights.mean(axis=0)
    wander, slope = float(usual @ PAIRS[:, 0]), float(np.sqrt(usual @ PAIRS[:, 1] ** 2))
    studios = {name: Heading(*each) for name, each in zip(names, end.mixed(weights).tolist(), strict=True)}
    path = (weights * levels).sum(axis=2)
    return Trend(wander, slope, until, studios), np.exp(path[last - np.minimum(week, last), house])


def _weights(likely: Floats) -> Floats:
    """Of each pair of a wander and a slope, (studios, pairs): empirical Bayes over all studios."""
    off = np.log(PAIRS[:, 0] / USUAL_WANDER) ** 2 + np.log(PAIRS[:, 1] / USUAL_SLOPE) ** 2
    usual = prior = shares(np.exp(-off / (2 * DECADES**2)))
    told = np.exp(likely - likely.max(axis=1, keepdims=True))
    for _ in range(ROUNDS):
        weights = shares(usual * told)
        usual = shares(STUDIOS * prior + weights.sum(axis=0))
    return weights


def _filtered(ratio: Floats, noise: Floats) -> tuple[_Filter, Floats, Floats]:
    """The state at the end, the levels of each week (weeks, studios, pairs), and how likely all that was seen is."""
    wander, slope = PAIRS.T
    none = np.zeros((len(ratio), len(PAIRS)))
    state = _Filter(none, none, none + START, none, none + slope**2)
    levels, likely = np.zeros((ratio.shape[1], *none.shape)), none.copy()
    for week, (shown, unsure) in enumerate(zip(ratio.T, noise.T, strict=True)):
        state.step(wander, slope)
        likely += state.see(shown[:, None], unsure[:, None])
        levels[week] = state.level
    return state, levels, likely
