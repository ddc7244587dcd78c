"""What `benchmarks.street.real` makes of the shared data: everybody in them comes, when and where they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.shared_data import CLASSES, HOTEL
from benchmarks.street.draw import WEEK, Street
from benchmarks.street.peers import Static
from benchmarks.street.people import People, events_of
from benchmarks.street.real import classes, days
from benchmarks.street.scores import score
from benchmarks.street.season import run
from benchmarks.street.smart import Tools


def _is_in_order(street: Street, people: People, weeks: int) -> None:
    start = street.start[people.session]
    assert (people.comes < start).all()
    assert ((people.cancels > people.comes) & ((people.cancels < start) | np.isinf(people.cancels))).all()
    assert 0 < street.start[street.scored].min() < WEEK
    assert (weeks - 1) * WEEK < street.start.max() < weeks * WEEK


@pytest.mark.data
@pytest.mark.skipif(not CLASSES.exists(), reason="the shared data are not there")
def test_every_client_of_the_classes_comes_and_no_rule_is_broken_before_them() -> None:
    rng = np.random.default_rng(1)
    street, people = classes(CLASSES, 1, rng)
    _is_in_order(street, people, 1)
    told = pd.read_csv(CLASSES)["Number Booked"].astype(float)
    assert 0.97 * told.sum() < np.count_nonzero(~people.market) <= told.sum()  # some rows are no classes
    events, season = events_of(people), ~street.past
    past = run(street, people, events, street.past, Static(street), 24.0)
    tools = Tools(street, past, 2.0, 12)
    alone, lived = (run(street, people, events, season, each, 12) for each in (None, tools))
    assert not tools.violations
    assert score(lived, alone).value(2.0)[street.scored].sum() > 0


@pytest.mark.data
@pytest.mark.skipif(not HOTEL.exists(), reason="the shared data are not there")
def test_every_booking_of_the_hotel_is_made_and_cancelled_as_it_was() -> None:
    street, people = days(HOTEL, 4, np.random.default_rng(1))
    _is_in_order(street, people, 4)
    told = pd.read_csv(HOTEL)
    assert len(people.session) == len(told)
    assert np.count_nonzero(people.market) == (told["market_segment"] == "Online TA").sum()
    gone = (told["reservation_status"] == "Canceled").to_numpy()
    assert not np.isfinite(people.cancels[~gone]).any()
    assert np.isfinite(people.cancels[gone]).mean() > 0.99  # the rest gave up after the hour of arrival
    ahead = (street.start[people.session] - people.comes) / 24
    assert np.abs(ahead - told["lead_time"]).max() < 1
