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

from adapter.smarttools.facts import WEEK, Bools, Floats, Sessions, sum_by
from adapter.smarttools.trend import WEEKS

SHARES: Floats = np.array([0.05, 0.15, 0.35, 0.65])  # of the curve left
ALONG = (1.0, 0.5, 0.0)  # how far (power) late bookings follow trend and pace: what it is chosen from
MEMORY = (4.0, 8.0, 16.0)  # weeks by which what was seen counts half
HOLD = (np.inf, 200.0, 50.0)  # expected reservations that a ratio is held by; infinite: nothing is learned
BELIEF = 2.5  # how much likelier (log, the mean over shares, which hold each other) another way must be


@dataclass
class Late:
    """What was learned of late bookings; as made, they go all along."""

    along: float = 1.0  # how far they follow trend and pace
    ratio: dict[str, list[float]] = field(default_factory=dict)  # by studio, at SHARES: of what comes to what would

    def of(self, sessions: Sessions, to_come: Floats, moved: Floats) -> Floats:
        """What is still to come of each session, as a ratio to what its level times ``to_come`` says.

        ``moved``: by which trend and pace have moved the level.
        """
        if not self.ratio:
            return np.ones(len(sessions))
        names, house = sessions.studios
        known = np.array([self.ratio.get(name, [1.0] * len(SHARES)) for name in names])
        return _between(known[house] * moved[:, None] ** (self.along - 1), to_come)


def fit_late(
    sessions: Sessions,
    counts: Floats,
    late: Floats,
    means: tuple[Floats, Floats],
    open_to: tuple[Floats, Floats],
    chosen: Bools,
    dispersion: float,
) -> tuple[Late, Floats]:
    """Learn from how many booked in all, and once only each of SHARES was left; and what was to be expected of these.

    ``means``: what the level of the whole history led to expect of all bookings, and the same with the trend of the
    time; ``open_to``: the shares of all and of the late ones for which there was room; ``chosen``: sessions that tell.
    """
    (usual, trended), (all_open, late_open) = means, open_to
    if not chosen.any():
        return Late(), SHARES[:, None] * trended
    names, house = sessions.studios
    until = float(sessions.starts[chosen].max())
    back = np.clip(((until - sessions.starts) // WEEK).astype(np.int64), 0, WEEKS - 1)
    last = int(back[chosen].max())
    week = last - np.minimum(back, last)
    place = house * (last + 1) + week

    def by_week(values: Floats) -> Floats:
        return sum_by(place[chosen], values[chosen], len(names) * (last + 1)).reshape(len(names), -1)

    base, moved = by_week(all_open * usual), by_week(all_open * trended)
    late_base = np.stack([by_week(row) for row in SHARES[:, None] * late_open * usual])
    trend = np.where(base > 0, moved / np.maximum(base, 1e-300), 1.0)
    before = np.concatenate([trend[:, :1], trend[:, :-1]], axis=1)  # as it was known then
    seen = np.stack([by_week(row) for row in (*late, counts)]) / dispersion
    best = _best(seen, base / dispersion, late_base / dispersion, before)
    then = best.ratio[:, house, week] * before[house, week] ** best.along
    shown = {name: best.ratio[:, index, -1].tolist() for index, name in enumerate(names)}
    learned = Late(best.along, shown) if best.shown else Late()
    return learned, np.asarray(then * SHARES[:, None] * usual, dtype=np.float64)


@dataclass(frozen=True)
class _Way:
    """A way of foretelling bookings once only each share was left, and those before."""

    along: float
    ratio: Floats  # (shares, studios, weeks + 1) of late ones, by what was known before each week, and after the last
    late: Floats  # (shares,) log likelihood of what came late
    early: Floats  # the same of what came early, followed in the same way

    @property
    def shown(self) -> bool:
        """Whether it is another way than that late bookings go all along."""
        return self.along < 1.0 or bool((self.ratio != 1.0).any())


def _best(seen: Floats, usual: Floats, usual_late: Floats, trend: Floats) -> _Way:
    """The likeliest way. ``seen``: late bookings of each week by share, and all of them as the last.

    ``usual``: all that is usual of each week, ``usual_late`` the late ones of it by share.

    Late bookings go all along unless another way foretells them clearly better, by more than any does the early ones,
    as many for as many, and better than what all bookings were of late does, or the early ones of the same week: else
    the level turned faster than its trend, and nothing is shown of late ones.
    """
    late, early = seen[:-1], seen[-1:] - seen[:-1]
    usual_early = (usual - usual_late).clip(0)
    odds = late.sum(axis=(1, 2)) / np.maximum(early.sum(axis=(1, 2)), 1e-9)

    def way(along: float, memory: float, hold: float) -> _Way:
        parts = [(late, usual_late * trend**along), (early, usual_early * trend**along)]
        ratios = [_ratio(part, expected, memory, hold) for part, expected in parts]
        likely = [
            _likely(part, expected * ratio[..., :-1]) for (part, expected), ratio in zip(parts, ratios, strict=True)
        ]
        return _Way(along, ratios[0], *likely)

    ways = [way(*each) for each in product(ALONG, MEMORY, HOLD)]
    plain = way(1.0, MEMORY[0], np.inf)
    turned = odds * np.max([other.early - plain.early for other in ways], axis=0)
    everyone, common = (np.broadcast_to(each, late.shape) for each in (seen[-1:], usual * trend))  # held as late ones
    lately = [_ratio(everyone, common, *each)[..., :-1] for each in product(MEMORY, HOLD)]
    at_once = [(hold + early) / (hold + usual_early * trend) for hold in HOLD if hold < np.inf]
    level = np.max([_likely(late, usual_late * trend * ratio) for ratio in lately + at_once], axis=0)
    best = max(ways, key=lambda other: float(other.late.mean()))
    return best if (best.late - np.maximum(plain.late + turned, level)).mean() > BELIEF else plain


def _ratio(seen: Floats, usual: Floats, memory: float, hold: float) -> Floats:
    """What came to what was usual, before each week and after the last: the more lately, the more it counts.

    The last share is held to 1, and each of the others to the next one: of what comes late more is seen of that.
    """
    kept, weeks = 0.5 ** (1 / memory), seen.shape[-1]
    shown, expected = np.zeros(seen.shape[:-1]), np.zeros(seen.shape[:-1])
    ratio = np.ones((*seen.shape[:-1], weeks + 1))
    for week in range(0 if np.isinf(hold) else weeks):
        shown, expected = kept * shown + seen[..., week], kept * expected + usual[..., week]
        above = np.ones(shown.shape[1:])
        for share in reversed(range(len(shown))):
            above = ratio[share, :, week + 1] = (hold * above + shown[share]) / (hold + expected[share])
    return ratio


def _likely(seen: Floats, foretold: Floats) -> Floats:
    """Log likelihood (Poisson) for each share."""
    foretold = np.maximum(foretold, 1e-9)
    return np.asarray((seen * np.log(foretold) - foretold).sum(axis=(1, 2)), dtype=np.float64)


def _between(table: Floats, to_come: Floats) -> Floats:
    """Each session's value at its share: held below the first of SHARES, 1 where all is still to come."""
    shares, table = np.append(SHARES, 1.0), np.concatenate([table, np.ones((len(table), 1))], axis=1)
    place = np.clip(np.searchsorted(shares, to_come) - 1, 0, len(shares) - 2)
    way = np.clip((to_come - shares[place]) / np.diff(shares)[place], 0.0, 1.0)
    rows = np.arange(len(table))
    return np.asarray(table[rows, place] * (1 - way) + table[rows, place + 1] * way, dtype=np.float64)
