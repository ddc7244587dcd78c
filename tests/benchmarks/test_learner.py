"""The ideal learner of `benchmarks.worlds`: what it is told, what it learns, and what it must not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.worlds.draw import MONDAY, WEEK, World, draw
from benchmarks.worlds.kinds import USUAL
from benchmarks.worlds.learner import OF_MEDIAN, Learner, popularity, sales_of, slots_of, willingness
from benchmarks.worlds.optimum import Optimum, truth
from benchmarks.worlds.peers import Static
from benchmarks.worlds.season import Books, run, season_of

KNOWN = replace(USUAL, slots=6, weeks=40, tried=1.0)
COLD = replace(USUAL, name="cold start", slots=6, weeks=0)


@pytest.fixture(scope="module")
def world() -> World:
    return draw([KNOWN, COLD], seed=3, weeks=3)


@pytest.fixture(scope="module")
def history(world: World) -> Books:
    return run(world, Static(world, listed=False), world.past, step=24.0)


def test_every_sale_is_counted_once_and_none_beyond_what_was_listed(world: World, history: Books) -> None:
    sales = sales_of(world, history, MONDAY, world.past)
    assert sales.sold.sum() == np.count_nonzero(~np.isnan(history.market))
    assert (sales.open >= 0).all()
    assert (sales.open <= np.count_nonzero(world.past)).all()
    none = sales_of(world, history, MONDAY, ~world.past)
    assert none.sold.sum() == 0
    assert none.open.sum() == 0


def test_what_was_long_listed_is_known_better_than_what_was_never(world: World, history: Books) -> None:
    sales, (first, number) = sales_of(world, history, MONDAY, world.past), slots_of(world)
    off: dict[bool, list[float]] = {True: [], False: []}
    for one in first[world.studio[first] == 0].tolist():
        for known in (sales, None):
            believed = willingness(KNOWN, int(world.capacity[one]), known, int(number[one]))
            median = float(believed @ OF_MEDIAN / believed.sum()) * KNOWN.median * KNOWN.retail
            off[known is not None].append(abs(np.log(median / world.median[one])))
    assert np.mean(off[True]) < 0.5 * np.mean(off[False])


def test_a_slot_is_as_popular_as_its_classes_show() -> None:
    usual = np.full(60, 12.0)
    times, doubt = popularity(KNOWN, usual, np.full(60, 18.0))
    nobody_knows, doubted = popularity(KNOWN, usual[:0], usual[:0])
    assert times == pytest.approx(1.5, rel=0.03)
    assert doubt < 0.01
    assert nobody_knows == pytest.approx(1.0, abs=0.03)
    assert doubted == pytest.approx(0.35**2 + 0.1**2, rel=0.05)


def test_one_who_learns_of_upcoming_classes_alone_knows_nothing_of_those_that_are_over(
    world: World, history: Books
) -> None:
    season = run(world, Static(world), season_of(world), step=24.0)
    later, over = MONDAY + 2 * WEEK, (world.starts >= MONDAY) & (world.starts < MONDAY + 2 * WEEK)
    forgotten = replace(season, market=np.where(over[world.market.session], np.nan, season.market))

    def believed(books: Books, *, upcoming: bool) -> float:
        learner = Learner(world, history, every=WEEK, upcoming=upcoming)
        learner.decide(later, np.zeros(0, np.int64), books)
        return float(learner.optimum.believed.looks.sum())

    assert believed(season, upcoming=True) == believed(forgotten, upcoming=True)
    assert believed(season, upcoming=False) != believed(forgotten, upcoming=False)


def test_nobody_is_told_the_truth_of_a_slot_but_the_optimum(world: World, history: Books) -> None:
    told, true = Learner(world, history).optimum.believed, truth(world)
    assert Optimum(world).believed.level.tolist() == true.level.tolist()
    cold = world.studio == 1
    assert np.unique((told.level / world.capacity)[cold & (world.starts < MONDAY + WEEK)].round(9)).size == 1
    assert (told.doubt[cold] > told.doubt[~cold].max()).all()
