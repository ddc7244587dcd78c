"""The plain rule by the examples of the requirements (A2)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.smarttools.plain import listed, upper_quantile


@pytest.mark.parametrize(("mean", "quantile"), [(4.0, 7), (1.0, 2), (0.0, 0)])
def test_quantile_of_direct_demand_is_the_one_of_ss_02(mean: float, quantile: int) -> None:
    assert upper_quantile(mean) == quantile


@given(st.floats(0.01, 40), st.floats(0, 2))
def test_the_quantile_is_the_least_count_that_demand_rarely_passes(mean: float, spread: float) -> None:
    within = upper_quantile(mean, spread)
    below = sum(_negative_binomial(count, mean, spread) for count in range(within))
    assert below < 0.9 <= below + _negative_binomial(within, mean, spread) + 1e-9


def _negative_binomial(count: int, mean: float, spread: float) -> float:
    if spread < 1e-9:
        return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    shape = 1 / spread
    log = math.lgamma(shape + count) - math.lgamma(shape) - math.lgamma(count + 1)
    return math.exp(log + shape * math.log(shape / (shape + mean)) + count * math.log(mean / (shape + mean)))


@pytest.mark.parametrize(
    ("rule", "free", "kept", "through", "min_spots", "spots"),
    [
        ("SS-01", 10, 6, 2, 0, 4),
        ("SS-02", 10, 10, 0, 0, 0),
        ("SS-03 full", 0, 0, 0, 0, 0),
        ("SS-04", 17, 3, 0, 0, 14),
        ("SS-05 later", 10, 2, 2, 0, 8),
        ("SS-11 model gives more", 10, 6, 2, 5, 4),
        ("SS-11 raised", 10, 6, 2, 8, 6),
        ("SS-11 as far as free", 1, 6, 2, 8, 1),
        ("SS-14", 7, 5, 3, 0, 2),
        ("SS-22 more sold than the least", 5, 9, 5, 3, 0),
    ],
)
def test_examples(rule: str, free: int, kept: int, through: int, min_spots: int, spots: int) -> None:
    """Trap 15."""
    assert listed(free, kept, through, min_spots) == spots


def test_release_lists_everything_that_is_free() -> None:
    assert listed(10, 6, 2, released=True) == 10
