"""Data that lie, and times that change: what is odd is told, and the less is sure the less is listed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools, door
from adapter.smarttools.forecast import forecast, wary_of
from adapter.smarttools.outlook import look, portions, read_books, tables
from tests.fixtures.timetable import NOW, Drawn, reservations, sessions, studios


def _listed(tools: SmartTools, **session: object) -> int:
    """Spots in all of some sessions that differ in lead and books."""
    grid = list(itertools.product((24, 60, 120), (3, 6, 9, 12)))
    own = {f"x{hours}-{direct}": (hours, direct) for hours, direct in grid}
    rows = [
        {"session_id": name, "starts_at": NOW + timedelta(hours=hours)} | session for name, (hours, _) in own.items()
    ]
    booked = [reservations(session=name, direct=direct) for name, (_, direct) in own.items()]
    table = (
        pd.concat(booked, ignore_index=True).rename_axis("reservation_id").drop(columns="reservation_id").reset_index()
    )
    return int(tools.decide(NOW, studios(), sessions(*rows), table)["spots"].sum())


def _unsure(tools: SmartTools, studio: dict[str, object] | None = None, **session: object) -> list[str]:
    why = tools.explain(NOW, studios(**(studio or {})), sessions(session), reservations(direct=2))
    told = why[0]["unsure"]
    assert isinstance(told, list)
    return told


def test_what_is_odd_is_told(fitted: SmartTools) -> None:
    assert _unsure(fitted) == []
    assert _unsure(fitted, template_id="new") == ["this slot has no past class"]
    assert _unsure(fitted, {"studio_id": "new"}, studio_id="new") == ["the studio has no history yet"]
    assert _unsure(fitted, retail_rate=50.0) == ["the direct price has changed"]
    assert _unsure(fitted, pace=0.4, pace_doubt=0.02) == ["bookings are far from what is usual"]


@pytest.mark.parametrize("pace", [0.7, 1.0])
def test_the_less_is_sure_the_less_is_listed(fitted: SmartTools, pace: float) -> None:
    sure, less, least = (_listed(fitted, pace=pace, pace_doubt=doubt) for doubt in (0.0, 0.1, 0.5))
    assert sure >= less >= least
    assert sure > least


def test_a_studio_nobody_knows_is_told_by_its_own_books_the_sooner(fitted: SmartTools) -> None:
    """It need not be like those in the history: how it books moves it more than one that is known."""

    def pace(studio: str) -> float:
        slots = [{"session_id": f"x{n}", "studio_id": studio, "template_id": f"{studio}-{n}"} for n in range(6)]
        own = door.read_sessions(studios(studio_id=studio), sessions(*slots))
        return float(forecast(own, np.full(6, 9), door.instant(NOW), fitted.model).pace.ratio.mean())

    assert pace("new") > pace("s1") > 1


def test_doubt_counts_for_more_in_the_worth_of_a_new_slots_places_and_not_in_its_risk(fitted: SmartTools) -> None:
    assert wary_of(np.array([0.0, 4.0, 26.0])).tolist() == sorted(wary_of(np.array([0.0, 4.0, 26.0])), reverse=True)
    own, at = door.read_sessions(studios(), sessions({"template_id": "new"})), door.instant(NOW)
    books = read_books(own, door.read_reservations(reservations(direct=5), own), door.read_offers(None, own), at)
    outlook = look(own, books, at, fitted.model)
    calm = replace(outlook, expected=replace(outlook.expected, wary=np.ones(1)))
    wary, usual = (tables(each, *portions(each)[0], fitted.model) for each in (outlook, calm))
    assert wary.place[0, 1] < usual.place[0, 1]  # even the last place may stay empty
    assert wary.place[0, -1] > usual.place[0, -1]  # even one of many may be needed
    assert (wary.safe == usual.safe).all()
    assert (wary.served == usual.served).all()


def test_nobody_is_richer_for_a_price_that_doubled(fitted: SmartTools) -> None:
    dear = fitted.decide(NOW, studios(retail_rate=50.0, rate_ceiling=44.0), sessions(), reservations()).iloc[0]
    usual = fitted.decide(NOW, studios(rate_ceiling=44.0), sessions(), reservations()).iloc[0]
    assert usual["rate"] <= dear["rate"] < 1.3 * usual["rate"]
    assert dear["spots"] <= usual["spots"]  # a direct client is worth twice as much


def test_places_that_were_closed_are_no_demand(drawn: Drawn, fitted: SmartTools) -> None:
    """Of half the past classes some empty places were closed (SS-21): the level hardly moves."""
    standing = drawn.past_reservations[drawn.past_reservations["outcome"].isin(["attended", "no_show"])]
    taken = drawn.past["session_id"].map(standing.groupby("session_id").size()).fillna(0).to_numpy()
    room = np.maximum(drawn.past["capacity"].to_numpy() - taken - 1, 0)
    shut = drawn.past.assign(capacity=drawn.past["capacity"] - np.minimum(room, 5) * (np.arange(len(taken)) % 2))
    told = SmartTools().fit(drawn.studios, shut, drawn.past_reservations, drawn.offers)
    usual, moved = (tools.usual(drawn.studios, drawn.coming).mean() for tools in (fitted, told))
    assert moved == pytest.approx(usual, rel=0.15)


def test_sessions_that_were_given_twice_and_weeks_that_were_cancelled_move_nothing_much(
    drawn: Drawn, fitted: SmartTools
) -> None:
    again = drawn.past.assign(session_id=drawn.past["session_id"] + "'")
    booked = drawn.past_reservations.assign(session_id=drawn.past_reservations["session_id"] + "'")
    twice = SmartTools().fit(
        drawn.studios,
        pd.concat([drawn.past, again[::3]]),
        pd.concat([drawn.past_reservations, booked[booked["session_id"].isin(again[::3]["session_id"])]]),
        drawn.offers,
    )
    off = drawn.past["session_id"].str.split("-").str[0].astype(int).isin([4, 9])
    gone = drawn.past_reservations["session_id"].isin(drawn.past.loc[off, "session_id"])
    outcome = drawn.past_reservations["outcome"].where(~gone, "cancelled")
    cancelled = SmartTools().fit(
        drawn.studios,
        drawn.past.assign(cancelled=off.to_numpy()),
        drawn.past_reservations.assign(outcome=outcome),
        drawn.offers,
    )
    usual = fitted.usual(drawn.studios, drawn.coming)
    for tools in (twice, cancelled):
        assert np.abs(tools.usual(drawn.studios, drawn.coming) - usual).mean() < 0.08 * usual.mean()


def test_a_pandemic_week_in_the_books_is_followed_at_once_and_told(drawn: Drawn, fitted: SmartTools) -> None:
    """Hardly anybody has booked anything to come: more is listed than in a usual week, and the pace says why."""
    few = drawn.coming_reservations[::8]
    usual = fitted.decide(NOW, drawn.studios, drawn.coming, drawn.coming_reservations)
    empty = fitted.decide(NOW, drawn.studios, drawn.coming, few)
    told = fitted.explain(NOW, drawn.studios, drawn.coming, few)
    assert empty["spots"].sum() > usual["spots"].sum()
    assert empty["expected_direct"].sum() < 0.7 * usual["expected_direct"].sum()
    assert all("bookings are far from what is usual" in each["unsure"] for each in told)


def test_groups_that_book_together_make_the_forecast_wider(drawn: Drawn, fitted: SmartTools) -> None:
    pairs = pd.concat([drawn.past_reservations[::2]] * 2).assign(reservation_id=lambda rows: np.arange(len(rows)))
    grouped = SmartTools().fit(drawn.studios, drawn.past, pairs, drawn.offers)
    own = door.read_sessions(drawn.studios, drawn.coming)
    single, double = (tools.model.level.variation(own)[0].mean() for tools in (fitted, grouped))
    assert double > 1.3 * single
