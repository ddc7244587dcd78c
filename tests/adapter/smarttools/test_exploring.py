"""Rates are tried carefully: few of them, by small steps, never beyond a limit, at a price that is told (SR-03)."""

from __future__ import annotations

import copy
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools
from adapter.smarttools.exploring import DEARER, MOST_LOST, SHARE, STEP
from tests.fixtures.timetable import NOW, reservations, sessions, studios

MANY = 2000


def _told(tools: SmartTools, *, at: float = 72.0, direct: int = 0, **studio: object) -> pd.DataFrame:
    """The exploration of many classes that differ in their id alone."""
    own = sessions(*({"session_id": f"x{number}", "starts_at": NOW + timedelta(hours=at)} for number in range(MANY)))
    booked = reservations(direct=direct)
    table = booked.loc[booked.index.repeat(MANY)].assign(session_id=np.tile(own["session_id"], direct))
    tables = (NOW, studios(**studio), own.assign(pace=1.0, pace_doubt=0.02), table)
    decided, why = tools.decide(*tables), tools.explain(*tables)
    tried = pd.DataFrame([each["exploration"] for each in why])
    for each, rate in zip(why, decided["rate"], strict=True):
        assert sum(part["value"] for part in each["rate_parts"]) == pytest.approx(rate, abs=1e-9)
        assert (each["rate_binding"] == "explored") is (each["exploration"]["step"] != 0)
    return pd.concat([decided, tried], axis=1)


def test_a_few_rates_are_tried_a_small_step_off_and_the_chance_of_it_is_kept(fitted: SmartTools) -> None:
    """SR-03."""
    told = _told(fitted, direct=2)  # else all places are listed, and the last is worth what is asked
    tried = told["step"] != 0
    best = told.loc[~tried, "rate"].unique()
    assert len(best) == 1
    assert tried.mean() == pytest.approx(SHARE, abs=0.012)
    assert set(np.sign(told.loc[tried, "step"])) == {-1.0, 1.0}
    assert (told.loc[tried, "step"].abs() <= STEP * best[0] + 0.005).all()
    assert told.loc[tried, "propensity"].unique().tolist() == [SHARE / 2]
    assert told.loc[~tried, "propensity"].unique().tolist() == [1 - SHARE]
    assert (told.loc[tried, "costs"] > 0).all()
    assert (told.loc[~tried, "costs"] == 0).all()


def test_a_class_is_tried_one_way_all_its_life_and_another_seed_tries_others(fitted: SmartTools) -> None:
    early, late = (np.sign(_told(fitted, at=hours)["step"]) for hours in (72.0, 30.0))
    assert (early * late >= 0).all()
    assert (early * late).sum() > MANY * SHARE / 4
    other = SmartTools(seed=fitted.seed + 1)
    other.model = fitted.model
    assert (np.sign(_told(other)["step"]) * early).abs().sum() < MANY * SHARE / 4


@pytest.mark.parametrize("band", [(7.5, 7.5), (21.9, 22.0), (12.0, 12.3)])
def test_what_is_tried_stays_between_floor_and_ceiling(fitted: SmartTools, band: tuple[float, float]) -> None:
    """SR-03."""
    told = _told(fitted, rate_floor=band[0], rate_ceiling=band[1])
    assert told["rate"].between(*band).all()


def test_nothing_is_tried_where_the_response_is_known_or_a_place_is_dear(fitted: SmartTools) -> None:
    sure = copy.deepcopy(fitted)
    sure.model.market.responses.known = {
        name: [median, scale, 0.01] for name, (median, scale, _) in sure.model.market.responses.known.items()
    }
    told = _told(sure)
    assert (told["step"] == 0).all()
    assert told["propensity"].unique().tolist() == [1.0]
    scarce = _told(fitted, direct=17)
    assert (scarce["costs"] <= DEARER * MOST_LOST * scarce["rate"] * 20).all()
    assert (scarce["step"] != 0).sum() < (_told(fitted)["step"] != 0).sum()
