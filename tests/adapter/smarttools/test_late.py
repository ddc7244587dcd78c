"""Late bookings follow early ones only as far as the history shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools, door
from adapter.smarttools.forecast import forecast
from adapter.smarttools.late import Late
from tests.fixtures.timetable import MONDAY, Drawn, draw

LATE = 36.0  # hours before the start
BEFORE = 24.0  # hours: what comes in them is foretold


@pytest.fixture(scope="module")
def roomy() -> Drawn:
    """Classes with room for all."""
    return draw(2, fill=0.35, slots=60)


def _in_waves(drawn: Drawn) -> pd.DataFrame:
    """Its bookings, of which those made early come and go by the month, and those made late do not."""
    own = drawn.past_reservations
    starts = own["session_id"].map(drawn.past.set_index("session_id")["starts_at"])
    early = (starts - own["booked_at"]) / pd.Timedelta(hours=1) > LATE
    weeks = (starts - pd.Timestamp(MONDAY)) / pd.Timedelta(weeks=1)
    kept = 0.55 + 0.45 * np.cos((weeks - 16) / 2)  # all of them in the last week
    return own[~early | (np.random.default_rng(0).random(len(own)) < kept)]


@contextmanager
def _all_along(tools: SmartTools) -> Iterator[None]:
    """Late bookings taken to go all along, whatever was learned."""
    learned, tools.model.late = tools.model.late, Late()
    yield
    tools.model.late = learned


def _told(tools: SmartTools, drawn: Drawn) -> float:
    """Late bookings told of the coming classes, by what is on their books then, to what comes in truth."""
    own = door.read_sessions(drawn.studios, drawn.coming)
    true = np.array([drawn.means[slot] for slot in drawn.coming["template_id"]])
    share = 0.5 * (1 - np.exp(-BEFORE / 120)) + 0.5 * (1 - np.exp(-BEFORE / 14))
    books = np.rint(true * (1 - share)).astype(np.int64)
    told = [
        forecast(own, books, float(own.starts[row]) - BEFORE, tools.model).remaining[row] for row in range(len(own))
    ]
    return float(np.sum(told) / (true * share).sum())


def test_where_all_bookings_rise_and_fall_together_late_ones_go_along(roomy: Drawn) -> None:
    late = SmartTools().fit(roomy.studios, roomy.past, roomy.past_reservations, roomy.offers).model.late
    assert late == Late()


@pytest.mark.parametrize(("seed", "fill", "since"), [(2, 0.35, 11), (1, 0.5, 10), (3, 0.35, 10)])
def test_where_all_bookings_fall_at_once_nothing_is_shown_of_late_ones(seed: int, fill: float, since: int) -> None:
    drawn = draw(seed, fill=fill, slots=60)
    own = drawn.past_reservations
    starts = own["session_id"].map(drawn.past.set_index("session_id")["starts_at"])
    closed = starts > pd.Timestamp(MONDAY) + pd.Timedelta(weeks=since)
    few = own[~closed | (np.random.default_rng(1).random(len(own)) < 0.1)]
    tools = SmartTools().fit(drawn.studios, drawn.past, few, drawn.offers)
    assert tools.model.late == Late()
    assert _told(tools, drawn) == pytest.approx(1, abs=0.2)  # once the books are as they were


def test_where_early_bookings_come_and_go_late_ones_are_foretold_by_themselves(roomy: Drawn) -> None:
    tools = SmartTools().fit(roomy.studios, roomy.past, _in_waves(roomy), roomy.offers)
    assert tools.model.late.along < 1.0
    with _all_along(tools):
        untold = _told(tools, roomy)
    assert abs(_told(tools, roomy) - 1) < 0.08 < abs(untold - 1)


def test_of_late_ones_that_go_their_own_way_a_classs_early_books_tell_nothing(roomy: Drawn) -> None:
    tools = SmartTools().fit(roomy.studios, roomy.past, _in_waves(roomy), roomy.offers)
    assert tools.model.late.along == 0
    own = door.read_sessions(roomy.studios, roomy.coming.iloc[:1])
    quiet, busy = (
        forecast(own, np.array([books]), float(own.starts[0]) - BEFORE, tools.model).remaining[0] for books in (5, 20)
    )
    assert busy == pytest.approx(quiet, rel=0.05)


def test_classes_without_room_for_all_tell_of_late_ones_where_no_others_do(roomy: Drawn) -> None:
    made = _in_waves(roomy)
    most = made.groupby(made["session_id"].map(roomy.past.set_index("session_id")["template_id"])).size()
    tight = roomy.past.assign(capacity=np.ceil(roomy.past["template_id"].map(most) / 16 * 1.6))
    late = SmartTools().fit(roomy.studios, tight, made, roomy.offers).model.late
    assert late.along < 1.0
