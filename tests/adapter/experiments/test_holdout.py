"""N-03, N-04, PD-05: what is drawn, what the comparison says, and who was turned away."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from adapter.experiments.assignment import is_held_out, week_of
from adapter.experiments.displacement import Held, displaced
from adapter.experiments.readout import Panel, Readout
from adapter.statements.incremental import incremental_share

SLOTS, WEEKS = [f"slot {number}" for number in range(25)], [f"2025-W{number:02}" for number in range(10, 24)]
CELLS = [(slot, week) for slot in SLOTS for week in WEEKS]


def market(effect: float, seed: int) -> tuple[list[bool], list[float]]:
    """Slots and weeks that differ much, classes that differ some, and an effect of listing."""
    chance = np.random.default_rng(seed)
    slot, week = chance.normal(200, 80, len(SLOTS)), chance.normal(0, 30, len(WEEKS))
    level = np.add.outer(slot, week).ravel()
    listed = [not is_held_out(f"seed {seed}", *cell, 0.2) for cell in CELLS]
    noise = chance.normal(0, 1, len(CELLS)) * np.where(level > 200, 40, 15)  # busier classes vary more
    return listed, list(level + noise + effect * np.array(listed))


@pytest.mark.parametrize("effect", [0.0, 12.0])
def test_the_interval_covers_what_is_true_about_95_times_in_100(effect: float) -> None:
    """N-03."""
    panel = Panel([slot for slot, _ in CELLS], [week for _, week in CELLS])
    reads = [panel.read(*market(effect, seed)) for seed in range(300)]
    covered = np.mean([read.low <= effect <= read.high for read in reads if read])
    assert 0.915 <= covered <= 0.985
    assert np.mean([read.effect for read in reads if read]) == pytest.approx(effect, abs=1.0)


def test_a_few_held_out_say_nothing() -> None:
    panel = Panel([slot for slot, _ in CELLS], [week for _, week in CELLS])
    listed = [place >= 9 for place in range(len(CELLS))]
    assert panel.read(listed, [1.0] * len(CELLS)) is None


def test_the_verdict_is_open_where_the_interval_covers_nothing() -> None:
    """N-03."""
    found = Readout(effect=42.0, error=18.0, low=6.7, high=77.3, cells=400, held_out=40)
    assert found.verdict == "positive"
    assert Readout(1.0, 2.0, -2.9, 4.9, 400, 40).verdict == "open"
    assert Readout(-9.0, 2.0, -12.9, -5.1, 400, 40).verdict == "negative"


def test_the_draw_is_repeatable_and_holds_out_its_share() -> None:
    drawn = [is_held_out("seed", f"slot {slot}", week, 0.1) for slot in range(400) for week in WEEKS]
    assert drawn == [is_held_out("seed", f"slot {slot}", week, 0.1) for slot in range(400) for week in WEEKS]
    assert sum(drawn) / len(drawn) == pytest.approx(0.1, abs=0.012)
    assert drawn != [is_held_out("another", f"slot {slot}", week, 0.1) for slot in range(400) for week in WEEKS]
    assert [week_of(date(2024, 12, 30)), week_of(date(2025, 1, 5))] == ["2025-W01", "2025-W01"]


@pytest.mark.parametrize(
    ("held", "wanted", "expected", "how"),
    [
        (Held(20, 15, 5, 3), [], 3.0, "waitlist"),
        (Held(20, 18, 2, 3), [], 2.0, "waitlist"),  # no more than there were
        (Held(20, 8, 2, 0), [20, 20], 0.0, "not_full"),
        (Held(20, 20, 0, 5), [], 0.0, "not_full"),  # full of direct clients
        (Held(20, 15, 5, 0), [10, 15, 17, 30], (0 + 2 + 5) / 3, "history"),
        (Held(20, 15, 5, 0), [10, 12], 0.0, "unknown"),
    ],
)
def test_the_meter_charges_what_was_turned_away(held: Held, wanted: list[int], expected: float, how: str) -> None:
    """N-04."""
    found = displaced(held, wanted)
    assert (found.expected, found.how) == (pytest.approx(expected), how)


def test_pd_05_what_is_added_is_a_share_of_direct_revenue() -> None:
    share = incremental_share(3400, 850, 9000)
    assert share == pytest.approx(0.283, abs=0.0005)
    assert incremental_share(1, 0, 0) is None
