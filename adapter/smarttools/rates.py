"""SmartRate: the rate with the highest (rate - worth of the place) x chance that it sells, in minor units.

Between floor (rounded up, SR-06) and ceiling, always. Of a few classes it is tried a step off (``exploring``). A change
that hardly matters is not made: the rate in force stays; a great one is made in steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.exploring import Room, Tried, try_rates
from adapter.smarttools.facts import Floats, Ints, Words
from adapter.smarttools.outlook import Outlook
from adapter.smarttools.response import best_rate

SMALL_CHANGE = 0.03  # of the rate in force: smaller changes are not made (SS-20)
MOST_CHANGE = 0.5  # of the rate in force: greater changes are made in steps, so that people can follow
A_HAIR = 1e-6  # of a minor unit: what dividing floats adds to a whole number
IN_FORCE, BOUNDED, EXPLORED, FLOOR, CEILING, MODEL = "in_force", "bounded", "explored", "floor", "ceiling", "model"


@dataclass(frozen=True)
class Rates:
    """Rates with how they came about, all in minor units; one entry a session."""

    units: Ints
    asked: Ints  # the best rate at what the place is worth, whatever bounds it
    best: Ints  # the same within its bounds
    tried: Tried  # that, or another one in its place
    binding: Words


def set_rates(outlook: Outlook, rows: Ints, first: Floats, dearest: Floats, way: Floats) -> Rates:
    """``first``: worth of the first place listed, ``dearest``: of the last one; ``way``: of what is tried."""
    sessions = outlook.sessions
    least, most = sessions.floor[rows], sessions.ceiling[rows]
    coins: Floats = np.power(10.0, sessions.digits[rows])
    paid = outlook.paid[rows]
    lowest = np.clip(np.ceil(dearest / paid * coins - A_HAIR), least, most).astype(np.int64)
    cost = np.minimum(first / paid, outlook.ceiling[rows])  # a place worth more is not sold at any rate
    best = best_rate(outlook.median[rows], outlook.scale[rows], cost)
    asked = np.rint(best * coins)
    best_units = np.clip(asked, lowest, most).astype(np.int64)
    room = Room(lowest, most, coins, cost, outlook.median[rows], outlook.scale[rows])
    tried = try_rates(best_units, way, outlook.doubt[rows], room)
    wanted = tried.units
    held = np.rint(np.nan_to_num(outlook.books.in_force[rows]) * coins).astype(np.int64)
    stays = (lowest <= held) & (held <= most) & (held != wanted) & (np.abs(held - wanted) <= SMALL_CHANGE * held)
    stays &= ~np.isnan(outlook.books.in_force[rows])
    near = _near(wanted, held, lowest, most)
    units = np.where(stays, held, np.where(np.isnan(outlook.books.in_force[rows]), wanted, near))
    binding = np.select(
        [stays, units != wanted, wanted != best_units, wanted == least, wanted == most],
        [IN_FORCE, BOUNDED, EXPLORED, FLOOR, CEILING],
        MODEL,
    )
    return Rates(units, asked.astype(np.int64), best_units, tried, binding)


def _near(wanted: Ints, held: Ints, lowest: Ints, most: Ints) -> Ints:
    """The rate wanted, as far as one change may go; floor, ceiling and what a place is worth hold before that."""
    reach = np.floor(MOST_CHANGE * held).astype(np.int64)
    return np.clip(np.clip(wanted, held - reach, held + reach), lowest, most)
