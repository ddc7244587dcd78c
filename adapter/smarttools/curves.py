"""Booking curves: which share of the reservations that stand at the start is made how long before it.

A curve is a histogram over lead time, pooled by shrinkage: slot → class category at its hour of the week → studio → all
→ a prior. Each level counts as many reservations of its parent as ``WEIGHT`` says. People book while they are awake: a
curve of all hours is bent for the hour at which a class begins, as those of all studios at that hour are. Net of
cancellations: reservations that stood are counted; what is cancelled on the way is in ``returns``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.facts import Floats, Ints, Sessions, numbered, sum_by, sums_by

EDGES: Floats = np.array(
    [0, 1, 2, 3, 4, 6, 9, 12, 16, 20, 24, 30, 36, 42, 48, 60, 72, 96, 120, 144, 168, 216, 264, 336, 504, 720, 1440],
    dtype=np.float64,
)  # hours before the start; a lead beyond the last edge counts as the last bin
BINS = len(EDGES) - 1
WIDTHS: Floats = np.diff(EDGES)
Place = tuple[Ints, Floats]  # between which of EDGES, and how far in
WEIGHT = 60.0  # reservations that the parent's curve counts for, where too few groups are known to learn it
LEAST_WEIGHT, MOST_WEIGHT = 10.0, 1000.0
FRESH = 20.0  # the same of a studio's curve, beside that of all
GROUPS_TO_LEARN = 8  # fewer tell nothing of how much curves differ
BY_HOUR = 10.0  # reservations in a bin that tell as much of an hour as is thought beforehand: that it is like all
STUDIO = WHOLE_DAY = 2  # places of ``Sessions.paths``: the studio's curve, and from where on curves are of all hours
CUTS = (12.0, 48.0, 120.0)  # hours before the start at which curves are held against each other
_CUT_BINS = np.searchsorted(EDGES, CUTS) - 1
_BY_HOUR = np.searchsorted(EDGES[1:-1], np.arange(EDGES[-1] + 1), side="right")  # EDGES are whole hours: looked up fast


def mixed(early: float, early_hours: float, late_hours: float) -> Floats:
    """A curve of two exponential parts: planners, on average ``early_hours`` ahead, and the late-minded."""
    through = 1 - early * np.exp(-EDGES / early_hours) - (1 - early) * np.exp(-EDGES / late_hours)
    through[-1] = 1.0
    return np.diff(through)


DIRECT_PRIOR = mixed(0.5, 120.0, 20.0)  # half by some 34 hours before the start
MARKETPLACE_PRIOR = mixed(0.4, 60.0, 14.0)  # marketplace users decide later


@dataclass
class Curves:
    """Pooled histograms by key, the most particular that is known answering."""

    prior: Floats
    known: dict[str, Floats] = field(default_factory=dict)
    unsure: dict[str, float] = field(default_factory=dict)  # of each of them, as ``doubt``
    fresh: float = 1 / (1 + FRESH)  # the same of the curve of all in a studio nobody knows
    hours: dict[str, Floats] = field(default_factory=dict)  # by ``Sessions.hours``: ratio to curves of all, by bin

    def of(self, path: tuple[str, ...], hour: str) -> Floats:
        """The share of each lead-time bin, of a class that begins at an hour of the day; else the prior.

        ``path``: the last part of one of ``Sessions.paths``; the first of it that is known answers.
        """
        return self._found(*self._way(path, hour))

    def _way(self, path: tuple[str, ...], hour: str) -> tuple[str, str]:
        """The key that is known, and the hour for which its curve is to be bent: none, where it is of one hour."""
        for place, key in enumerate(path):
            if key in self.known:
                return key, hour if place >= len(path) - WHOLE_DAY else ""
        return "", hour

    def _found(self, key: str, hour: str) -> Floats:
        return self.bent(self.known.get(key, self.prior), hour)

    def bent(self, shares: Floats, hour: str) -> Floats:
        """A curve of all hours as it is for classes that begin at one; as it is where nobody knows the hour."""
        if hour not in self.hours:
            return shares
        bent = shares * self.hours[hour]
        return np.asarray(bent / bent.sum(), dtype=np.float64)

    def doubt(self, sessions: Sessions) -> Floats:
        """Squared variation of a share b of each curve, over b x (1 - b), as of a Dirichlet distribution."""
        found = [
            next((self.unsure[key] for key in path[:-1] if key in self.unsure), self.fresh) for path in sessions.paths
        ]
        return np.array(found, dtype=np.float64)

    def studio_doubt(self, sessions: Sessions) -> Floats:
        """The same of the curve of each session's studio."""
        return np.array([self.unsure.get(path[STUDIO], self.fresh) for path in sessions.paths], dtype=np.float64)

    def knows(self, path: tuple[str, ...]) -> bool:
        """Whether the studio's curve was seen, of a class on one of ``Sessions.paths``."""
        return path[STUDIO] in self.known

    def through(self, sessions: Sessions) -> Floats:
        """Each session's share of bookings made later than each of EDGES, (sessions, edges)."""
        ways = list(map(self._way, sessions.paths, sessions.hours))
        place = {way: index for index, way in enumerate(dict.fromkeys(ways))}
        number = np.array([place[way] for way in ways], dtype=np.int64)
        return cumulated(np.array([self._found(*way) for way in place]))[number]

    def left(self, sessions: Sessions, session: Ints, lead: Floats) -> Floats:
        """The share of its session's curve that is left at each lead, in hours."""
        known, kind = sessions.profiles
        table, (place, way) = self.through(known).ravel(), placed(lead)
        at = kind[session] * (BINS + 1) + place
        return np.asarray(table[at] + (table[at + 1] - table[at]) * way, dtype=np.float64)


