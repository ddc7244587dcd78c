"""Print what the policies were worth, what came of what SmartTools told, and where it loses, by kind."""

from __future__ import annotations

import numpy as np

from benchmarks.steps.calibration import Came
from benchmarks.steps.draw import Market
from benchmarks.steps.scores import Score
from benchmarks.street.draw import Bools, Floats, Ints
from benchmarks.street.report import print_row

ALL = "over all"


def print_kinds(market: Market, scores: dict[str, Score], weight: float) -> float:
    """Shares of the optimum's value and displaced direct clients; SmartTools' share over all is told."""
    print(f"{'kind':16}" + "".join(f"{name:>19}" for name in scores) + "   x displaced")
    return [print_row(name, which, scores, weight) for name, which in _kinds(market).items()][-1]


def print_beside_static(market: Market, scores: dict[str, Score]) -> None:
    """What else is wanted of a policy, over what the static allocation has of it."""
    which = ~market.past
    print("beside the static allocation" + "".join(f"{name:>14}" for name in scores))
    values = {
        "payouts": [each.payouts[which].sum() for each in scores.values()],
        "visitors": [each.visitors[which].sum() for each in scores.values()],
        "fill": [(each.standing / market.street.capacity)[which].mean() for each in scores.values()],
    }
    for what, beside in values.items():
        print(f"{what:28}" + "".join(f"{each / beside[0]:>14.2f}" for each in beside))


def print_calibration(market: Market, came: list[Came]) -> None:
    """Direct reservations still to come, told and come."""
    print("expected direct reservations, told/came by hours before" + "".join(f"{each.lead:>20.0f}" for each in came))
    for name, which in _kinds(market).items():
        cells = [(each.expected[which[each.ids]], each.direct[which[each.ids]]) for each in came]
        print(f"{name:55}" + "".join(_ratio(told, direct) for told, direct in cells))


def print_losses(market: Market, lost: Floats) -> None:
    """What is lost in the optimum's states, as shares of what the optimum brings there."""
    print("lost against the optimum in the same state: by rates, by spots")
    for name, which in _kinds(market).items():
        brought, by_rates, by_spots = lost[which].sum(axis=0)
        print(f"{name:46}{by_rates / brought:>8.2%}{by_spots / brought:>10.2%}")


def _kinds(market: Market) -> dict[str, Bools]:
    """The season's classes by kind, all of them last."""
    names = np.array([each.kind.name for each in market.studios])[market.street.studio]
    season = ~market.past
    return {str(name): season & (names == name) for name in dict.fromkeys(names)} | {ALL: season}


def _ratio(told: Floats, direct: Floats | Ints) -> str:
    if not direct.sum():
        return f"{'none came':>20}"
    return f"{told.mean():>8.2f}/{direct.mean():.2f} {told.sum() / direct.sum():>5.2f}"
