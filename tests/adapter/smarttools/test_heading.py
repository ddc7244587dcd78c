"""What is learned of where a studio is heading, of how its slots differ, and of what its people would pay."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import door
from adapter.smarttools.curves import Curves
from adapter.smarttools.facts import Floats, Sessions
from adapter.smarttools.forecast import forecast
from adapter.smarttools.model import Model
from adapter.smarttools.pace import Usual, pace_of
from adapter.smarttools.ratios import shrunk
from adapter.smarttools.response import Stretches, best_rate, chance, learn_responses
from adapter.smarttools.trend import fit_trend
from tests.fixtures.timetable import MONDAY, sessions, studios

WEEKS, A_WEEK, USUAL = 26, 10, 12.0


def _season() -> Sessions:
    rows = [
        {"session_id": f"{week}-{slot}", "starts_at": MONDAY + timedelta(weeks=week, hours=12 * slot)}
        for week in range(WEEKS)
        for slot in range(A_WEEK)
    ]
    return door.read_sessions(studios(), sessions(*rows))


def _ahead(past: Sessions, levels: Floats, weeks: int) -> float:
    """The ratio told for a class so many weeks after the last one, from counts at these weekly levels."""
    demand = USUAL * np.repeat(levels, A_WEEK)
    trend, _ = fit_trend(past, demand, np.full(len(past), USUAL), np.ones(len(past), bool), 1.0)
    after = sessions({"starts_at": MONDAY + timedelta(weeks=WEEKS - 1 + weeks, hours=108)})
    return float(trend.ahead(door.read_sessions(studios(), after))[0][0])


def test_growth_is_followed_and_carried_on_a_little_way() -> None:
    levels = np.exp(0.03 * (np.arange(WEEKS) - 13))
    soon, late, last = (_ahead(_season(), levels, weeks) for weeks in (2, 80, 120))
    assert soon == pytest.approx(np.exp(0.03 * 14), rel=0.1)
    assert soon < late < 1.5 * soon  # and no further: slopes do not last
    assert last == pytest.approx(late, rel=0.01)


def test_who_grows_is_found_among_many_who_stay_as_they_are() -> None:
    rng, names = np.random.default_rng(4), [f"s{number}" for number in range(12)]
    rows = [
        {"session_id": f"{name}-{week}", "studio_id": name, "starts_at": MONDAY + timedelta(weeks=week)}
        for name in names
        for week in range(WEEKS)
    ]
    past = door.read_sessions(pd.concat([studios(studio_id=name) for name in names]), sessions(*rows))
    level = np.where(np.array(past.studio) == "s0", np.exp(0.04 * (np.tile(np.arange(WEEKS), 12) - 13)), 1.0)
    trend, _ = fit_trend(past, rng.poisson(30 * level) * 1.0, np.full(len(past), 30.0), np.ones(len(past), bool), 1.0)
    ends = np.array([trend.studios[name].level for name in names])
    assert ends[0] == pytest.approx(0.04 * 12, abs=0.1)
    assert trend.studios["s0"].slope > 5 * max(trend.studios[name].slope for name in names[1:])
    assert np.abs(ends[1:]).mean() < 0.05


def test_weeks_that_vary_by_chance_are_not_taken_for_lower_ones() -> None:
    rng = np.random.default_rng(5)
    demand = 2.0 * rng.poisson(2.0, WEEKS * A_WEEK * 40).reshape(40, -1)  # pairs come: twice as far apart as by chance
    past, usual = _season(), np.full(WEEKS * A_WEEK, 4.0)
    told = [fit_trend(past, each, usual, np.ones(len(past), bool), 2.0)[0].studios["s1"].level for each in demand]
    assert np.mean(told) == pytest.approx(0.0, abs=0.015)


def test_one_week_out_of_the_ordinary_is_no_trend() -> None:
    level = np.ones(WEEKS)
    closed = np.where(np.arange(WEEKS) == WEEKS - 1, 0.1, 1.0)
    assert _ahead(_season(), level, 2) == pytest.approx(1.0, abs=0.08)
    assert _ahead(_season(), closed, 2) > 0.8


def test_a_busy_slot_is_told_by_its_own_sessions_and_its_studio_by_all() -> None:
    rows = [
        {"session_id": f"{slot}-{week}", "template_id": f"slot-{slot}", "starts_at": MONDAY + timedelta(weeks=week)}
        for slot in range(6)
        for week in range(3)
    ]
    own = door.read_sessions(studios(), sessions(*rows))
    size = len(own)
    usual = Usual(*(np.full(size, value) for value in (5.0, 0.5, 0.04, 0.1, 0.1, 0.03)), np.zeros(size, bool))
    booked = np.where(np.arange(size) < 3, 12.0, 5.0)
    ratio = pace_of(own, booked, usual).ratio
    assert ratio[:3].min() > ratio[3:].max() > 1
    alone = pace_of(own, np.where(np.arange(size) == 0, 30.0, booked), usual).ratio
    assert alone[0] == ratio[0]  # never by itself
    assert (alone[1:3] > ratio[1:3]).all()


def test_where_the_curve_is_in_doubt_early_bookings_foretell_less_and_the_rest_is_less_sure() -> None:
    model = Model()
    own = door.read_sessions(studios(), sessions())
    at = float(own.starts[0]) - 60.0

    def told(fresh: float) -> tuple[float, float]:
        model.curves = Curves(model.curves.prior, fresh=fresh)
        few, many = (forecast(own, np.array([count]), at, model) for count in (3, 12))
        return float(many.remaining[0] - few.remaining[0]), float(few.spread[0])

    (sure, narrow), (unsure, wide) = told(0.001), told(0.1)
    assert unsure < sure
    assert wide > narrow


def test_a_group_nobody_knows_is_like_the_groups_and_not_like_the_largest() -> None:
    groups = ["hall"] * 50 + [f"room {number}" for number in range(9)]
    means = np.array([100.0] * 50 + [40.0] * 9)
    ratios = shrunk(groups, np.where(np.arange(59) < 50, 0.5, 1.5) * means, means, np.ones(59), 5.0)
    assert ratios.of(["new"])[0] > 1.2


def test_slots_that_sell_more_at_the_same_rates_are_told_to_pay_more_as_far_as_their_rates_show_it() -> None:
    rng = np.random.default_rng(2)
    medians, keen = rng.normal(0.55, 0.1, 60), np.exp(rng.normal(0, 0.3, 60))
    slots = [{"session_id": f"x{slot}", "template_id": f"slot-{slot}"} for slot in range(60)]
    own = door.read_sessions(studios(), sessions(*slots))
    session, share = np.repeat(np.arange(60), 20), rng.uniform(0.4, 0.75, 1200)
    part = np.full(1200, 0.5)
    sold = rng.poisson(8.0 * keen[session] * part * chance(share, medians[session], np.full(1200, 0.12)))
    told, scale = learn_responses(own, Stretches(session, share, part, sold.astype(float))).of(own)
    assert np.corrcoef(told, medians)[0, 1] > 0.7
    low, high = (chance(np.full(60, rate), told, scale).sum() for rate in (0.4, 0.6))
    true = [chance(np.full(60, rate), medians, np.full(60, 0.12)).sum() for rate in (0.4, 0.6)]
    assert low / high == pytest.approx(true[0] / true[1], rel=0.2)


def test_guests_who_mind_the_rate_little_are_found_where_rates_were_tried() -> None:
    rng, worth = np.random.default_rng(1), np.full(120, 0.25)
    slots = [{"session_id": f"x{slot}", "studio_id": f"s{slot // 10}", "template_id": f"{slot}"} for slot in range(120)]
    houses = pd.concat([studios(studio_id=f"s{house}") for house in range(12)])
    own = door.read_sessions(houses, sessions(*slots))
    medians, keen = 0.54 * np.exp(rng.normal(0, 0.15, 120)), np.exp(rng.normal(0, 0.3, 120))
    session, share, part = np.repeat(np.arange(120), 20), rng.uniform(0.35, 0.75, 2400), np.full(2400, 0.5)
    sold = rng.poisson(8.0 * keen[session] * part * np.exp2(-share / medians[session]))
    told = learn_responses(own, Stretches(session, share, part, sold.astype(float))).of(own)

    def brings(rate: Floats) -> float:
        return float(((rate - worth) * np.exp2(-rate / medians)).sum())

    assert brings(best_rate(*told, worth)) > 0.9 * brings(worth + medians / np.log(2))


def test_slots_of_a_studio_whose_guests_are_alike_are_not_taken_apart() -> None:
    rng = np.random.default_rng(3)
    slots = [{"session_id": f"x{slot}", "studio_id": f"s{slot // 10}", "template_id": f"{slot}"} for slot in range(120)]
    houses = pd.concat([studios(studio_id=f"s{house}") for house in range(12)])
    own = door.read_sessions(houses, sessions(*slots))
    medians, keen = np.repeat(rng.normal(0.6, 0.08, 12), 10), np.exp(rng.normal(0, 0.2, 120))
    session, share, part = np.repeat(np.arange(120), 20), rng.uniform(0.4, 0.9, 2400), np.full(2400, 0.3)
    true = chance(share, medians[session], np.full(2400, 0.07))
    sold = rng.poisson(8.0 * keen[session] * part * true)
    median, scale = learn_responses(own, Stretches(session, share, part, sold.astype(float))).of(own)
    assert np.sqrt(((median - medians) ** 2).mean()) < 0.035  # 0.039 where the least they lay apart was 0.1
    assert scale.mean() == pytest.approx(0.07, rel=0.1)


def test_much_sold_at_a_dear_rate_tells_of_guests_who_would_pay_it() -> None:
    slots = [{"session_id": f"x{slot}", "studio_id": f"s{slot // 5}", "template_id": f"{slot}"} for slot in range(60)]
    houses = pd.concat([studios(studio_id=f"s{house}") for house in range(12)])
    own = door.read_sessions(houses, sessions(*slots))

    def told(rate: float, sold: float) -> float:
        """Of twenty places, listed all the time, ten times over."""
        flat = Stretches(np.arange(60), np.full(60, rate), np.full(60, 10.0), np.full(60, sold))
        return float(learn_responses(own, flat).of(own)[0].mean())

    few, many = told(0.7, 10.0), told(0.7, 45.0)
    assert many > 1.1 * few
    assert told(0.35, 70.0) == pytest.approx(0.54, rel=0.1)
