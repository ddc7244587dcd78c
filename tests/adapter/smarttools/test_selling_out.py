"""What three spots that sell out hide: how many more would have come."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools
from tests.fixtures.timetable import MONDAY, NOW, TIMES, sessions, studios

SLOTS, WEEKS = 30, 16
RATE, SPOTS = 12.0, 3
MEAN_LEAD = 30.0  # hours
VARIES = 0.3  # squared variation between classes of one slot of how many look


def _history(looking: float, *, since: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Sessions, sales and offers at one rate, listed from a week on. ``looking``: guests for each class."""
    rng = np.random.default_rng(5)
    rows, sales, offers = [], [], []
    for week in range(WEEKS):
        for slot in range(SLOTS):
            name, starts = f"{week}-{slot}", MONDAY + timedelta(weeks=week, days=slot % 7, hours=slot % 24)
            rows.append({"session_id": name, "template_id": f"{slot}", "starts_at": starts})
            if week < since:
                continue
            offers.append({"session_id": name, "from_at": starts - timedelta(days=14)})
            come = rng.exponential(MEAN_LEAD, rng.poisson(looking * rng.gamma(1 / VARIES, VARIES)))
            sales += [(name, starts - timedelta(hours=lead)) for lead in sorted(come, reverse=True)[:SPOTS]]
    booked = pd.DataFrame(sales, columns=["session_id", "booked_at"])
    booked = booked.assign(reservation_id=booked.index, cancelled_at=pd.NaT, amount=RATE)
    booked = booked.assign(channel="marketplace", product="standard", outcome="attended")
    for column in TIMES:
        booked[column] = pd.to_datetime(booked[column], utc=True)
    listed = pd.DataFrame(offers).assign(spots=SPOTS, rate=RATE, premium_spots=0, premium_rate=np.nan)
    return sessions(*rows), booked, listed


def _takers(tools: SmartTools) -> float:
    """How many are expected to take a spot of a class of each slot at the rate of the past."""
    coming = sessions(
        *(
            {"session_id": f"{slot}", "template_id": f"{slot}", "starts_at": NOW + timedelta(days=slot % 7, hours=slot)}
            for slot in range(SLOTS)
        )
    )
    every = np.full(SLOTS, 1.0)
    found = tools.takers(studios(), coming, RATE * every, 336 * every, 0 * every)
    return float(found.mean())


@pytest.mark.parametrize("looking", [1.5, 4.0, 8.0])
def test_guests_whom_sold_out_classes_turned_away_are_counted(looking: float) -> None:
    past, booked, offers = _history(looking)
    assert _takers(SmartTools().fit(studios(), past, booked, offers)) == pytest.approx(looking, rel=0.35)


def test_a_trial_takes_a_spot_but_is_no_sale_at_the_rate() -> None:
    past, booked, offers = _history(8.0)
    trial = np.random.default_rng(1).random(len(booked)) < 0.1
    tried = booked.assign(product=booked["product"].mask(trial, "trial"), amount=booked["amount"].mask(trial, 0.0))
    without, among = (_takers(SmartTools().fit(studios(), past, table, offers)) for table in (booked, tried))
    assert 0.8 * without < among < without


def test_of_classes_before_a_studio_was_first_listed_nothing_is_learned() -> None:
    past, booked, offers = _history(2.0, since=WEEKS - 4)
    lately = past["session_id"].isin(offers["session_id"])
    known = SmartTools().fit(studios(), past[lately], booked, offers)
    whole = SmartTools().fit(studios(), past, booked, offers)
    assert _takers(whole) == pytest.approx(_takers(known), rel=0.1)
