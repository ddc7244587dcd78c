"""The level of direct demand: how many direct reservations a session ends with, before anything is known of its own.

A chain of ratios, each shrunk to 1 by what its group has shown (gamma-Poisson empirical Bayes): fill of all → hour →
category → studio → studio at that hour → category at its hour of the week → instructor → recurring slot → lately. How
far a level may depart is learned from how much its groups differ. A full class shows only that demand was at least so
much: its count is replaced by what is expected at or above it (EM). Where history is long enough a gradient-boosted
Poisson model (scikit-learn) adds what the chain cannot see; ``boosted`` does that, per slot.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.boosted import boosted_ratio
from adapter.smarttools.facts import Bools, Floats, Sessions

FILL = 0.5  # direct fill of a class nobody knows anything of
FILL_PLACES = 200.0  # places that this belief counts for
HALF_LIFE = 24 * 7 * 12.0  # hours: what was seen 12 weeks ago counts half
RECENT = 24 * 7 * 4.0  # hours that "lately" looks back
EM_ROUNDS = 3

# Pseudo-counts (expected reservations) that hold a group's ratio to 1, where too few groups are known to learn it.
HOLD = {
    "hour": 10.0,
    "category": 10.0,
    "studio": 5.0,
    "studio hour": 20.0,
    "cell": 20.0,
    "instructor": 60.0,
    "slot": 15.0,
    "lately": 150.0,
}
LEAST_HOLD, MOST_HOLD = 3.0, 1000.0
GROUPS_TO_LEARN = 8


@dataclass
class Ratios:
    """One level of the chain: each group's ratio, and how sure it is (pseudo-counts plus what was seen)."""

    hold: float
    ratio: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)  # expected reservations behind the ratio


@dataclass
class Level:
    """What was learned of demand levels. ``dispersion`` is variance over mean of a count around its level."""

    fill: float = FILL
    dispersion: float = 1.2
    chain: dict[str, Ratios] = field(default_factory=lambda: {name: Ratios(hold) for name, hold in HOLD.items()})
    season: dict[str, float] = field(default_factory=dict)  # ratio by studio and local month
    boosted: dict[str, float] = field(default_factory=dict)  # ratio by slot
    weeks: dict[str, int] = field(default_factory=dict)  # finished sessions seen of each slot
    typical: dict[str, float] = field(default_factory=dict)  # median capacity of each studio

    def knows(self, studio: str) -> bool:
        """Whether the studio was in the history."""
        return studio in self.chain["studio"].ratio

    def mean(self, sessions: Sessions) -> Floats:
        """Expected final direct reservations, were there no limit of places."""
        means = self.fill * np.nan_to_num(sessions.capacity)
        for name in HOLD:
            ratios = self.chain[name]
            means = means * np.array([ratios.ratio.get(key, 1.0) for key in keys(sessions, name)])
        season = [self.season.get(key, 1.0) for key in keys(sessions, "season")]
        return means * np.array(season) * np.array([self.boosted.get(key, 1.0) for key in sessions.slot])

    def doubt(self, sessions: Sessions) -> Floats:
        """Squared coefficient of variation of the level itself: large for a new studio or slot (SS-18)."""
        doubt = np.zeros(len(sessions))
        for name in HOLD:
            ratios = self.chain[name]
            if name != "lately":
                doubt += [
                    1 / (ratios.hold + ratios.seen.get(key, 0.0) / self.dispersion) for key in keys(sessions, name)
                ]
        return doubt


def keys(sessions: Sessions, level: str) -> list[str]:
    """The group of each session at a level of the chain."""
    how = sessions.hour_of_week
    hour = [f"{'weekend' if h >= 120 else 'weekday'} {h % 24}" for h in how.tolist()]
    if level == "hour":
        return hour
    if level == "category":
        return sessions.category
    if level in {"studio", "lately"}:
        return sessions.studio
    if level == "slot":
        return sessions.slot
    own = {
        "studio hour": hour,
        "cell": [f"{kind}|{h}" for kind, h in zip(sessions.category, how.tolist(), strict=True)],
        "instructor": sessions.instructor,
        "season": [str(month) for month in sessions.month.tolist()],
    }[level]
    return [f"{house}|{key}" for house, key in zip(sessions.studio, own, strict=True)]


