"""A short street of `benchmarks.street`: what must hold of the judge itself, whatever SmartTools is worth there."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.street.draw import WEEK, Street, draw
from benchmarks.street.kinds import KINDS
from benchmarks.street.optimum import Optimum
from benchmarks.street.peers import Static
from benchmarks.street.people import Events, People, draw_people, events_of
from benchmarks.street.scores import score
from benchmarks.street.season import Books, Offer, run
from benchmarks.street.smart import Tools

STEP, WEIGHT = 12, 2.0
Life = tuple[Street, People, Events]


def _life() -> Life:
    rng = np.random.default_rng(1)
    kinds = [kind for kind in KINDS if kind.name in {"small rooms", "cold start", "ruled"}]
    street = draw(kinds, each=1, weeks=2, history=3, rng=rng)
    people = draw_people(street, rng)
    return street, people, events_of(people)


@pytest.fixture(scope="module")
def life() -> Life:
    return _life()


@pytest.fixture(scope="module")
def past(life: Life) -> Books:
    return _past(life)


def _past(life: Life) -> Books:
    street, people, events = life
    return run(street, people, events, street.past, Static(street), 24.0)


def test_smarttools_breaks_no_rule(life: Life, past: Books) -> None:
    street, people, events = life
    tools = Tools(street, past, WEIGHT, STEP)
    books = run(street, people, events, ~street.past, tools, STEP)
    assert not tools.violations
    assert (books.active <= street.capacity).all()
    assert np.isfinite(books.paid).any()


def test_the_optimum_is_worth_more_than_a_static_allocation(life: Life) -> None:
    street, people, events = life
    season = ~street.past
    alone = run(street, people, events, season, None, STEP)
    optimum = Optimum(street, WEIGHT, STEP).prepare(np.flatnonzero(season))
    values = [
        score(run(street, people, events, season, policy, STEP), alone).value(WEIGHT)[street.scored].sum()
        for policy in (optimum, Static(street))
    ]
    assert values[0] > values[1] > 0


def test_nobody_is_displaced_where_nothing_is_listed(life: Life) -> None:
    street, people, events = life
    alone = run(street, people, events, ~street.past, None, STEP)
    scored = score(alone, alone)
    assert scored.displaced.sum() == 0
    assert scored.payouts.sum() == 0


def test_a_seed_gives_the_same_street_and_the_same_decisions(life: Life, past: Books) -> None:
    again = _life()
    assert np.array_equal(life[1].comes, again[1].comes)
    first, second = _first_offer(life, past), _first_offer(again, _past(again))
    pairs = zip(vars(first).values(), vars(second).values(), strict=True)
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def _first_offer(life: Life, past: Books) -> Offer:
    street, people, _ = life
    ids = np.flatnonzero((street.start > 0) & (street.start < WEEK))
    return Tools(street, past, WEIGHT, STEP).decide(0.0, ids, Books.empty(street, people))
