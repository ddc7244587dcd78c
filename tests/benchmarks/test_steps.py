"""A small market of `benchmarks.steps`: what must hold there, whatever SmartTools is worth."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.steps.calibration import what_came
from benchmarks.steps.draw import Market, draw
from benchmarks.steps.kinds import KINDS
from benchmarks.steps.losses import losses
from benchmarks.steps.optimum import Optimum
from benchmarks.steps.peers import Emsr, Static
from benchmarks.steps.people import draw_people
from benchmarks.steps.scores import score
from benchmarks.steps.season import run
from benchmarks.steps.smart import LEADS, Tools
from benchmarks.steps.willing import FAMILIES, STEEPNESS, most_paid, share_paying
from benchmarks.street.people import Events, People, events_of
from benchmarks.street.season import Books

WEIGHT, WEEK = 2.0, 7.0
Life = tuple[Market, People, Events]


def _life() -> Life:
    kinds = [kind for kind in KINDS if kind.name in {"small rooms", "cold start", "young"}]
    market = draw(kinds, each=1, weeks=2, rng=np.random.default_rng(1))
    people = draw_people(market, np.random.default_rng(2))
    return market, people, events_of(people)


@pytest.fixture(scope="module")
def life() -> Life:
    return _life()


@pytest.fixture(scope="module")
def past(life: Life) -> Books:
    return _past(life)


@pytest.fixture(scope="module")
def optimum(life: Life) -> Optimum:
    return Optimum(life[0], WEIGHT).prepare(np.flatnonzero(~life[0].past))


@pytest.fixture(scope="module")
def tools(life: Life, past: Books) -> tuple[Tools, Books]:
    told = Tools(life[0], past, WEIGHT, refit=WEEK)
    return told, run(*life, ~life[0].past, told)


def _past(life: Life) -> Books:
    return run(*life, life[0].past, Static(life[0]))


def test_smarttools_breaks_no_rule(life: Life, tools: tuple[Tools, Books]) -> None:
    told, books = tools
    assert not told.violations
    assert told.taught_at > 0
    assert (books.active <= life[0].street.capacity).all()
    assert np.isfinite(books.paid).any()


def test_nothing_is_worth_more_than_the_optimum(
    life: Life, past: Books, optimum: Optimum, tools: tuple[Tools, Books]
) -> None:
    market, season = life[0], ~life[0].past
    alone, static = run(*life, season, None), Static(market)
    lived = [run(*life, season, each) for each in (optimum, static, Emsr(market, past, WEIGHT, static.rate))]
    values = [score(market, books, alone).value(WEIGHT)[season].sum() for books in (*lived, tools[1])]
    assert values[0] == max(values)
    assert min(values[2:]) > 0
    assert score(market, alone, alone).displaced.sum() == score(market, alone, alone).payouts.sum() == 0


def test_what_is_told_is_held_against_what_comes_and_what_would_be_best(
    life: Life, optimum: Optimum, tools: tuple[Tools, Books]
) -> None:
    came = what_came(*life, tools[0].told)
    assert [each.lead for each in came] == list(LEADS)
    assert all(len(each.ids) and each.direct.sum() > 0 for each in came)
    brought, by_rates, by_spots = losses(optimum, tools[0].told).sum(axis=0)
    assert brought > by_rates + by_spots > 0


def test_a_seed_gives_the_same_market_and_the_same_decisions(life: Life, past: Books) -> None:
    again = _life()
    assert np.array_equal(life[1].comes, again[1].comes)
    assert np.array_equal(life[1].pays, again[1].pays)
    first, second = (
        Tools(known[0], books, WEIGHT).decide(0.0, ids, Books.empty(known[0].street, known[1]))
        for known, books in ((life, past), (again, _past(again)))
        for ids in [np.flatnonzero(known[0].week == 0)]
    )
    pairs = zip(vars(first).values(), vars(second).values(), strict=True)
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_as_many_would_pay_a_rate_as_pay_that_at_most(family: int) -> None:
    shares, median = np.linspace(0.02, 0.95, 40), np.full(40, 9.0)
    for steepness in STEEPNESS[family]:
        most = most_paid(family, steepness, median, shares)
        real = most > 0
        assert share_paying(family, steepness, median[real], most[real]) == pytest.approx(shares[real])
        assert share_paying(family, steepness, median, median) == pytest.approx(0.5)
