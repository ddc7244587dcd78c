"""The named signals behind a decision (SS-10). One that is not known is left out, never guessed."""

from __future__ import annotations

import math

import numpy as np

from adapter.smarttools.curves import keys_of, still_to_come
from adapter.smarttools.facts import DIRECT, MARKETPLACE, Floats, Ints, Reservations, Sessions, count_by
from adapter.smarttools.forecast import Forecast
from adapter.smarttools.model import Model
from adapter.smarttools.outlook import Case

DAY = 24.0

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


def signals(sessions: Sessions, case: Case, expected: Forecast, velocity: Velocity, model: Model) -> Signals:
    """What the decision looked at, by name."""
    index = case.index
    found: Signals = {"hours_to_start": round(case.lead, 2)}
    if not math.isnan(case.capacity):
        found |= {"capacity": int(case.capacity), "free_places": case.free}
    found |= {
        "usual_direct_bookings": round(float(expected.level[index]), 3),
        "share_of_direct_bookings_to_come": round(float(expected.to_come[index]), 4),
        "direct_bookings_to_come": round(case.remaining, 3),
        "marketplace_interest_to_come": round(case.looks, 3),
        "weeks_known": model.level.weeks.get(sessions.slot[index], 0),
    }
    popularity = model.level.chain["cell"].ratio.get(_cell(sessions, index))
    season = model.level.chain["lately"].ratio.get(sessions.studio[index])
    found |= {} if popularity is None else {"popularity": round(popularity, 4)}
    found |= {} if season is None else {"season_and_trend": round(season, 4)}
    return found | (_speed(sessions, case, expected, velocity, model) if velocity.known[index] else {})


def _cell(sessions: Sessions, index: int) -> str:
    return f"{sessions.studio[index]}|{sessions.category[index]}|{sessions.hour_of_week[index]}"


def _speed(sessions: Sessions, case: Case, expected: Forecast, velocity: Velocity, model: Model) -> Signals:
    curve: Floats = model.curves.of(keys_of(sessions, case.index))
    usual = float(still_to_come(curve, case.lead + DAY) - still_to_come(curve, case.lead))
    return {
        "direct_bookings_last_day": int(velocity.direct[case.index]),
        "direct_bookings_usual_in_that_day": round(usual * float(expected.level[case.index]), 3),
        "marketplace_bookings_last_day": int(velocity.marketplace[case.index]),
    }
