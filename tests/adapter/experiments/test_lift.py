"""SP-01: what a campaign brought beyond comparable days, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest

from adapter.experiments.lift import LEAST_WEEKS, lift, net

Came, Others = list[tuple[str, int]], dict[int, dict[str, int]]
SLOTS = [f"slot {number}" for number in range(20)]


def test_sp_01_a_fee_of_100_for_two_weeks_and_14_bookings_more_at_11_leave_54() -> None:
    usual = {week: dict.fromkeys(SLOTS, 2) for week in range(-8, 0)}
    came = [(slot, 2) for slot in SLOTS for _ in range(2)]
    came[:14] = [(slot, 3) for slot, _ in came[:14]]
    found = lift(came, usual, days=14)
    assert found is not None
    assert (found.extra, found.came, found.usual, found.classes) == (14, 94, 80, 40)
    assert net(found.extra, 11, 100) == 54


def market(
    extra: float, seed: int, weeks: int = 12, campaign: int = 2
) -> tuple[list[tuple[str, int]], dict[int, dict[str, int]]]:
    """Slots that differ, weeks that share a luck, and a campaign that brings ``extra`` bookings a class."""
    chance = np.random.default_rng(seed)
    level = chance.gamma(4, 0.5, len(SLOTS))
    luck = chance.gamma(60, 1 / 60, weeks + campaign)
    counts = chance.poisson(level * luck[:, None] + np.where(np.arange(weeks + campaign) < campaign, extra, 0)[:, None])
    rows = [dict(zip(SLOTS, row.tolist(), strict=True)) for row in counts]
    return [pair for row in rows[:campaign] for pair in row.items()], dict(enumerate(rows[campaign:]))


@pytest.mark.parametrize("extra", [0.0, 0.5])
def test_the_interval_covers_what_is_true_about_95_times_in_100(extra: float) -> None:
    found = [lift(*market(extra, seed), days=14) for seed in range(400)]
    true = extra * len(SLOTS) * 2
    assert 0.92 <= np.mean([one.low <= true <= one.high for one in found if one]) <= 0.98
    assert np.mean([one.extra for one in found if one]) == pytest.approx(true, abs=1.5)


def test_classes_of_a_week_are_no_independent_witnesses() -> None:
    """All slots share a good and a bad week: the doubt is that of weeks, however many classes there are."""
    others = {week: dict.fromkeys(SLOTS, 1 + week % 2 * 2) for week in range(8)}
    found = lift([(slot, 3) for slot in SLOTS], others, days=7)
    assert found is not None
    assert found.low < 0 < found.extra


def test_what_has_nothing_to_be_compared_with_is_left_out_and_said() -> None:
    weeks = {week: {"old": 2} | ({"rare": 9} if week == 0 else {}) for week in range(6)}
    found = lift([("old", 3), ("new", 8), ("rare", 8)], weeks, days=7)
    assert found is not None
    assert (found.classes, found.left_out, found.extra) == (1, 2, 1)
    assert lift([("new", 8)], weeks, days=7) is None
    assert lift([("old", 3)], {week: weeks[week] for week in range(LEAST_WEEKS - 1)}, days=7) is None
