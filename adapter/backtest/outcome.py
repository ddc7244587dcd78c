"""What a backtest's listings would have brought: marketplace users as expected, direct clients as they truly came.

How many would have come through the marketplace is no part of a history; it is drawn from what the model of that week
expected of it. Who came direct is known. A place that was sold although the class then filled up turned a direct
client away, who is charged at the retail rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adapter.smarttools.facts import Floats, Ints

DRAWS = 400  # of marketplace users, and of the weeks that are taken to stand for all
MIDDLE = 0.80  # of the draws lie in the interval
MOST_HURT = 20  # classes listed one by one; all are counted


@dataclass(frozen=True)
class Hurt:
    """A class at which listing would have cost more than it brought, on average over the draws."""

    session_id: str
    starts_at: str
    sold: float
    turned_away: float
    value: float


@dataclass(frozen=True)
class Outcome:
    """What it would have brought in all, in the studio's currency, with an interval that holds ``MIDDLE`` of draws."""

    classes: int
    sold: float
    turned_away: float
    payouts: float
    value: float  # payouts less the retail value of direct clients turned away
    low: float
    high: float
    hurt_classes: int
    hurt: list[Hurt]  # the worst of them
    assumed: bool  # nothing was ever sold through the marketplace: how many would come is a general assumption


def outcome_of(listed: pd.DataFrame, retail: Floats, *, assumed: bool, seed: int) -> Outcome:
    """``listed``: a row for each class and lead, the earliest first, as ``walk`` decides them; ``retail``: by class."""
    chance = np.random.default_rng(seed)
    leads = sorted(listed["lead"].unique().tolist(), reverse=True)
    stages = [listed[listed["lead"] == lead] for lead in leads]
    last = stages[-1]
    sold = np.zeros((len(last), DRAWS))
    payouts = np.zeros_like(sold)
    for stage in stages:
        spots, free = (stage[name].to_numpy(dtype=np.float64)[:, None] for name in ("spots", "free"))
        come = chance.poisson(stage["takers"].to_numpy(dtype=np.float64)[:, None], sold.shape)
        more = np.minimum(come, np.maximum(np.minimum(spots, free) - sold, 0.0))
        payouts += more * stage["rate"].to_numpy(dtype=np.float64)[:, None]
        sold += more
    turned = np.maximum(sold - last["empty"].to_numpy(dtype=np.float64)[:, None], 0.0)
    value = payouts - turned * retail[:, None]
    totals = _totals(value, last["week"].to_numpy(dtype=np.int64), chance)
    low, high = np.quantile(totals, [(1 - MIDDLE) / 2, (1 + MIDDLE) / 2])
    hurt = _hurt(last, sold.mean(axis=1), turned.mean(axis=1), value.mean(axis=1))
    return Outcome(
        classes=len(last),
        sold=float(sold.sum(axis=0).mean()),
        turned_away=float(turned.sum(axis=0).mean()),
        payouts=float(payouts.sum(axis=0).mean()),
        value=float(value.sum(axis=0).mean()),
        low=float(low),
        high=float(high),
        hurt_classes=len(hurt),
        hurt=hurt[:MOST_HURT],
        assumed=assumed,
    )


def _totals(value: Floats, week: Ints, chance: np.random.Generator) -> Floats:
    """The value of all, for each draw of users and of weeks: other weeks might have been as these were."""
    weeks = np.unique(week)
    by_week = np.array([value[week == one].sum(axis=0) for one in weeks.tolist()])
    drawn = chance.integers(0, len(weeks), (len(weeks), DRAWS))
    return np.asarray(np.take_along_axis(by_week, drawn, axis=0).sum(axis=0), dtype=np.float64)


def _hurt(rows: pd.DataFrame, sold: Floats, turned: Floats, value: Floats) -> list[Hurt]:
    order = np.argsort(value, kind="stable")
    return [
        Hurt(
            session_id=str(rows["session_id"].iloc[index]),
            starts_at=rows["starts_at"].iloc[index].isoformat(),
            sold=round(float(sold[index]), 2),
            turned_away=round(float(turned[index]), 2),
            value=round(float(value[index]), 2),
        )
        for index in order[: int((value < -0.005).sum())].tolist()
    ]
