"""What is booked late varies as the history shows it to, not as all bookings do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from adapter.smarttools import SmartTools, door
from adapter.smarttools.forecast import forecast
from tests.fixtures.timetable import MONDAY, attended, sessions, studios

REGULARS, OTHERS, PLACES, ROOMY = 6, 6.0, 20, 80
WEEKS, SLOTS = 40, 12


def _fitted(leads_of: Callable[[], list[float]], places: int = PLACES) -> SmartTools:
    """Of classes each booked so many hours before its start as ``leads_of`` draws."""
    rows, made = [], []
    for week in range(WEEKS):
        for slot in range(SLOTS):
            starts = MONDAY + timedelta(weeks=week, days=slot % 7, hours=10 + slot // 7)
            rows.append({"session_id": f"{week}-{slot}", "template_id": f"slot-{slot}", "starts_at": starts})
            made += [(f"{week}-{slot}", starts - timedelta(hours=float(lead))) for lead in leads_of()[:places]]
    return SmartTools().fit(studios(), sessions(*rows).assign(capacity=places), attended(made))


def _still_to_come(tools: SmartTools, booked: int, places: int = PLACES) -> tuple[float, float]:
    """Told of the next class thirty hours before its start, with the squared variation of it."""
    starts = MONDAY + timedelta(weeks=WEEKS, hours=10)
    own = door.read_sessions(studios(), sessions({"starts_at": starts}).assign(capacity=places))
    told = forecast(own, np.array([booked]), float(own.starts[0]) - 30, tools.model)
    return float(told.remaining[0]), float(told.spread[0])


@pytest.mark.parametrize("varies", [0.0, 0.25])
def test_what_regulars_leave_to_others_varies_as_those_do(varies: float) -> None:
    rng = np.random.default_rng(5)

    def leads() -> list[float]:
        """Regulars book six days ahead and come; the others decide on the last day, by the weather."""
        others = rng.poisson(OTHERS * (rng.gamma(1 / varies, varies) if varies else 1.0))
        return [*rng.uniform(140, 146, REGULARS), *np.sort(rng.uniform(0.5, 24, others))[::-1]]

    remaining, spread = _still_to_come(_fitted(leads), REGULARS)
    assert remaining == pytest.approx(OTHERS, rel=0.15)
    assert remaining + spread * remaining**2 == pytest.approx(OTHERS + varies * OTHERS**2, rel=0.3)


@pytest.mark.parametrize(("size", "varies", "least", "most"), [(1, 0.2, 1.3, 1.7), (4, 0.05, 0.95, 1.28)])
def test_early_ones_that_come_in_groups_foretell_little_of_late_ones(
    size: int, varies: float, least: float, most: float
) -> None:
    rng, usual = np.random.default_rng(6), 8.0

    def leads() -> list[float]:
        demand = usual * rng.gamma(1 / varies, varies)
        early, late = size * rng.poisson(demand / size), rng.poisson(demand)
        return [*rng.uniform(100, 160, early), *rng.uniform(0.5, 24, late)]

    tools = _fitted(leads, ROOMY)
    quiet, busy = (_still_to_come(tools, booked, ROOMY)[0] for booked in (8, 16))
    assert least < busy / quiet < most
