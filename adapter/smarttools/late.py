"""How what comes late fares beside what comes early: the two need not rise and fall together.

Level, trend and pace are of all bookings. Where a season, a campaign or groups move what is booked early, what comes
in the last days may stay as it was: a hotel's does, a studio's may. So the bookings that came once only a share b of
the curve was left are followed for themselves, studio by studio, and how far they go along with the trend is chosen by
what would have foretold each week best from those before it. Where nothing is shown, late bookings go all along.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from adapter.smarttools.facts import Bools, Floats, Sessions, numbered, sum_by

SHARES: Floats = np.array([0.05, 0.15, 0.35, 0.65])  # of the curve left
ALONG = (1.0, 0.5, 0.0)  # how far (power) late bookings follow trend and pace: what it is chosen from
MEMORY = (4.0, 8.0, 16.0)  # weeks by which what was seen counts half
HOLD = (np.inf, 200.0, 50.0)  # expected reservations that hold a ratio to 1; infinite: nothing is learned
BELIEF = 2.5  # how much likelier (log) another choice must be than that late bookings go all along
WEEK = 168.0  # hours
WEEKS = 104  # that are looked at


@dataclass
class Late:
    """What was learned of late bookings."""

    along: float = 1.0  # how far they follow trend and pace
    ratio: dict[str, list[float]] = field(default_factory=dict)  # by studio, at SHARES: of what comes to what would

    def of(self, sessions: Sessions, to_come: Floats, moved: Floats) -> Floats:
        """What is still to come of each session, as a ratio to what its level times ``to_come`` says.

        ``moved``: by which trend and pace have moved the level.
        """
        known = [self.ratio.get(name, [1.0] * len(SHARES)) for name in sessions.studio]
        table = np.array(known).reshape(-1, len(SHARES)) * moved[:, None] ** (self.along - 1)
        return _between(table, to_come)


def fit_late(
    sessions: Sessions, late: Floats, usual: Floats, means: Floats, chosen: Bools, dispersion: float
) -> tuple[Late, Floats]:
    """Learn from ``late``, how many booked once only each of SHARES was left; and what was to be expected of it then.

    ``usual``: what the level of the whole history led to expect of all bookings, ``means``: the same with the trend of
    the time; ``chosen``: sessions that had room for all.
    """
    if not chosen.any():
        return Late(), SHARES[:, None] * means
    names, house = numbered(sessions.studio)
    until = float(sessions.starts[chosen].max())
    back = np.clip(((until - sessions.starts) // WEEK).astype(np.int64), 0, WEEKS - 1)
    last = int(back[chosen].max())
    week = last - np.minimum(back, last)
    place = house * (last + 1) + week

    def by_week(values: Floats) -> Floats:
        return sum_by(place[chosen], values[chosen], len(names) * (last + 1)).reshape(len(names), -1)

    base, trended, shown = by_week(usual), by_week(means), np.stack([by_week(row) for row in late])
    trend = np.where(base > 0, trended / np.maximum(base, 1e-300), 1.0)
    before = np.concatenate([trend[:, :1], trend[:, :-1]], axis=1)  # as it was known then
    seen, expected = shown / dispersion, SHARES[:, None, None] * base / dispersion
    best = max((_foretold(seen, expected, before, *each) for each in product(ALONG, MEMORY, HOLD)), key=_likely)
    ratio = {name: best.ratio[:, index, -1].tolist() for index, name in enumerate(names)}
    then = best.ratio[:, house, week] * before[house, week] ** best.along
    return Late(best.along, ratio), np.asarray(then * SHARES[:, None] * usual, dtype=np.float64)


@dataclass(frozen=True)
class _Foretold:
    """One way of foretelling."""

    along: float
    ratio: Floats  # (shares, studios, weeks + 1) by what was known before each week, and after the last
    likely: float  # log likelihood of what came


def _likely(found: _Foretold) -> float:
    return found.likely


def _foretold(shown: Floats, usual: Floats, trend: Floats, along: float, memory: float, hold: float) -> _Foretold:
    kept, usual = 0.5 ** (1 / memory), usual * trend**along
    seen, expected = np.zeros(shown.shape[:2]), np.zeros(shown.shape[:2])
    ratio = np.ones((*shown.shape[:2], shown.shape[2] + 1))
    for week in range(shown.shape[2]):
        seen, expected = kept * seen + shown[..., week], kept * expected + usual[..., week]
        ratio[..., week + 1] = 1.0 if np.isinf(hold) else (hold + seen) / (hold + expected)
    foretold = np.maximum(usual * ratio[..., :-1], 1e-9)
    likely = float((shown * np.log(foretold) - foretold).sum()) / len(SHARES)  # the shares hold each other
    return _Foretold(along, ratio, likely + (BELIEF if along == 1.0 and np.isinf(hold) else 0.0))


def _between(table: Floats, to_come: Floats) -> Floats:
    """Each session's value at its share: held below the first of SHARES, 1 where all is still to come."""
    shares, table = np.append(SHARES, 1.0), np.concatenate([table, np.ones((len(table), 1))], axis=1)
    place = np.clip(np.searchsorted(shares, to_come) - 1, 0, len(shares) - 2)
    way = np.clip((to_come - shares[place]) / np.diff(shares)[place], 0.0, 1.0)
    rows = np.arange(len(table))
    return np.asarray(table[rows, place] * (1 - way) + table[rows, place + 1] * way, dtype=np.float64)
