"""What SmartTools' decisions lose against the optimum's in the same state: by its rates, and by what it lists or not.

Looked at is the next place only, at true values: what it brings is the rate less what the place is worth, times the
chance that a user pays, for every user who is expected in the step.
"""

from __future__ import annotations

import numpy as np

from benchmarks.steps.curves import step_of
from benchmarks.steps.optimum import Optimum
from benchmarks.steps.smart import Told
from benchmarks.street.draw import Floats


def losses(optimum: Optimum, told: list[Told]) -> Floats:
    """By class: what the optimum brings, what is lost by rates where both list, and by spots where one does not."""
    market, plan = optimum.market, optimum.plan
    total = np.zeros((len(market.week), 3))
    for each in told:
        ids = each.ids
        cell = optimum.state(each.at, ids, each.free)
        looks = market.looks[ids, market.last[ids] - step_of(each.at)]
        worth = np.where(each.free > 0, plan.worth[cell], 0)
        best, listed = plan.spots[cell] > 0, each.listed > 0
        rate = plan.rate[cell].astype(np.float64)
        most = np.where(best, (rate - worth) * market.share_paying(ids, rate), 0)
        brought = np.where(listed, (each.rate - worth) * market.share_paying(ids, each.rate), 0)
        by_rates, by_spots = np.where(best & listed, most - brought, 0), np.where(best != listed, most - brought, 0)
        total[ids] += looks[:, None] * np.column_stack([most, by_rates, by_spots])
    return total
