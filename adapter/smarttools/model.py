"""All that SmartTools learned: numbers in named tables. Knows neither pandas nor files."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.boosted import boosted_ratios
from adapter.smarttools.curves import DIRECT_PRIOR, Curves, fit_curves
from adapter.smarttools.echo import common_variation, late_variation, roomy
from adapter.smarttools.facts import (
    DIRECT,
    MARKETPLACE,
    THIRD_PARTY,
    WEEK,
    Bools,
    Floats,
    Offers,
    Reservations,
    Sessions,
    count_by,
    recency,
)
from adapter.smarttools.kinds import Kinds, fit_kinds
from adapter.smarttools.late import SHARES, Late, fit_late
from adapter.smarttools.level import Level, fit_level
from adapter.smarttools.market import Market, fit_market
from adapter.smarttools.openness import fully_timed, open_share
from adapter.smarttools.returns import Returns, fit_returns

ROUNDS = 3  # of learning curves from levels and levels from curves
LEAST_SEEN = 0.1  # a class full from the first hour on tells little, not nothing
ROOMY = 0.05  # of all classes: where fewer had room for all, each tells as far as it had some
OTHERS_HOLD = 50.0  # direct reservations before third parties' share is believed


@dataclass
class Model:
    """Levels, curves, returns and marketplace demand. As made, it holds what is assumed where nothing is known."""

    level: Level = field(default_factory=Level)
    curves: Curves = field(default_factory=lambda: Curves(DIRECT_PRIOR))
    kinds: Kinds = field(default_factory=Kinds)  # of direct curves
    late: Late = field(default_factory=Late)
    returns: Returns = field(default_factory=Returns)
    market: Market = field(default_factory=Market)
    others: float = 0.0  # third-party reservations for each direct one: they take places too
    fitted: bool = False  # whether it learned, be it from nothing; else the plain rule answers
    sessions: int = 0  # finished sessions learned from
    until: float = 0.0  # start of the last of them, in hours since 1970

    def weeks_old(self, at: float) -> float:
        """How many weeks have gone by since the last session it knows, the first not counted."""
        return max((at - self.until) / WEEK - 1, 0.0) if self.sessions else 0.0

    def untimed(self, sessions: Sessions) -> Bools:
        """Of whose studio it is known how many came, and of nobody when they booked."""
        told = [
            self.level.knows(name) and not self.curves.knows(path)
            for name, path in zip(sessions.studio, sessions.paths, strict=True)
        ]
        return np.array(told, dtype=np.bool_)


def learn(sessions: Sessions, reservations: Reservations, offers: Offers, seed: int) -> Model:
    """A model of finished sessions with their reservations and what was listed for them."""
    usable = ~sessions.cancelled & (sessions.capacity > 0)
    held, channel = reservations.standing(), reservations.channel
    direct = count_by(reservations.session[held & (channel == DIRECT)], len(sessions))
    taken = count_by(reservations.session[held], len(sessions))
    own = usable[reservations.session] & (channel != MARKETPLACE)
    booked = own & held
    open_to, weight = open_share(sessions, reservations), recency(sessions, usable)
    full = usable & (taken >= sessions.capacity) & ~fully_timed(reservations, len(sessions))
    expected = direct
    for _ in range(ROUNDS):
        curves = _curves(sessions, reservations, booked, np.where(usable, expected, 0.0), open_to, weight)
        through = curves.through(sessions)
        seen = np.maximum((open_to * np.diff(through, axis=1)).sum(axis=1), LEAST_SEEN)
        level, usual, means = fit_level(sessions, direct, full, usable, seen)
        expected = level.after(direct, means, seen)
    bookings = _bookings(sessions, reservations, booked & (channel == DIRECT), curves)
    sure, late_open = usable & bookings.timed, _open_late(through, open_to)
    room = sure & roomy(means, level.frailty, sessions.capacity)
    telling = room if room.sum() > ROOMY * sure.sum() else sure
    late, then = fit_late(
        sessions, bookings.all, bookings.late, (usual, means), (seen, late_open), telling, level.dispersion
    )
    whole, few = (bookings.all, seen * means), (bookings.late, late_open * then)
    level.common = common_variation(whole, few, telling, level.frailty)
    level.late = late_variation(whole, few, sure)
    level.boosted = boosted_ratios(sessions, direct, means * seen, usable, seed)
    return Model(
        level=level,
        curves=curves,
        kinds=fit_kinds(curves, sessions),
        late=late,
        returns=fit_returns(sessions, reservations, own, weight),
        market=fit_market(sessions, reservations, offers, usable, open_to),
        others=int((held & (channel == THIRD_PARTY)).sum()) / (float(direct.sum()) + OTHERS_HOLD),
        fitted=True,
        sessions=int(usable.sum()),
        until=float(sessions.starts[usable].max(initial=0.0)),
    )


def _open_late(through: Floats, open_to: Floats) -> Floats:
    """Of what is booked once only each of SHARES is left, the share for which there was room, (shares, sessions)."""
    left, passed = through[:, :-1], np.diff(through, axis=1)
    return np.stack([(open_to * np.clip(share - left, 0.0, passed)).sum(axis=1) / share for share in SHARES])


def _curves(
    sessions: Sessions, reservations: Reservations, chosen: Bools, expected: Floats, open_to: Floats, weight: Floats
) -> Curves:
    session = reservations.session[chosen]
    lead = sessions.starts[session] - reservations.booked[chosen]
    # What was expected of a session whose booking times are unknown is no chance to see one.
    timed = count_by(session[lead > 0], len(sessions)) / np.maximum(count_by(session, len(sessions)), 1)
    return fit_curves(sessions, session, lead, (expected * timed)[:, None] * open_to, DIRECT_PRIOR, weight)


@dataclass(frozen=True)
class _Bookings:
    """Direct reservations that stood, counted by session."""

    all: Floats
    late: Floats  # (shares, sessions) those made once only so much of the curve was left
    timed: Bools  # whether it is known when all of them were made


def _bookings(sessions: Sessions, reservations: Reservations, chosen: Bools, curves: Curves) -> _Bookings:
    session = reservations.session[chosen]
    lead = sessions.starts[session] - reservations.booked[chosen]
    left = curves.left(sessions, session, np.nan_to_num(np.maximum(lead, 0.0)))
    late = np.stack([count_by(session[left < share], len(sessions)) for share in SHARES])
    return _Bookings(count_by(session, len(sessions)), late, count_by(session[np.isnan(lead)], len(sessions)) == 0)
