"""The level of direct demand: how many direct reservations a session ends with, before anything is known of its own.

A chain of ratios, each held to 1 until its group has shown otherwise (gamma-Poisson empirical Bayes): fill of all →
hour → category → studio → studio at that hour → category at its hour of the week → instructor → recurring slot; and
where the studio is heading (``trend``). How far a level may depart is learned from how much its groups differ. A full
class shows only that demand was at least so much: its count is replaced by what is expected at or above it (EM). What
gradient-boosted trees see beyond the chain is one more ratio per slot.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.facts import Bools, Floats, Sessions, count_by, looked_up, recency, sum_by
from adapter.smarttools.late import SHARES
from adapter.smarttools.ratios import Ratios, shrunk
from adapter.smarttools.trend import Trend, fit_trend

FILL = 0.5  # direct fill of a class nobody knows anything of
FILL_PLACES = 200.0  # places that this belief counts for
DISPERSION = 1.2  # variance over mean, where nothing is known
DISPERSION_SESSIONS = 30.0  # sessions that this belief counts for
LEAST_DISPERSION, MOST_DISPERSION = 0.6, 4.0
FRAILTY = 0.04  # squared variation of a session's demand around its level, where nothing is known
LEAST_FRAILTY, MOST_FRAILTY = 0.001, 0.5
FRAILTY_SESSIONS = 60.0  # sessions that the frailty of all counts for in a studio's own
LEAST_MEAN = 0.2  # reservations: fewer tell nothing of variation
USUAL_MEAN = 8.0  # reservations of the sessions that these beliefs count for
EM_ROUNDS = 3
STRANGER = 4.0  # times the squared variation between known studios, that of a new one: twice as far, as they are few
SLOT_HOLD = 8.0  # the inverse of the squared variation of slots within a studio, where too few are known to learn it

# Pseudo-counts (expected reservations) that hold a group's ratio to 1, where too few groups are known to learn it.
HOLD = {
    "hour": 10.0,
    "category": 10.0,
    "studio": 5.0,
    "studio hour": 20.0,
    "cell": 20.0,
    "instructor": 60.0,
    "slot": 15.0,
}
OWN = ("studio hour", "cell", "instructor", "slot")  # links of the chain that part a studio's slots


@dataclass
class Level:
    """What was learned of demand levels.

    Around its level a count has variance over mean ``dispersion``; over all sizes of class, mean + ``frailty`` x mean².
    """

    fill: float = FILL
    dispersion: float = DISPERSION
    frailty: float = FRAILTY
    common: float = FRAILTY  # the part of ``frailty`` that early and late bookings share
    frailties: dict[str, float] = field(default_factory=dict)  # by studio
    late: list[float] = field(default_factory=lambda: [1.0] * len(SHARES))  # times that, of what is booked late
    chain: dict[str, Ratios] = field(default_factory=lambda: {name: Ratios(hold) for name, hold in HOLD.items()})
    boosted: dict[str, float] = field(default_factory=dict)  # ratio by slot
    slots: float = SLOT_HOLD  # the inverse of the squared variation of recurring slots within their studio
    trend: Trend = field(default_factory=Trend)
    weeks: dict[str, int] = field(default_factory=dict)  # finished sessions seen of each slot

    def knows(self, studio: str) -> bool:
        """Whether the studio was in the history."""
        return studio in self.chain["studio"].ratio

    def mean(self, sessions: Sessions) -> Floats:
        """Expected final direct reservations of sessions to come, were there no limit of places."""
        return self.fill_of(sessions) * np.nan_to_num(sessions.capacity) * self.trend.ahead(sessions)[0]

    def fill_of(self, sessions: Sessions) -> Floats:
        """The same for each place, at the level of the whole history."""
        fill = np.full(len(sessions), self.fill)
        for name in HOLD:
            fill = fill * self.chain[name].of(sessions.groups[name])
        return fill * looked_up(sessions.slot, self.boosted, 1.0)

    def after(self, counts: Floats, means: Floats, seen: Floats | float) -> Floats:
        """Each session's own demand, once ``counts`` came in the share ``seen`` of its time: a busy one fills early."""
        sure = 1 / max(self.frailty, LEAST_FRAILTY)
        return np.asarray(means * (sure + counts) / (sure + means * seen), dtype=np.float64)

    def variation(self, sessions: Sessions) -> tuple[Floats, Floats]:
        """``frailty`` of each session's studio, and the part that early and late bookings share."""
        frailty = looked_up(sessions.studio, self.frailties, self.frailty)
        return frailty, frailty * (self.common / self.frailty if self.frailty > 0 else 0.0)

    def late_times(self, to_come: Floats) -> Floats:
        """Times ``frailty``, of what is booked once only this share of the curve is left."""
        return np.asarray(np.interp(to_come, np.append(SHARES, 1.0), [*self.late, 1.0]), dtype=np.float64)

    def doubt(self, sessions: Sessions) -> Floats:
        """Squared coefficient of variation of the level within its studio: large for a new slot (SS-18).

        What each of the studio's own links of the chain leaves, put in scale so that of a slot nobody knows it is how
        much slots vary; and what is left of those that all studios share.
        """
        shared = self._doubt(sessions, "hour") + self._doubt(sessions, "category")
        own = sum((self._doubt(sessions, name) for name in OWN), np.zeros(1))
        return np.asarray(shared + own / (self.slots * sum(1 / self.chain[name].hold for name in OWN)))

    def studio_doubt(self, sessions: Sessions) -> Floats:
        """The same of the studio's own level: large for a new studio, which need not be like those in the history."""
        known = np.array([self.knows(name) for name in sessions.studio], dtype=np.bool_)
        return self._doubt(sessions, "studio") * np.where(known, 1.0, STRANGER)

    def _doubt(self, sessions: Sessions, name: str) -> Floats:
        ratios = self.chain[name]
        return 1 / (ratios.hold + looked_up(sessions.groups[name], ratios.seen, 0.0) / self.dispersion)


