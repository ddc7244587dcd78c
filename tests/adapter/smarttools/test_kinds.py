"""A new studio whose clients book like another's: which one's, its own books tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools
from adapter.smarttools.kinds import MOST, Kinds
from tests.fixtures.timetable import NOW, attended, sessions, studios

PLANNERS, REGULARS = 16, 4  # studios whose clients decide day by day, and ones of regulars and of the last hours
WEEKS, DAYS, FINAL = 6, 5, 12  # of each class so many come in the end
HALF = 0.5  # of those who come to a studio of the latter sort are regulars


def _leads(rng: np.random.Generator, regulars: float) -> np.ndarray:
    """Hours before the start at which those who come to a class have booked."""
    many = round(FINAL * regulars)
    if not many:
        return rng.exponential(40, FINAL)
    return np.concatenate([rng.uniform(150, 166, many), rng.uniform(0.2, 5, FINAL - many)])


def _upcoming(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Classes of a new studio of regulars, and who has booked them by now."""
    starts = {f"{day} {hour}": NOW + timedelta(days=day, hours=hour) for day, hour in product(range(1, 6), (0, 3))}
    made = [
        (name, begins - timedelta(hours=float(lead)))
        for name, begins in starts.items()
        for lead in _leads(rng, HALF)
        if begins - timedelta(hours=float(lead)) < NOW
    ]
    booked = attended(made).assign(outcome="booked")
    rows = (
        {"studio_id": "new", "session_id": name, "template_id": name, "starts_at": at} for name, at in starts.items()
    )
    return sessions(*rows), booked


@pytest.fixture(scope="module")
def town() -> SmartTools:
    """Fitted to all of them."""
    rng, rows = np.random.default_rng(5), []
    made: list[tuple[str, datetime]] = []
    for house, week, day in np.ndindex(PLANNERS + REGULARS, WEEKS, DAYS):
        begins, name = NOW - timedelta(weeks=week + 1, days=-day), f"{house}-{week}-{day}"
        rows.append(
            {"studio_id": f"s{house}", "session_id": name, "template_id": f"{house}-{day}", "starts_at": begins}
        )
        leads = _leads(rng, HALF if house < REGULARS else 0.0)
        made += [(name, begins - timedelta(hours=float(lead))) for lead in leads]
    houses = pd.concat([studios(studio_id=f"s{house}") for house in range(PLANNERS + REGULARS)], ignore_index=True)
    return SmartTools().fit(houses, sessions(*rows), attended(made))


def _expected(tools: SmartTools) -> list[float]:
    """Of each class, who is still to come: the latter half, one to five days before."""
    coming, booked = _upcoming(np.random.default_rng(6))
    return tools.decide(NOW, studios(studio_id="new"), coming, booked)["expected_direct"].tolist()


def test_what_a_new_studio_still_expects_is_told_by_the_studio_it_is_like(town: SmartTools) -> None:
    alone = SmartTools()
    alone.model = replace(town.model, kinds=Kinds())
    came = FINAL * (1 - HALF)
    assert _expected(town) == pytest.approx([came] * 10, rel=0.1)
    assert min(_expected(alone)) < 0.5 * came < 1.3 * came < max(_expected(alone))  # as if they booked day by day


def test_studios_are_put_together_by_likeness(town: SmartTools) -> None:
    kinds = town.model.kinds
    assert len(kinds.shares) == len(kinds.chance) == MOST
    assert kinds.shares.sum(axis=1) == pytest.approx(np.ones(MOST))
    assert 0 < sum(kinds.chance) < 1


def test_kinds_are_kept_with_the_model(town: SmartTools, tmp_path: Path) -> None:
    town.save(tmp_path)
    back = SmartTools.load(tmp_path)
    assert back.digest() == town.digest()
    assert _expected(back) == _expected(town)