def cumulated(shares: Floats) -> Floats:
    """The share made later than each of EDGES, of curves given as shares of bins (last axis)."""
    shares = shares.reshape(-1, BINS)
    through = np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
    return np.asarray(through / np.maximum(through[:, -1:], 1e-300), dtype=np.float64)


def placed(hours: Floats) -> Place:
    """Between which of EDGES each lies, and how far in; what lies beyond them all counts as the nearest."""
    place = _BY_HOUR.take(np.fmin(np.fmax(hours, 0.0), EDGES[-1]).astype(np.int64))
    return place, np.clip((hours - EDGES.take(place)) / WIDTHS.take(place), 0.0, 1.0)


def bins_of(lead: Floats) -> Ints:
    """The histogram's bin of each lead time, in hours."""
    return np.clip(np.searchsorted(EDGES, lead, side="left") - 1, 0, BINS - 1).astype(np.int64)


def by_bin(group: Ints, bins: Ints, values: Floats, groups: int) -> Floats:
    """The sum of the values of each group in each bin, (groups, bins)."""
    return sum_by(group * BINS + bins, values, groups * BINS).reshape(groups, BINS)


def fit_curves(
    sessions: Sessions, session: Ints, lead: Floats, chances: Floats, prior: Floats, weight: Floats
) -> Curves:
    """Curves of reservations made ``lead`` hours before the start of ``session``; a lead of NaN is left out.

    ``chances`` (sessions, bins): how many reservations each bin would hold if all were made in it. A bin in which a
    class was full or not listed has fewer, so what was refused in it does not make the curve look early. ``weight``:
    what each session counts for, as habits change.
    """
    timed = lead > 0
    session, bins = session[timed], bins_of(lead[timed])
    paths, hours = sessions.paths, sessions.hours
    in_time = np.argsort(sessions.starts, kind="stable").tolist()
    curves = Curves(prior)
    for depth in (3, 2, 1, 0):
        if depth == WHOLE_DAY - 1:
            curves.hours = _by_hour(curves, sessions, session, bins, chances, weight)
        latest = {paths[row][depth]: row for row in in_time}  # where a slot moved, its last place counts
        names, number = numbered([path[depth] for path in paths])
        parents = [paths[latest[name]][depth + 1 :] for name in names]
        counts = by_bin(number[session], bins, weight[session], len(names))
        open_to = np.column_stack([sum_by(number, weight * column, len(names)) for column in chances.T])
        beginning = [hours[latest[name]] for name in names]
        above = np.array(list(map(curves.of, parents, beginning))).reshape(-1, BINS)
        squares = sum_by(number[session], weight[session] ** 2, len(names))
        hold = _hold(counts, above * open_to, squares, FRESH if depth == STUDIO else WEIGHT)
        curves.fresh = 1 / (1 + hold) if depth == STUDIO else curves.fresh
        for name, count, chance, parent, path in zip(names, counts, open_to, above, parents, strict=True):
            if count.any():
                shares = (hold * parent + count) / (hold + chance)
                curves.known[name] = shares / shares.sum()
                seen = float(count.sum())
                above_unsure = next((curves.unsure[key] for key in path if key in curves.unsure), 0.0)
                curves.unsure[name] = 1 / (1 + hold + seen) + above_unsure * (hold / (hold + seen)) ** 2
    return curves


def _by_hour(
    curves: Curves, sessions: Sessions, session: Ints, bins: Ints, chances: Floats, weight: Floats
) -> dict[str, Floats]:
    """What each hour of the day shows beside its studios' curves."""
    names, number = numbered(sessions.hours)
    counts = by_bin(number[session], bins, weight[session], len(names))
    expected = sums_by(number, np.diff(curves.through(sessions), axis=1) * chances * weight[:, None], len(names))
    return dict(zip(names, (BY_HOUR + counts) / (BY_HOUR + expected), strict=True))


def _hold(counts: Floats, expected: Floats, squares: Floats, default: float) -> float:
    """How many reservations a parent's curve is worth: by how much more its groups differ than counting explains."""
    known = (counts.sum(axis=1) > 0) & (expected.sum(axis=1) > 0)
    if np.count_nonzero(known) < GROUPS_TO_LEARN:
        return default
    many = counts[known].sum(axis=1, keepdims=True)
    shown, usual = (np.cumsum(table[known], axis=1)[:, _CUT_BINS] for table in (counts, expected))
    shown, usual = shown / many, usual / expected[known].sum(axis=1, keepdims=True)
    noise = usual * (1 - usual)
    beyond = (many * (shown - usual) ** 2 - noise * squares[known, None] / many).sum()
    between = float(beyond / max((many * noise).sum(), 1e-9))
    return min(max(1 / max(between, 1e-9) - 1, LEAST_WEIGHT), MOST_WEIGHT)