def fit_level(sessions: Sessions, counts: Floats, full: Bools, usable: Bools, seed: int) -> Level:
    """Learn from final direct counts; ``full`` marks those that are lower bounds, ``usable`` those that count at all."""
    level = Level()
    if not usable.any():
        return level
    weight = np.where(usable, 0.5 ** ((sessions.starts[usable].max() - sessions.starts) / HALF_LIFE), 0.0)
    demand = counts
    for _ in range(EM_ROUNDS):
        level = _fit_chain(sessions, demand, weight)
        means = level.mean(sessions)
        level.dispersion = _dispersion(counts, means, usable & ~full)
        demand = np.where(full, at_least(counts, means), counts)
    level.boosted = boosted_ratio(sessions, demand, level.mean(sessions), usable, seed)
    _count_weeks(level, sessions, usable)
    return level


def at_least(counts: Floats, means: Floats) -> Floats:
    """E[D | D >= count] for Poisson demand: what a full class suggests. Bounded by what the tail sum holds."""
    term, total, weighted = np.ones_like(counts), np.ones_like(counts), np.zeros_like(counts)
    for step in range(1, 80):
        term = term * means / (counts + step)
        total += term
        weighted += step * term
    return counts + weighted / total


def _fit_chain(sessions: Sessions, demand: Floats, weight: Floats) -> Level:
    level = Level()
    places = np.nan_to_num(sessions.capacity)
    level.fill = (FILL * FILL_PLACES + (weight * demand).sum()) / (FILL_PLACES + (weight * places).sum())
    means = level.fill * places
    recent = np.where(sessions.starts > sessions.starts[weight > 0].max() - RECENT, weight, 0.0)
    for name in HOLD:
        counted = recent if name == "lately" else weight
        level.chain[name] = shrunk_ratios(keys(sessions, name), demand, means, counted, HOLD[name])
        means = means * np.array([level.chain[name].ratio.get(key, 1.0) for key in keys(sessions, name)])
    return level


def shrunk_ratios(group: list[str], demand: Floats, means: Floats, weight: Floats, default: float) -> Ratios:
    """Seen over expected in each group, held to 1 by pseudo-counts: learned from the groups, else ``default``."""
    labels, number = np.unique(np.array(group, dtype=object), return_inverse=True)
    expected = np.bincount(number, weights=weight * means, minlength=len(labels))
    seen = np.bincount(number, weights=weight * demand, minlength=len(labels))
    squares = np.bincount(number, weights=weight**2 * means, minlength=len(labels))
    hold = _hold(expected, seen, squares, default)
    known = expected > 0
    ratio = (hold + seen) / (hold + expected)
    return Ratios(
        hold,
        {str(label): float(r) for label, r, k in zip(labels, ratio, known, strict=True) if k},
        {str(label): float(e) for label, e, k in zip(labels, expected, known, strict=True) if k},
    )


def _hold(expected: Floats, seen: Floats, noise: Floats, default: float) -> float:
    """How strongly groups are held to 1: the inverse of the variance between them beyond counting noise."""
    if np.count_nonzero(expected) < GROUPS_TO_LEARN:
        return default
    between = ((seen - expected) ** 2 - noise).sum() / (expected**2).sum()
    return float(np.clip(1 / max(between, 1e-9), LEAST_HOLD, MOST_HOLD))


def _dispersion(counts: Floats, means: Floats, usable: Bools) -> float:
    """Pearson's variance over mean, held to 1.2 by thirty sessions, within what classes show."""
    sane = usable & (means > 0.2)
    pearson = ((counts[sane] - means[sane]) ** 2 / means[sane]).sum()
    return float(np.clip((30 * 1.2 + pearson) / (30 + sane.sum()), 0.6, 4.0))


def _count_weeks(level: Level, sessions: Sessions, usable: Bools) -> None:
    for slot in (sessions.slot[index] for index in np.flatnonzero(usable).tolist()):
        level.weeks[slot] = level.weeks.get(slot, 0) + 1
    for studio in sorted(set(sessions.studio)):
        mine = usable & (np.array(sessions.studio, dtype=object) == studio)
        if mine.any():
            level.typical[studio] = float(np.median(sessions.capacity[mine]))
