"""Whether a studio that little is known of has few clients or late ones: told by *when* its books are filled.

Empty books may mean little demand, or clients who decide on the last day; taken for the former, they cost a studio its
own clients. How many came at which lead, and when they booked, tell the two apart. Two sorts of curves are held against
them: those of other studios (``kinds``), and its own, as far as that is known, bent by a power (a Lehmann alternative:
what is left of it at each lead is raised to it): 1 leaves it as it is, less makes it later. They are weighed by the
booking times and counts of the studio's other sessions, never by a session's own (INV-2), and level and curve are told
together. Of a studio whose history counts those who came and tells of nobody when they booked, the books may stay empty
to the end: people come to the door, or its platform does not show them. What comes of it all is kept as one number a
session, its tempo: the power that leaves as much to come as these curves do on average. Where a studio's own curve is
known, nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import chain

import numpy as np

from adapter.smarttools.clockwork import at_place
from adapter.smarttools.curves import BINS, EDGES, WEIGHT, Curves, Place, bins_of, placed
from adapter.smarttools.facts import Bools, Floats, Ints, Sessions, numbered, sum_by
from adapter.smarttools.kinds import Kinds
from adapter.smarttools.pace import DRIFT, Pace, Usual, others
from adapter.smarttools.ratios import weighed

TEMPOS: Floats = np.exp(0.25 * np.arange(-5, 5))  # from much later to much earlier
AS_LEARNED = 5  # the place of 1 among them
PER_DOUBT = 2.1  # squared variation of the tempo (log) for each unit of doubt of a curve, at its middle
SLOTS = 1 / (1 + WEIGHT)  # doubt of a slot's curve within its studio
LITTLE = 0.01  # doubt of a studio's curve from which its tempo is asked for: fewer than some hundred reservations
DOOR: Floats = np.exp(-np.array([1.5, 2.0, 2.5, 3.0, 4.0, 8.0]))  # tempos of clients who come to the door
AT_DOOR = 0.2  # chance of these in a studio whose history tells no booking times
A_TRACE = 1e-4  # of bookings, where a curve has none
A_DAY = int(np.searchsorted(EDGES, 24.0))  # where curves are held against each other
INSIDE = (1e-6, 1 - 1e-6)  # of a curve: beyond, nothing tells one power from another
LEAST, TINY = 1e-9, 1e-300  # of what is divided by, or has a logarithm; the same of a chance

Made = tuple[Ints, Ints, Floats]  # bookings counted by session and bin: which session, which bin, how many


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

    def by_bin(self) -> Made:
        """How many were made in each bin of the curve, where any were."""
        some, many = np.unique(self.session * BINS + bins_of(self.ahead), return_counts=True)
        return some // BINS, some % BINS, many.astype(np.float64)


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


def tempo_of(
    sessions: Sessions, seen: Seen, usual: Usual, pace: Pace, curves: Curves, kinds: Kinds
) -> tuple[Tempo, Pace]:
    """The tempo of sessions, and their pace as far as that is told along with it.

    ``pace``: as told without it. Where the sessions say their tempo, that holds; where they say their pace alone, none
    is asked for.
    """
    known, kind = sessions.profiles
    doubt = curves.studio_doubt(known)[kind]
    said = ~np.isnan(sessions.tempo)
    power, told = sessions.tempo.copy(), said & ~np.isnan(sessions.tempo_doubt)
    left = np.where(told, sessions.tempo_doubt, usual.curve)
    ratio, unsure = pace.ratio.copy(), pace.doubt.copy()
    rows = np.flatnonzero((doubt > LITTLE) & np.isnan(sessions.pace) & ~said)
    if len(rows):
        asked, these = sessions.take(rows), seen.take(rows)
        own = usual.take(rows)
        likely = _likely(asked, these, own.untimed, doubt[rows], curves, kinds)
        found, mine = _told(asked, these, own, doubt[rows], likely)
        power[rows], left[rows], ratio[rows], unsure[rows] = found.power, found.doubt, mine.ratio, mine.doubt
    return Tempo(power, left), Pace(ratio, unsure)


@dataclass(frozen=True)
class _Likely:
    """Curves that may be the studio's; all (curves, sessions)."""

    before: Floats  # the chance of each
    ahead: Floats  # the same among those of clients who book ahead: what is usual
    later: Floats  # share still to come
    tempo: Floats  # the power that each is most like (log)
    timed: Floats  # log likelihood of the times at which the session was booked


