"""People book while they are awake: how much is still to come depends on the hour at which a class begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from adapter.smarttools import SmartTools, door
from adapter.smarttools.forecast import forecast
from tests.fixtures.timetable import MONDAY, attended, sessions, studios

NEW_YORK = ZoneInfo("America/New_York")
LEAD = 6.0  # hours before the start
WEEKS, DAYS = 16, 7


def _starts(week: int, day: int, hour: int) -> datetime:
    return datetime(2025, 6, 2, hour, tzinfo=NEW_YORK) + timedelta(weeks=week, days=day)


def _booked(rng: np.random.Generator, starts: datetime) -> list[datetime]:
    """When some ten people book: they decide on the last days, and do it by day."""
    moments = [starts - timedelta(hours=float(lead)) for lead in rng.exponential(24, 20)]
    return [moment for moment in moments if 8 <= moment.hour < 22]


@pytest.fixture(scope="module")
def awake() -> tuple[SmartTools, dict[int, float]]:
    """Fitted to a studio with classes at seven in the morning and in the evening, and what is left of them then."""
    rng, rows, made = np.random.default_rng(3), [], []
    late: dict[int, list[bool]] = {7: [], 19: []}
    for week, day, half in np.ndindex(WEEKS, DAYS, len(late)):
        hour = list(late)[half]
        starts, name = _starts(week, day, hour), f"{week}-{day}-{hour}"
        rows.append({"session_id": name, "template_id": f"{day}-{hour}", "starts_at": starts})
        moments = _booked(rng, starts)
        made += [(name, moment) for moment in moments]
        late[hour] += [starts - moment < timedelta(hours=LEAD) for moment in moments]
    left = {hour: float(np.mean(those)) for hour, those in late.items()}
    return SmartTools().fit(studios(), sessions(*rows), attended(made)), left


@pytest.mark.parametrize("hour", [7, 19])
@pytest.mark.parametrize("studio", ["s1", "new"])
def test_what_is_still_to_come_goes_by_the_hour(
    awake: tuple[SmartTools, dict[int, float]], studio: str, hour: int
) -> None:
    tools, left = awake
    row = {"studio_id": studio, "template_id": "another", "category": "another", "starts_at": _starts(WEEKS, 2, hour)}
    own = door.read_sessions(studios(studio_id=studio), sessions(row))
    told = forecast(own, np.array([5]), float(own.starts[0]) - LEAD, tools.model)
    assert float(told.to_come[0]) == pytest.approx(left[hour], abs=0.08)


def test_the_hours_told_apart_differ(awake: tuple[SmartTools, dict[int, float]]) -> None:
    assert awake[1][7] < 0.02
    assert awake[1][19] > 0.15
    assert MONDAY.date() == _starts(0, 0, 7).date()
