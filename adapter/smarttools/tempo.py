"""Whether a studio that little is known of has few clients or late ones: told by *when* its books are filled.

Empty books may mean little demand, or clients who decide on the last day; taken for the former, they cost a studio its
own clients. How many came at which lead, and when they booked, tell the two apart. A curve is bent by a power, its
tempo (a Lehmann alternative: what is left of it at each lead is raised to it): 1 leaves it as that of all, less makes
it later. A grid of tempos is weighed by the booking times and counts of the studio's other sessions, never by a
session's own (INV-2), and level and tempo are told together. Where a studio's own curve is known, nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.clockwork import at_lead
from adapter.smarttools.curves import BINS, EDGES, WEIGHT, bins_of
from adapter.smarttools.facts import Floats, Ints, Sessions, count_by
from adapter.smarttools.pace import DRIFT, Pace, Usual, others

TEMPOS: Floats = np.exp(0.25 * np.arange(-5, 5))  # from much later to much earlier
PER_DOUBT = 2.1  # squared variation of the tempo (log) for each unit of doubt of a curve, at its middle
SLOTS = 1 / (1 + WEIGHT)  # doubt of a slot's curve within its studio
LITTLE = 0.01  # doubt of a studio's curve from which its tempo is asked for: fewer than some hundred reservations
A_TRACE = 1e-4  # of bookings, where a curve has none
LEAST = 1e-9  # of what is divided by, or has a logarithm


@dataclass(frozen=True)
class Tempo:
    """One entry a session."""

    power: Floats  # to which its curve is raised; NaN: its studio's curve is known, and as learned
    doubt: Floats  # left of its curve, as in ``Curves``


@dataclass(frozen=True)
class Dated:
    """Direct reservations whose time of booking is known, one entry each."""

    session: Ints
    ahead: Floats  # hours before the start at which it was made

    def of(self, rows: Ints, sessions: int) -> Dated:
        """Those of some of so many sessions, which are numbered anew."""
        place = np.full(sessions, -1)
        place[rows] = np.arange(len(rows))
        session = place[self.session]
        return Dated(session[session >= 0], self.ahead[session >= 0])

    def by_bin(self, sessions: int) -> Floats:
        """How many were made in each bin of the curve, (sessions, bins)."""
        return count_by(self.session * BINS + bins_of(self.ahead), sessions * BINS).reshape(-1, BINS)


@dataclass(frozen=True)
class Seen:
    """What is on the books of some studios' sessions, and what would be usual."""

    lead: Floats
    through: Floats  # each session's curve, (sessions, edges)
    dated: Dated
    shown: Floats  # those that would stand; of a full one at least so many
    level: Floats  # final reservations usual of each

    def take(self, rows: Ints) -> Seen:
        """Some of them."""
        dated = self.dated.of(rows, len(self.lead))
        return Seen(self.lead[rows], self.through[rows], dated, self.shown[rows], self.level[rows])


def tempo_of(sessions: Sessions, seen: Seen, usual: Usual, pace: Pace, doubt: Floats) -> tuple[Tempo, Pace]:
    """The tempo of sessions, and their pace as far as that is told along with it.

    ``pace``: as told without it; ``doubt``: of their studio's curve. Where the sessions say their tempo, that holds;
    where they say their pace alone, none is asked for.
    """
    said = ~np.isnan(sessions.tempo)
    power, told = sessions.tempo.copy(), said & ~np.isnan(sessions.tempo_doubt)
    left = np.where(told, sessions.tempo_doubt, usual.curve)
    ratio, unsure = pace.ratio.copy(), pace.doubt.copy()
    rows = np.flatnonzero((doubt > LITTLE) & np.isnan(sessions.pace) & ~said)
    if len(rows):
        found, mine = _told(sessions.take(rows), seen.take(rows), usual.take(rows), doubt[rows])
        power[rows], left[rows], ratio[rows], unsure[rows] = found.power, found.doubt, mine.ratio, mine.doubt
    return Tempo(power, left), Pace(ratio, unsure)


def _told(sessions: Sessions, seen: Seen, usual: Usual, doubt: Floats) -> tuple[Tempo, Pace]:
    house, slot = sessions.houses, sessions.slots
    come = at_lead(seen.through, seen.lead)
    later = come ** TEMPOS[:, None]  # (tempos, sessions) shares still to come, as all that has two axes here
    booked = seen.level * (1 - later)
    alone = 1 / (1 + usual.booked * (usual.frailty + usual.slot))
    hold = 1 / np.maximum(usual.studio + DRIFT, LEAST)
    shown, expected = others(house, alone * seen.shown), others(house, alone * booked)
    counted = shown * np.log(np.maximum(expected, LEAST)) - (hold + shown) * np.log(hold + expected)
    before = -(np.log(TEMPOS)[:, None] ** 2) / (2 * PER_DOUBT * doubt)
    chance, nothing = _weights(before + others(house, _timed(seen, come)) + counted), _weights(before)
    studio = (hold + shown) / (hold + expected)
    own = 1 / (1 + usual.booked * usual.frailty)
    keep = 1 / np.maximum(usual.slot, LEAST)
    mine, mean = others(slot, own * seen.shown), others(slot, own * booked) * studio
    ratio = studio * (keep + mine) / (keep + mean)
    told = (chance * ratio).sum(axis=0)
    unsure = (chance * (1 / (hold + expected) + 1 / (keep + mean) + (ratio / told - 1) ** 2)).sum(axis=0)
    power = _power(chance * ratio / told, later, come) / _power(nothing, later, come)
    left = np.maximum(doubt * _variance(chance) / _variance(nothing), SLOTS)
    return Tempo(power, left), Pace(told, unsure)


def _timed(seen: Seen, come: Floats) -> Floats:
    """How likely (log) each session's booking times are at each tempo, given how many there are.

    A slot's curve differs from its studio's, so the bookings of one session tell less together than each by itself.
    """
    left = np.where(EDGES[None, :] < seen.lead[:, None], come[:, None], seen.through)
    shares = (np.diff(left**power, axis=1) / np.maximum(1 - come[:, None] ** power, LEAST) for power in TEMPOS.tolist())
    made = seen.dated.by_bin(len(come))
    found = np.stack([(made * np.log(share + A_TRACE)).sum(axis=1) for share in shares])
    return np.asarray(found / (1 + made.sum(axis=1) * SLOTS), dtype=np.float64)


def _weights(log: Floats) -> Floats:
    chance = np.exp(log - log.max(axis=0))
    return np.asarray(chance / chance.sum(axis=0), dtype=np.float64)


def _variance(chance: Floats) -> Floats:
    log = np.log(TEMPOS)[:, None]
    return np.asarray((chance * (log - (chance * log).sum(axis=0)) ** 2).sum(axis=0), dtype=np.float64)


def _power(chance: Floats, later: Floats, come: Floats) -> Floats:
    """The tempo at which as much is still to come as on average."""
    inside = (come > 1e-6) & (come < 1 - 1e-6)
    middle = np.exp((chance * np.log(TEMPOS)[:, None]).sum(axis=0) / chance.sum(axis=0))
    mean = np.maximum((chance * later).sum(axis=0), 1e-12)
    return np.asarray(np.where(inside, np.log(mean) / np.log(np.where(inside, come, 0.5)), middle), dtype=np.float64)
