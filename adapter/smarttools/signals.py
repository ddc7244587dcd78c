"""The named signals behind a decision (SS-10). One that is not known is left out, never guessed."""

from __future__ import annotations

import math

import numpy as np

from adapter.smarttools.curves import EDGES
from adapter.smarttools.facts import DIRECT, MARKETPLACE, Ints, Reservations, Sessions, count_by
from adapter.smarttools.model import Model
from adapter.smarttools.outlook import Outlook

DAY = 24.0
FAR = 1.3  # times what is usual, or its inverse: a pace beyond is worth a word
DEARER = 1.2  # times the direct price that was learned at, or its inverse

Signals = dict[str, float | int]


class Velocity:
    """Bookings of the last day on each channel, counted once for all sessions."""

    def __init__(self, sessions: Sessions, reservations: Reservations, at: float) -> None:
        made = reservations.booked <= at
        lately = made & (reservations.booked > at - DAY)
        self.direct = _count(reservations, lately & (reservations.channel == DIRECT), sessions)
        self.marketplace = _count(reservations, lately & (reservations.channel == MARKETPLACE), sessions)
        # With reservations but no booking time at all, the platform tells none: their speed is not known.
        some = count_by(reservations.session, len(sessions)) > 0
        self.known = ~some | (_count(reservations, made, sessions) > 0)


def _count(reservations: Reservations, chosen: np.ndarray, sessions: Sessions) -> Ints:
    return count_by(reservations.session[chosen], len(sessions)).astype(np.int64)


def signals(outlook: Outlook, row: int, velocity: Velocity, model: Model) -> Signals:
    """What the decision looked at, by name."""
    sessions, expected = outlook.sessions, outlook.expected
    found: Signals = {"hours_to_start": round(float(expected.lead[row]), 2)}
    if not math.isnan(sessions.capacity[row]):
        found |= {"capacity": int(outlook.capacity[row]), "free_places": int(outlook.free[row])}
    found |= {
        "usual_direct_bookings": round(float(expected.level[row]), 3),
        "share_of_direct_bookings_to_come": round(float(expected.to_come[row]), 4),
        "direct_bookings_to_come": round(float(expected.remaining[row]), 3),
        "marketplace_interest_to_come": round(float(expected.looks[row]), 3),
        "weeks_known": model.level.weeks.get(sessions.slot[row], 0),
    }
    old = expected.weeks_old
    found |= {"pace": round(float(expected.pace.ratio[row]), 4)}
    found |= {"weeks_since_learned": round(old + 1, 1)} if old > 0 else {}
    popularity = model.level.chain["cell"].ratio.get(sessions.groups["cell"][row])
    known = sessions.studio[row] in model.level.trend.studios
    found |= {} if popularity is None else {"popularity": round(popularity, 4)}
    found |= {"season_and_trend": round(float(expected.trend[row]), 4)} if known else {}
    power = float(expected.tempo.power[row])
    if not math.isnan(power):
        found["usual_share_of_direct_bookings_to_come"] = round(float(expected.to_come[row] ** (1 / power)), 4)
    late = float(expected.late[row])
    found |= {} if late == 1.0 else {"late_bookings_beside_usual": round(late, 4)}
    appetite = outlook.appetite
    found |= {"willingness_beside_usual": round(float(appetite.payable[row]), 4)} if appetite.told[row] else {}
    return found | (_speed(outlook, row, velocity) if velocity.known[row] else {})


def unsure(outlook: Outlook, row: int, velocity: Velocity, model: Model) -> list[str]:
    """Why the forecast is wider than usual, in words; where it is, less is listed."""
    sessions, expected = outlook.sessions, outlook.expected
    pace, retail = float(expected.pace.ratio[row]), float(sessions.retail[row])
    seen = model.market.responses.retail.get(sessions.slot[row], retail)
    told = {
        "the studio has no history yet": not outlook.known[row],
        "this slot has no past class": bool(outlook.known[row]) and not model.level.weeks.get(sessions.slot[row]),
        "the model has not learned for more than a week": expected.weeks_old > 0,
        "bookings are far from what is usual": not 1 / FAR < pace < FAR,
        "booking times are not known": not velocity.known[row] or bool(expected.untimed[row]),
        "the direct price has changed": not 1 / DEARER < retail / seen < DEARER,
    }
    return [why for why, holds in told.items() if holds]


def _speed(outlook: Outlook, row: int, velocity: Velocity) -> Signals:
    expected = outlook.expected
    curve, lead = expected.direct[row], float(expected.lead[row])
    usual = float(np.interp(lead + DAY, EDGES, curve) - np.interp(lead, EDGES, curve))
    return {
        "direct_bookings_last_day": int(velocity.direct[row]),
        "direct_bookings_usual_in_that_day": round(usual * float(expected.level[row]), 3),
        "marketplace_bookings_last_day": int(velocity.marketplace[row]),
    }