def _likely(sessions: Sessions, seen: Seen, untimed: Bools, doubt: Floats, curves: Curves, kinds: Kinds) -> _Likely:
    """Its own at each tempo, and those of each kind: the less, the better its own is known."""
    latest = DOOR if untimed.any() else DOOR[:0]
    door = np.outer(np.full(len(latest), AT_DOOR / len(DOOR)), untimed)
    alike = np.outer(kinds.chance, np.minimum(doubt / curves.fresh, 1.0))
    bell = weighed(-(np.log(TEMPOS) ** 2) / (2 * PER_DOUBT * doubt[:, None])).T
    made, now = seen.dated.by_bin(), placed(seen.lead)
    own = _left(seen.through, np.arange(len(doubt)), made, now)
    hours, hour = numbered(sessions.hours)
    raised = (own.raised(power) for power in chain(TEMPOS.tolist(), latest.tolist()))
    like_others = (_left(through, hour, made, now) for through in kinds.through(hours, curves))
    found = [(left.now, _tempo(left.a_day, own.a_day), _timed(made, left)) for left in chain(raised, like_others)]
    later, tempo, timed = map(np.stack, zip(*found, strict=True))
    # A slot's curve differs from its studio's: bookings of one session tell less together than each by itself.
    timed /= 1 + sum_by(made[0], made[2], len(doubt)) * SLOTS
    ahead = np.concatenate([bell * (1 - alike.sum(axis=0)), 0 * door, alike])
    before = ahead * (1 - door.sum(axis=0))
    before[len(bell) : len(bell) + len(door)] = door
    return _Likely(before, ahead, later, np.log(tempo), timed)


@dataclass(frozen=True)
class _Left:
    """What is left of a curve where it is looked at."""

    now: Floats  # (sessions,) as the next one
    a_day: Floats
    until: Floats  # one entry for each bin in which any were made: at its end, as the next one at its beginning
    since: Floats

    def raised(self, power: float) -> _Left:
        """The same of the curve raised to a power."""
        return _Left(*(getattr(self, each.name) ** power for each in fields(self)))


def _left(through: Floats, row: Ints, made: Made, now: Place) -> _Left:
    """``through``: a table of curves by EDGES; ``row``: which of them is whose."""
    session, bins, _ = made
    at = row[session]
    return _Left(at_place(through, now, row), through[row, A_DAY], through[at, bins], through[at, bins + 1])


def _told(sessions: Sessions, seen: Seen, usual: Usual, doubt: Floats, likely: _Likely) -> tuple[Tempo, Pace]:
    house, slot = sessions.houses, sessions.slots
    booked = seen.level * (1 - likely.later)
    alone = 1 / (1 + usual.booked * (usual.frailty + usual.slot))
    hold = 1 / np.maximum(usual.studio + DRIFT, LEAST)
    shown, expected = others(house, alone * seen.shown), others(house, alone * booked)
    counted = shown * np.log(np.maximum(expected, LEAST)) - (hold + shown) * np.log(hold + expected)
    chance = weighed((np.log(np.maximum(likely.before, TINY)) + others(house, likely.timed) + counted).T).T
    studio = (hold + shown) / (hold + expected)
    own = 1 / (1 + usual.booked * usual.frailty)
    keep = 1 / np.maximum(usual.slot, LEAST)
    mine, mean = others(slot, own * seen.shown), others(slot, own * booked) * studio
    ratio = studio * (keep + mine) / (keep + mean)
    told = (chance * ratio).sum(axis=0)
    unsure = (chance * (1 / (hold + expected) + 1 / (keep + mean) + (ratio / told - 1) ** 2)).sum(axis=0)
    come = likely.later[AS_LEARNED]
    power = _power(chance * ratio / told, likely, come) / _power(likely.ahead, likely, come)
    left = np.maximum(doubt * _variance(chance, likely) / _variance(likely.ahead, likely), SLOTS)
    # How late those come who hardly book ahead is told badly, and is all the same.
    left = np.where(usual.untimed, np.minimum(left, doubt), left)
    return Tempo(power, left), Pace(told, unsure)


def _timed(made: Made, left: _Left) -> Floats:
    """How likely (log) each session's booking times are under a curve, given how many there are."""
    session, _, many = made
    later = left.now[session]
    until = np.maximum(left.until, later)  # of the bin in which now lies, only what is over
    share = np.maximum(left.since - until, 0.0) / np.maximum(1 - later, LEAST)
    return sum_by(session, many * np.log(share + A_TRACE), len(left.now))


def _tempo(left: Floats, usual: Floats) -> Floats:
    """The power that makes of one share still to come another."""
    return np.asarray(np.log(np.clip(left, *INSIDE)) / np.log(np.clip(usual, *INSIDE)), dtype=np.float64)


def _variance(chance: Floats, likely: _Likely) -> Floats:
    off = likely.tempo - (chance * likely.tempo).sum(axis=0)
    return np.asarray((chance * off**2).sum(axis=0), dtype=np.float64)


def _power(chance: Floats, likely: _Likely, come: Floats) -> Floats:
    """The tempo at which as much is still to come as on average."""
    mean = (chance * likely.later).sum(axis=0)
    inside = (come > INSIDE[0]) & (come < INSIDE[1])
    return np.where(inside, _tempo(mean, come), np.exp((chance * likely.tempo).sum(axis=0)))
