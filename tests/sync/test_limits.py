"""Our limits: they only ever take away, the first one that holds is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.deciding.limits import WORDS, Proposal, Standing, limit
from sync.deciding.verdicts import standing_of, stored_standing
from tests.fixtures.database import NOON

FRESH = Standing(read_at=NOON - timedelta(minutes=5))
FOUR = Proposal(spots=4, rate=Decimal("12.00"), premium_spots=1, premium_rate=Decimal("14.00"))

standings = st.builds(
    Standing,
    withdrawn=st.booleans(),
    paused=st.booleans(),
    hidden=st.booleans(),
    excluded=st.booleans(),
    floor_agreed=st.booleans(),
    blackout=st.booleans(),
    held_out=st.booleans(),
    waitlisted=st.integers(0, 3),
    released=st.booleans(),
    read_at=st.one_of(st.none(), st.integers(-5, 200).map(lambda minutes: NOON - timedelta(minutes=minutes))),
    listed=st.one_of(st.none(), st.integers(0, 6)),
    granted=st.one_of(st.none(), st.integers(0, 6)),
    own_spots=st.one_of(st.none(), st.integers(0, 6)),
    their_spots=st.one_of(st.none(), st.integers(0, 6)),
)
proposals = st.builds(
    Proposal,
    spots=st.integers(0, 9),
    rate=st.just(Decimal("12.00")),
    premium_spots=st.integers(0, 3),
    premium_rate=st.just(Decimal("14.00")),
)


@given(proposals, standings)
def test_a_limit_never_raises_a_number_and_says_why_it_cut(proposal: Proposal, standing: Standing) -> None:
    limited = limit(proposal, standing, NOON)
    final = limited.proposal
    assert 0 <= final.spots <= proposal.spots
    assert 0 <= final.premium_spots <= proposal.premium_spots
    assert limited.binding is None or limited.binding in WORDS
    assert standing.their_spots is None or final.spots + final.premium_spots <= standing.their_spots
    assert (final != proposal) <= (limited.binding is not None)
    assert final.premium_spots == 0 or final.premium_rate == proposal.premium_rate


def test_a_fresh_session_without_a_rule_keeps_its_number() -> None:
    assert limit(FOUR, FRESH, NOON).proposal == FOUR


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("withdrawn", {"withdrawn": True}),
        ("paused", {"paused": True}),
        ("hidden", {"hidden": True}),
        ("excluded", {"excluded": True}),
        ("blackout", {"blackout": True}),
        ("held_out", {"held_out": True}),
        ("floor_missing", {"floor_agreed": False}),
        ("waitlisted", {"waitlisted": 3}),
        ("stale", {"read_at": NOON - timedelta(minutes=70)}),
        ("stale", {"read_at": NOON - timedelta(minutes=70), "listed": 3}),
        ("stale", {"read_at": None}),
    ],
)
def test_each_rule_lists_nothing(rule: str, change: dict[str, Any]) -> None:
    """SS-15, SS-17, SS-19."""
    limited = limit(FOUR, replace(FRESH, **change), NOON)
    assert limited.binding == rule
    assert (limited.proposal.spots, limited.proposal.premium_spots, limited.proposal.premium_rate) == (0, 0, None)


def test_release_all_wins_over_the_waiting_list() -> None:
    """SS-17."""
    assert limit(FOUR, replace(FRESH, waitlisted=3, released=True), NOON).binding is None


def test_an_old_picture_allows_no_increase_but_a_decrease() -> None:
    """IN-04."""
    old = replace(FRESH, read_at=NOON - timedelta(minutes=20), listed=2)
    assert limit(FOUR, old, NOON).proposal.spots == 2
    assert limit(FOUR, old, NOON).binding == "stale"
    assert limit(FOUR, replace(old, listed=7), NOON).binding is None


def test_the_edges_of_staleness() -> None:
    at = {minutes: replace(FRESH, read_at=NOON - timedelta(minutes=minutes), listed=1) for minutes in (15, 60)}
    assert limit(FOUR, at[15], NOON).binding is None
    assert limit(FOUR, at[60], NOON).proposal.spots == 1


def test_the_studio_says_how_old_a_picture_may_be() -> None:
    strict = replace(FRESH, read_at=NOON - timedelta(minutes=9), listed=1, no_increase_after=5, nothing_after=8)
    assert limit(FOUR, strict, NOON).proposal.spots == 0
    assert limit(FOUR, replace(strict, nothing_after=20), NOON).proposal.spots == 1
    assert limit(FOUR, replace(strict, no_increase_after=10, nothing_after=20), NOON).binding is None


def test_a_decision_of_before_the_ages_were_settings_is_read_with_the_defaults() -> None:
    kept = stored_standing(FRESH)
    old = {name: value for name, value in kept.items() if name not in ("no_increase_after", "nothing_after")}
    assert standing_of({"standing": old}) == standing_of({"standing": kept}) == FRESH


@given(proposals, standings, st.integers(0, 9))
def test_a_number_set_by_hand_takes_the_models_place_and_no_other_rules(
    proposal: Proposal, standing: Standing, by_hand: int
) -> None:
    """But for what was accepted of an opportunity since: so many of the model's stay."""
    limited = limit(proposal, replace(standing, by_hand=by_hand), NOON)
    accepted = min(standing.granted, proposal.spots) if standing.granted is not None else 0
    spots = max(by_hand, accepted)
    without = limit(replace(proposal, spots=spots, premium_spots=0, premium_rate=None), standing, NOON)
    assert limited.proposal == without.proposal
    moved = spots != proposal.spots + proposal.premium_spots
    assert limited.binding == (without.binding or ("by_hand" if moved else None))


@pytest.mark.parametrize(("frozen", "premium"), [("13.99", 1), ("14.00", 0), ("20", 0)])
def test_a_frozen_rate_leaves_only_premium_spots_that_are_worth_more(frozen: str, premium: int) -> None:
    limited = limit(FOUR, replace(FRESH, frozen_rate=frozen), NOON)
    assert (limited.proposal.rate, limited.proposal.premium_spots) == (Decimal(frozen), premium)
    assert limited.proposal.spots == FOUR.spots
