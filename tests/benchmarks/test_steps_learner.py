"""The ideal learner of `benchmarks.steps`: what it counts, what it learns, and what it must not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.bench_steps import drawn, parser_of
from benchmarks.steps.curves import STEP, STEPS
from benchmarks.steps.demand import levels
from benchmarks.steps.draw import Market
from benchmarks.steps.guests import Sales, gone_by, takers
from benchmarks.steps.learner import Learner
from benchmarks.steps.optimum import rates_of, truth
from benchmarks.steps.peers import Static
from benchmarks.steps.season import run
from benchmarks.street.people import Events, People, events_of
from benchmarks.street.season import Books

WEIGHT, DAY, WEEK = 2.0, 24.0, 168.0
Life = tuple[Market, People, Events]


@pytest.fixture(scope="module")
def life() -> Life:
    asked = ["--seed=5", "--weeks=2", "--studios=2", "--kinds", "usual", "cold start", "never listed"]
    market, people = drawn(parser_of(None).parse_args(asked))
    return market, people, events_of(people)


@pytest.fixture(scope="module")
def past(life: Life) -> Books:
    return run(*life, life[0].past, Static(life[0]))


def test_every_sale_is_counted_once_in_however_many_parts_the_books_are_read(life: Life, past: Books) -> None:
    market = life[0]
    at_once, day_by_day = Sales.none(market), Sales.none(market)
    at_once.add(past, 0.0)
    for day in range(-150, 1):
        day_by_day.add(past, day * DAY)
    assert at_once.sold.sum() == np.isfinite(past.paid).sum() > 0
    assert day_by_day.sold.tolist() == at_once.sold.tolist()
    assert day_by_day.reached == pytest.approx(at_once.reached)
    assert day_by_day.chances == pytest.approx(at_once.chances)
    never = np.array([not studio.kind.listed for studio in market.studios])[market.street.slots.studio]
    assert at_once.reached[never].sum() == 0


def test_who_has_come_by_a_time_are_those_of_the_steps_that_are_over(life: Life) -> None:
    market = life[0]
    ids, before = np.flatnonzero(market.week == 1), 10
    over = market.looks[ids, before + 1 :].sum(axis=1) / market.looks[ids].sum(axis=1)
    assert gone_by(market, market.looks, ids, STEP * (market.last[ids] - before)) == pytest.approx(over)
    assert gone_by(market, market.looks, ids, STEP * (market.last[ids] - STEPS)) == pytest.approx(0.0)
    assert gone_by(market, market.looks, ids, market.street.start[ids]) == pytest.approx(1.0)


def test_the_more_have_come_the_better_a_class_is_known(life: Life) -> None:
    market, people, _ = life
    mean = market.direct.sum(axis=1)
    came = np.bincount(people.session[~people.market], minlength=len(mean)) * (market.week < 0)
    known = market.week < 0
    told, unknown = (levels(market, each * came, each * known.astype(np.float64)) for each in (1.0, 0.0))
    off = [np.abs(np.log(each / mean))[market.week == 0] for each in (told, unknown)]
    new = _new(market)[market.week == 0]
    assert off[0][~new].mean() < 0.7 * off[1][~new].mean()
    assert off[0][new].mean() == pytest.approx(off[1][new].mean())


def test_what_sold_tells_what_guests_would_pay(life: Life, past: Books) -> None:
    market = life[0]
    known, unknown = Sales.none(market), Sales.none(market)
    known.add(past, 0.0)
    rate = np.array([int(np.argmin(np.abs(rates_of(each) - each.posted))) for each in market.studios])
    slot, house = market.street.slot, market.street.studio
    true = (market.looks.sum(axis=1) * truth(market).pays[np.arange(len(slot)), rate[house]])[market.week == 0]
    off = [np.log(takers(each)[slot, rate[house]][market.week == 0] / true) for each in (known, unknown)]
    seen = (np.array([each.kind.listed and each.kind.history > 0 for each in market.studios])[house])[market.week == 0]
    assert np.abs(off[0][seen]).mean() < 0.7 * np.abs(off[1][seen]).mean()
    assert off[0][~seen].tolist() == off[1][~seen].tolist()


def test_nothing_that_is_still_to_come_is_known(life: Life, past: Books) -> None:
    market, people, events = life
    begun = ~market.past & (market.street.start < WEEK)
    seen, later = run(market, people, events, begun, Static(market)), people.comes > WEEK
    comes, pays = np.where(later, people.comes + 0.5, people.comes), np.where(later, 0, people.pays)
    known = []
    for books in (seen, replace(seen, people=replace(people, comes=comes, pays=pays))):
        learner = Learner(market, past, WEIGHT, every=7.0)
        learner.decide(WEEK, np.zeros(0, np.int64), books)
        known.append(learner.optimum.belief)
    told, same = known
    assert told is not None
    assert same is not None
    assert told.direct.tolist() == same.direct.tolist()
    assert told.pays.tolist() == same.pays.tolist()
    assert not np.allclose(told.direct, market.direct)


def _new(market: Market) -> np.ndarray:
    return np.array([each.kind.history == 0 for each in market.studios])[market.street.studio]
