"""What is learned comes near the truth that the history was drawn from."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools, door
from adapter.smarttools.curves import EDGES, cumulated
from adapter.smarttools.facts import Floats
from adapter.smarttools.forecast import WEIGHTS, forecast, gamma_points
from adapter.smarttools.level import at_least
from adapter.smarttools.openness import open_share
from adapter.smarttools.response import best_rate, chance
from adapter.smarttools.value import Flow, worth
from tests.fixtures.timetable import MONDAY, NOW, STUDIO, Drawn, draw, reservations, sessions, studios


def test_levels_come_near_the_true_means(drawn: Drawn, fitted: SmartTools) -> None:
    usual = fitted.usual(drawn.studios, drawn.coming)
    true = np.array([drawn.means[slot] for slot in drawn.coming["template_id"]])
    assert np.abs(usual - true).mean() < 0.12 * true.mean()


def test_demand_of_full_classes_is_not_taken_for_their_capacity() -> None:
    crowded = draw(3, fill=1.1, slots=10)
    tools = SmartTools().fit(crowded.studios, crowded.past, crowded.past_reservations, crowded.offers)
    true = np.array([crowded.means[slot] for slot in crowded.coming["template_id"]])
    full = true > crowded.coming["capacity"].to_numpy()
    usual = tools.usual(crowded.studios, crowded.coming)[full]
    naive = crowded.coming["capacity"].to_numpy()[full]
    assert np.abs(usual - true[full]).mean() < 0.7 * np.abs(naive - true[full]).mean()


def test_refusals_of_full_classes_do_not_make_the_curve_look_early() -> None:
    crowded = draw(3, fill=1.1, slots=10)
    tools = SmartTools().fit(crowded.studios, crowded.past, crowded.past_reservations, crowded.offers)
    true = 0.5 * (1 - np.exp(-24 / 120)) + 0.5 * (1 - np.exp(-24 / 14))
    learned = float(np.interp(24.0, EDGES, cumulated(tools.model.curves.of(("all",), ""))[0]))
    own = crowded.past_reservations[crowded.past_reservations["channel"] == "direct"]
    starts = crowded.past.set_index("session_id")["starts_at"].reindex(own["session_id"]).to_numpy()
    naive = float((starts - own["booked_at"].to_numpy() < np.timedelta64(24, "h")).mean())
    assert abs(learned - true) < abs(naive - true)


def test_a_class_is_closed_from_its_last_place_to_the_next_cancellation() -> None:
    start = pd.Timestamp(MONDAY) + pd.Timedelta(hours=400)
    own = door.read_sessions(studios(), sessions({"capacity": 2.0, "starts_at": start}))
    table = reservations(direct=3).assign(
        booked_at=[start - pd.Timedelta(hours=h) for h in (100, 60, 24)],
        cancelled_at=[start - pd.Timedelta(hours=48), pd.NaT, pd.NaT],
        outcome=["cancelled", "attended", "attended"],
    )
    shares = open_share(own, door.read_reservations(table, own))[0]
    hours = {60: 1.0, 48: 0.0, 42: 1.0, 24: 1.0, 20: 0.0, 0: 0.0}
    edges = [0, 1, 2, 3, 4, 6, 9, 12, 16, 20, 24, 30, 36, 42, 48, 60]
    assert {near: shares[edges.index(near)] for near in hours} == hours


def test_cancellations_are_learned(fitted: SmartTools) -> None:
    active, made = (
        float(table.of(str(STUDIO["studio_id"]))[list(EDGES).index(72)])
        for table in (fitted.model.returns.active, fitted.model.returns.made)
    )
    assert made == pytest.approx(0.89, abs=0.05)
    assert made < active < 0.95  # what was made long before has lived through most of its danger


def test_a_higher_rate_is_learned_to_sell_less(fitted: SmartTools) -> None:
    """SR-13."""
    median, scale = (part[:1] for part in fitted.model.market.responses.of(door.read_sessions(studios(), sessions())))
    low, high = (float(chance(np.array([share]), median, scale)[0]) for share in (9 / 25, 18 / 25))
    assert high < 0.35 * low  # the truth is 0.14


def test_a_studio_that_sold_nothing_through_the_marketplace_was_not_listed(drawn: Drawn) -> None:
    own = drawn.past_reservations[drawn.past_reservations["channel"] == "direct"]
    table = door.read_sessions(drawn.studios, drawn.coming)
    quiet = SmartTools().fit(drawn.studios, drawn.past, own)
    assert quiet.model.market.mean(table) == pytest.approx(SmartTools().model.market.mean(table))


def test_a_studio_that_never_listed_inherits_what_its_hours_draw_elsewhere(drawn: Drawn) -> None:
    early = drawn.past.loc[drawn.past["starts_at"].dt.hour == 11, "session_id"]  # 7 in the morning in New York
    booked = drawn.past_reservations
    nobody = booked["session_id"].isin(early) & (booked["channel"] == "marketplace")
    tools = SmartTools().fit(drawn.studios, drawn.past, booked[~nobody], drawn.offers)
    strange = drawn.coming.assign(studio_id="s2", template_id="new-" + drawn.coming["template_id"])
    keen = tools.model.market.keen(door.read_sessions(drawn.studios.assign(studio_id="s2"), strange))
    morning = drawn.coming["starts_at"].dt.hour.to_numpy() == 11
    assert keen[morning].max() < 0.5 * keen[~morning].min()


def test_an_offer_without_a_rate_was_no_offer(drawn: Drawn) -> None:
    known = SmartTools().fit(drawn.studios, drawn.past, drawn.past_reservations, drawn.offers.assign(spots=0))
    blank = SmartTools().fit(drawn.studios, drawn.past, drawn.past_reservations, drawn.offers.assign(rate=np.nan))
    assert blank.model.market.responses.usual == known.model.market.responses.usual
    assert np.isfinite(blank.model.market.mean(door.read_sessions(drawn.studios, drawn.coming))).all()


def test_a_long_history_in_which_nobody_came_is_learned() -> None:
    long = draw(seed=4, slots=30)
    nobody = long.past_reservations.iloc[:0]
    tools = SmartTools(seed=1).fit(long.studios, long.past, nobody, long.offers)
    assert tools.usual(long.studios, long.coming).max() < 1


def test_trees_add_to_a_long_history_and_learn_the_same_twice() -> None:
    whole = draw(5, slots=28)
    tables = (whole.studios, whole.past, whole.past_reservations, whole.offers)
    once, twice = (SmartTools(seed=4).fit(*tables) for _ in range(2))
    assert set(once.model.level.boosted) == set(once.model.level.weeks)
    assert once.digest() == twice.digest()
    true = np.array([whole.means[slot] for slot in whole.coming["template_id"]])
    assert np.abs(once.usual(whole.studios, whole.coming) - true).mean() < 0.12 * true.mean()


def test_what_studios_slots_and_people_are_called_changes_nothing() -> None:
    whole = draw(5, slots=28)
    number = {slot: index for index, slot in enumerate(whole.means)}

    def decided(name: Callable[[str, int], str]) -> pd.DataFrame:
        """``name``: what the so many of a kind is called. Three studios, five instructors."""

        def named(table: pd.DataFrame) -> pd.DataFrame:
            slot = table["template_id"].map(number).to_numpy()
            columns = {"studio_id": slot % 3, "venue_id": slot % 3, "instructor_id": slot % 5, "template_id": slot}
            return table.assign(**{each: [name(each, index) for index in of] for each, of in columns.items()})

        houses = pd.concat([whole.studios.assign(studio_id=name("studio_id", index)) for index in range(3)])
        tools = SmartTools(seed=4).fit(houses, named(whole.past), whole.past_reservations, whole.offers)
        assert tools.model.level.boosted
        return tools.decide(NOW, houses, named(whole.coming), whole.coming_reservations)

    plain, odd = (
        decided(lambda kind, index: f"{kind} {index:02}"),
        decided(lambda kind, index: f"{5 * index % 7} {kind} {index}"),
    )
    told = ["session_id", "spots", "rate", "premium_spots", "premium_rate", "reason"]
    pd.testing.assert_frame_equal(plain[told], odd[told])
    assert odd["expected_direct"].to_numpy() == pytest.approx(plain["expected_direct"].to_numpy(), rel=1e-9)


def test_early_bookings_foretell_late_ones_only_where_the_history_shows_it(drawn: Drawn, fitted: SmartTools) -> None:
    own = drawn.past_reservations
    odd = own["session_id"].str.split("-").str[0].astype(int) % 2 == 1
    quiet_weeks = own[~odd | (np.arange(len(own)) % 5 < 2)]  # every other week has two bookings in five, at all times
    shared = SmartTools().fit(drawn.studios, drawn.past, quiet_weeks, drawn.offers).model.level
    assert fitted.model.level.common < 0.03  # drawn without any
    assert shared.common > 0.08


def test_demand_still_to_come_rises_with_bookings_made_and_falls_with_time(fitted: SmartTools) -> None:
    own = door.read_sessions(studios(), sessions())
    at = door.instant(NOW)
    few, many = (float(forecast(own, np.array([n]), at, fitted.model).remaining[0]) for n in (1, 12))
    later = float(forecast(own, np.array([12]), at + 60, fitted.model).remaining[0])
    assert few < many
    assert later < many
    assert forecast(own, np.array([5]), at + 72, fitted.model).remaining[0] == 0


def test_forecasts_are_right_on_average_whatever_the_time_left(drawn: Drawn, fitted: SmartTools) -> None:
    own = door.read_sessions(drawn.studios, drawn.past)
    booked = door.read_reservations(drawn.past_reservations, own)
    final = np.bincount(booked.session[booked.standing() & (booked.channel == 0)], minlength=len(own))
    for lead in (120.0, 24.0, 4.0):
        off = 0.0
        for index in range(0, len(own), 3):
            at = float(own.starts[index]) - lead
            active = booked.active(at) & (booked.channel == 0)
            counts = np.bincount(booked.session[active], minlength=len(own))
            expected = forecast(own, counts, at, fitted.model)
            off += counts[index] * expected.stand[index] + expected.remaining[index] - final[index]
        assert abs(off / (len(own) / 3)) < 0.9


@pytest.mark.parametrize(("mean", "spread"), [(6.0, 0.3), (1.5, 0.05), (12.0, 1.0)])
def test_three_points_keep_the_mean_of_the_distribution(mean: float, spread: float) -> None:
    points = gamma_points(np.array([mean]), np.array([spread]))[0]
    assert points @ np.array([1, 4, 1]) / 6 == pytest.approx(mean)
    assert (points**2) @ np.array([1, 4, 1]) / 6 - mean**2 == pytest.approx(spread * mean**2, rel=0.25)


def test_a_mean_of_which_nothing_is_known_stays_a_mean() -> None:
    points = gamma_points(np.array([0.02]), np.array([50.0]))[0]
    assert points @ np.array([1, 4, 1]) / 6 == pytest.approx(0.02)


@pytest.mark.parametrize("frailty", [0.0, 0.15])
def test_what_a_full_class_suggests_is_the_mean_of_the_tail(frailty: float) -> None:
    rng = np.random.default_rng(0)
    demand = rng.poisson(9.0 * (rng.gamma(1 / frailty, frailty, 400_000) if frailty else np.ones(400_000)))
    suggested = at_least(np.array([12.0]), np.array([9.0]), frailty)[0]
    assert suggested == pytest.approx(demand[demand >= 12].mean(), abs=0.05)


@pytest.mark.parametrize("mean", [2.0, 8.0, 16.0])
def test_without_a_marketplace_a_place_is_worth_the_chance_that_it_is_needed(mean: float) -> None:
    tables = worth(_flow(mean, looks=0.0), WEIGHTS, 32)
    needed = (np.random.default_rng(1).poisson(mean, 400_000)[:, None] >= np.arange(1, 21)).mean(axis=0)
    assert np.allclose(tables.place[0, 1:21] / 50, needed, atol=0.02)
    assert np.allclose(1 - tables.safe[0, :20], needed, atol=0.02)
    assert tables.served[0, 20] == pytest.approx(min(mean, 20), abs=0.6)


def test_a_marketplace_makes_places_worth_more_and_the_last_ones_most() -> None:
    alone, both = (worth(_flow(6.0, looks=looks), WEIGHTS, 32).place[0, 1:21] for looks in (0.0, 12.0))
    assert (both >= alone - 1e-9).all()
    assert both[9] > alone[9] + 1
    assert (np.diff(both) <= 0).all()


def _flow(mean: float, *, looks: float) -> Flow:
    steps, accepts = 128, np.linspace(0.9, 0.1, 9)
    parts = {
        "capacity": [20.0],
        "direct": np.full((3, 1), mean),
        "share": np.full((steps, 1), 1 / steps),
        "valued": np.full((3, 1), mean),
        "valued_share": np.full((steps, 1), 1 / steps),
        "other": [0.0],
        "stand": np.ones((steps, 1)),
        "cancelled": np.zeros((steps, 1)),
        "looks": np.full((steps, 1), looks / steps),
        "served": [50.0],
        "bring": (np.linspace(8, 22, 9) * accepts)[:, None],
        "accept": accepts[:, None],
    }
    return Flow(**{name: np.array(part, dtype=np.float32) for name, part in parts.items()})


def test_a_scarce_place_is_offered_at_a_higher_rate(fitted: SmartTools) -> None:
    """SR-13."""
    rates = []
    for direct in (0, 8, 12, 14):
        table = sessions({"capacity": 16.0, "starts_at": NOW + timedelta(hours=48)})
        rates.append(float(fitted.decide(NOW, studios(), table, reservations(direct=direct)).loc[0, "rate"]))
    assert rates == sorted(rates)
    assert rates[-1] > rates[0]


def test_sr_02_the_rate_is_the_one_that_brings_most_with_places_to_spare_and_a_dearer_one_for_the_last() -> None:
    """Three would book at 10, two at 16, one at 20: as a curve, beside these three levels."""
    looks, median, scale = 3.288801, np.array([17.386817]), np.array([3.155911])
    levels = np.array([10.0, 16.0, 20.0])
    assert (looks * chance(levels, median, scale)).round(3).tolist() == [3, 2, 1]
    for kept, best_level in ((0.0, 16.0), (16.0, 20.0)):  # what a place is worth kept: one of four, the only one

        def brings(rates: Floats, kept: float = kept) -> Floats:
            return (rates - kept) * looks * chance(rates, median, scale)

        best = best_rate(median, scale, np.array([kept]))
        assert levels[brings(levels).argmax()] == best_level
        assert brings(best)[0] > brings(levels).max()
    assert best[0] > 20


def test_a_model_that_has_grown_old_lists_less_and_says_so(fitted: SmartTools) -> None:
    listed, known = [], []
    for at in (NOW, NOW + timedelta(weeks=12)):
        spots = 0
        for lead, direct in itertools.product((48, 96, 168), (2, 4, 6, 8)):
            own = sessions({"starts_at": at + timedelta(hours=lead)})
            spots += int(fitted.decide(at, studios(), own, reservations(before=at, direct=direct)).loc[0, "spots"])
        listed.append(spots)
        known.append("weeks_since_learned" in fitted.explain(at, studios(), own, reservations())[0]["signals"])
    assert listed[1] < listed[0]
    assert known == [False, True]