def fit_level(
    sessions: Sessions, counts: Floats, full: Bools, usable: Bools, seen: Floats | float = 1.0
) -> tuple[Level, Floats, Floats]:
    """Learn from final direct counts; and the mean of each session, at the level of all its history and as it was then.

    ``full`` marks lower bounds, ``usable`` the counts that mean anything. ``seen`` is the share of a session's demand
    that could have been booked, where that is known: less than 1 once full.
    """
    level, usual, means = Level(), np.zeros(len(sessions)), np.zeros(len(sessions))
    if not usable.any():
        return level, usual, means
    weight = recency(sessions, usable)
    demand, shown = counts, np.broadcast_to(seen, counts.shape)
    then = np.ones(len(sessions))
    for _ in range(EM_ROUNDS):
        level = _fit_chain(sessions, demand, weight, shown * then, level.dispersion)
        usual = level.fill_of(sessions) * np.nan_to_num(sessions.capacity)
        level.trend, then = fit_trend(sessions, demand, usual * shown, usable, level.dispersion)
        means = usual * then
        sane = usable & ~full & (means * seen > LEAST_MEAN)
        level.dispersion, level.frailty = _dispersion(counts[sane], (means * seen)[sane])
        level.frailties = _frailties(
            sessions.take(np.flatnonzero(sane)), counts[sane], (means * seen)[sane], level.frailty
        )
        unseen = (1 - seen) * level.after(counts, means, seen)
        least = at_least(counts, means, level.frailty)
        demand, shown = np.where(full, least, counts + unseen), np.ones_like(counts)
    for index in np.flatnonzero(usable).tolist():
        level.weeks[sessions.slot[index]] = level.weeks.get(sessions.slot[index], 0) + 1
    return level, usual, means


def at_least(counts: Floats, means: Floats, frailty: Floats | float) -> Floats:
    """E[D | D >= count] of gamma-Poisson demand: what a full class suggests, as far as 80 terms tell."""
    term, total, weighted = np.ones_like(counts), np.ones_like(counts), np.zeros_like(counts)
    for step in range(1, 80):
        term = term * means * (1 + frailty * (counts + step - 1)) / ((counts + step) * (1 + frailty * means))
        total += term
        weighted += step * term
    return counts + weighted / total


def _fit_chain(sessions: Sessions, demand: Floats, weight: Floats, shown: Floats, dispersion: float) -> Level:
    """``shown``: the share of demand that could have left a trace. What did is the first guess; EM goes on."""
    level = Level(dispersion=dispersion)
    places = np.nan_to_num(sessions.capacity) * shown
    level.fill = (FILL * FILL_PLACES + float(weight @ demand)) / (FILL_PLACES + float(weight @ places))
    means = level.fill * places
    for name, hold in HOLD.items():
        groups = sessions.groups[name]
        level.chain[name] = shrunk(groups, demand, means, weight, hold, dispersion)
        means = means * level.chain[name].of(groups)
        if name == "studio":
            level.slots = shrunk(sessions.slot, demand, means, weight, SLOT_HOLD, dispersion).hold
    return level


def _dispersion(counts: Floats, means: Floats) -> tuple[float, float]:
    """Variance over mean, and the squared variation of demand beyond counting noise; both held to what is usual."""
    squares = (counts - means) ** 2
    pearson = (DISPERSION_SESSIONS * DISPERSION + (squares / means).sum()) / (DISPERSION_SESSIONS + len(means))
    held = DISPERSION_SESSIONS * USUAL_MEAN**2
    frailty = (held * FRAILTY + (squares - means).sum()) / (held + (means**2).sum())
    return min(max(float(pearson), LEAST_DISPERSION), MOST_DISPERSION), min(max(float(frailty), 0.0), MOST_FRAILTY)


def _frailties(sessions: Sessions, counts: Floats, means: Floats, usual: float) -> dict[str, float]:
    """The same squared variation by studio, held to that of all: some have regulars, some the weather."""
    names, number = sessions.studios
    squares = sum_by(number, means**2, len(names))
    held = FRAILTY_SESSIONS * squares / np.maximum(count_by(number, len(names)), 1)
    own = (held * usual + sum_by(number, (counts - means) ** 2 - means, len(names))) / (held + squares)
    return dict(zip(names, np.clip(own, 0.0, MOST_FRAILTY).tolist(), strict=True))
