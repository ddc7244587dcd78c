"""How a studio is doing just now: its upcoming sessions' books against what would usually be on them by now.

A season that turns, a studio that grows, a studio nobody has heard of: its own upcoming books tell long before its next
sessions are over; what they have in common is the studio's, what those of one recurring slot have in common beside it
is the slot's. Each session is told by the others, never by itself; a full one tells that at least so many came.
Credibility in the sense of Jewell (1975): gamma-Poisson, what is on the books against what was expected, held to 1 by
how well studio and slot were known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.facts import Bools, Columns, Floats, Ints, Sessions, sum_by
from adapter.smarttools.level import at_least

DRIFT = 0.01  # squared variation of a studio's demand that no history tells of
PARTS = np.array([0.1, 0.3, 0.6])  # shares of the curve passed: sessions between two of them err together in its shape


@dataclass(frozen=True)
class Usual(Columns):
    """What is usual of each session, before its studio's books are looked at."""

    booked: Floats  # direct reservations by now
    behind: Floats  # the share of its bookings that it has by now
    frailty: Floats  # squared variation between sessions of one slot
    slot: Floats  # squared variation of the slot's level within its studio: large for a new one
    studio: Floats  # of the studio's level: large for a new one, and more the older the model is
    curve: Floats  # of a share b of the curve, over b x (1 - b)
    untimed: Bools  # its studio's history tells how many came, and of nobody when they booked


@dataclass(frozen=True)
class Pace:
    """One entry a session."""

    ratio: Floats  # of its demand now to what its history says
    doubt: Floats  # squared coefficient of variation that is left of it


def shown_by(booked: Floats, full: Bools, usual: Usual) -> Floats:
    """``booked``: direct reservations that would stand; of a session with no place free (``full``) at least so many."""
    shown = booked.copy()
    if full.any():
        shown[full] = at_least(booked[full], usual.booked[full], usual.frailty[full])
    return shown


def pace_of(sessions: Sessions, shown: Floats, usual: Usual) -> Pace:
    """``shown``: direct reservations (``shown_by``). Where the sessions say their pace, that holds."""
    shape = usual.curve * (1 - usual.behind) / np.maximum(usual.behind, 1e-9)
    before = usual.studio + DRIFT
    house, slot = sessions.houses, sessions.slots
    alone = usual.booked / (1 + usual.booked * (usual.frailty + usual.slot))
    together = _summed(house * (len(PARTS) + 1) + np.searchsorted(PARTS, usual.behind), alone)
    studio, studio_doubt = _told(house, shown, usual.booked, alone / (1 + together * shape), before)
    own = usual.booked / (1 + usual.booked * (usual.frailty + shape))
    ratio, doubt = _told(slot, shown, usual.booked, own, usual.slot, studio)
    told = ~np.isnan(sessions.pace)
    left = np.where(np.isnan(sessions.pace_doubt), before + usual.slot, sessions.pace_doubt)
    return Pace(np.where(told, sessions.pace, studio * ratio), np.where(told, left, studio_doubt + doubt))


def _told(
    group: Ints, shown: Floats, usual: Floats, worth: Floats, before: Floats, times: Floats | float = 1.0
) -> tuple[Floats, Floats]:
    """Ratio of ``shown`` to ``usual`` x ``times`` in the others of the group, and the doubt left of it.

    ``worth``: expected reservations that each is worth as a witness.
    """
    weight = worth / np.maximum(usual, 1e-300)
    seen, expected = others(group, weight * shown), others(group, worth) * times
    hold = 1 / np.maximum(before, 1e-9)
    return (hold + seen) / (hold + expected), 1 / (hold + expected)


def others(group: Ints, values: Floats) -> Floats:
    """The sum over the others of each entry's group; ``values`` may have axes before that of the entries."""
    whole = [_summed(group, row) for row in np.atleast_2d(values)]
    return np.asarray(np.array(whole).reshape(values.shape) - values, dtype=np.float64)


def _summed(group: Ints, values: Floats) -> Floats:
    return sum_by(group, values, int(group.max(initial=-1)) + 1)[group]
