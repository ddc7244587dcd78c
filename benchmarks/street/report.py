"""Print what came of what SmartTools told, and which rules it broke: the same for made-up and real streets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from benchmarks.street.calibration import Came
from benchmarks.street.draw import Bools, Floats

FIFTHS = 5


class Scored(Protocol):
    """What a policy was worth, by class."""

    @property
    def displaced(self) -> Floats: ...
    @property
    def clients(self) -> Floats: ...
    def value(self, weight: float) -> Floats: ...


def print_row(name: str, which: Bools, scores: Mapping[str, Scored], weight: float) -> float:
    """Of some classes, each policy's share of the optimum's value and of direct clients; SmartTools' share is told."""
    best = scores["optimum"].value(weight)[which].sum()
    cells, lost = "", {}
    for policy, each in scores.items():
        lost[policy] = each.displaced[which].sum() / each.clients[which].sum()
        cells += f"{each.value(weight)[which].sum() / best:>12.1%} {lost[policy]:>6.2%}"
    print(f"{name:16}{cells}{lost['SmartTools'] / max(lost['optimum'], 1e-9):>14.2f}", flush=True)
    return float(scores["SmartTools"].value(weight)[which].sum() / best)


def print_violations(broken: Mapping[str, int]) -> None:
    """How often each rule was broken."""
    print("violations: " + (", ".join(f"{rule} {times}" for rule, times in broken.items()) or "none"))


def print_calibration(came: list[Came]) -> None:
    """By fifths of what was told: told and come."""
    print("expected direct reservations, told/came by fifths of what was told")
    for each in came:
        print(f"  {each.lead:>4.0f} h before: {_fifths(each.expected, each.direct, '{:.2f}')}")
    print("displacement risk, told/came by fifths of what was told, where anything was listed")
    for each in came:
        some = each.listed > 0
        print(f"  {each.lead:>4.0f} h before: {_fifths(each.risk[some], each.displaced[some].astype(float), '{:.3f}')}")


def _fifths(told: Floats, came: Floats, form: str) -> str:
    parts = [*np.array_split(np.argsort(told, kind="stable"), FIFTHS), np.arange(len(told))]
    cells = [f"{form.format(told[part].mean())}/{form.format(came[part].mean())}" for part in parts if len(part)]
    return "  ".join(cells[:-1]) + f"   all {cells[-1]}" if cells else "nothing told"
