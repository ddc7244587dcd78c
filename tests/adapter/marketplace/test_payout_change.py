"""F22: the change of payouts, split into volume, mix, rate and trials, to the cent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.marketplace.payouts.change import Cell, Key, split
from tests.adapter.guarantee.cases import examples

YOGA, SPIN = ("Main Street", "Yoga"), ("Main Street", "Spin")


def parts(before: dict[Key, Cell], after: dict[Key, Cell]) -> tuple[int, int, int, int]:
    whole = split(before, after).whole
    return whole.volume, whole.mix, whole.rate, whole.trials


def test_f22_twice_as_many_places_is_volume() -> None:
    assert parts({YOGA: Cell(10, 0, 9000)}, {YOGA: Cell(20, 0, 18000)}) == (9000, 0, 0, 0)


def test_f22_the_same_places_at_another_rate_is_rate() -> None:
    assert parts({YOGA: Cell(10, 0, 9000)}, {YOGA: Cell(10, 0, 12000)}) == (0, 0, 3000, 0)


def test_f22_the_same_number_in_dearer_classes_is_mix() -> None:
    before = {YOGA: Cell(10, 0, 9000), SPIN: Cell(10, 0, 15000)}
    assert parts(before, {YOGA: Cell(5, 0, 4500), SPIN: Cell(15, 0, 22500)}) == (0, 3000, 0, 0)


def test_f22_a_trial_instead_of_a_paid_place_is_trials() -> None:
    assert parts({YOGA: Cell(10, 0, 9000)}, {YOGA: Cell(10, 2, 7200)}) == (0, 0, 0, -1800)


def test_f22_all_four_at_once_add_up() -> None:
    before = {YOGA: Cell(30, 1, 29 * 900), SPIN: Cell(20, 0, 20 * 1400)}
    after = {YOGA: Cell(45, 4, 41 * 850), SPIN: Cell(15, 0, 15 * 1500)}
    found = split(before, after)
    assert found.whole.change == 41 * 850 + 15 * 1500 - 29 * 900 - 20 * 1400
    assert sum(parts(before, after)) == found.whole.change


def test_f22_from_nothing_and_to_nothing_is_volume() -> None:
    assert parts({}, {YOGA: Cell(10, 0, 9000)}) == (9000, 0, 0, 0)
    assert parts({YOGA: Cell(10, 0, 9000)}, {}) == (-9000, 0, 0, 0)
    assert parts({}, {}) == (0, 0, 0, 0)


cells = st.integers(0, 40).flatmap(
    lambda places: st.integers(0, places).flatmap(
        lambda trials: st.builds(
            Cell,
            st.just(places),
            st.just(trials),
            st.integers(0, 5000 * (places - trials)) if places > trials else st.just(0),
        )
    )
)
periods = st.dictionaries(st.sampled_from((YOGA, SPIN, ("Mill Loft", "Yoga"))), cells)


@examples(60)
@given(periods, periods)
def test_f22_parts_add_up_to_the_change_of_each_cell_and_of_the_whole(
    before: dict[Key, Cell], after: dict[Key, Cell]
) -> None:
    found = split(before, after)
    for each in (*found.cells.values(), found.whole):
        assert each.volume + each.mix + each.rate + each.trials == each.change
    paid = [sum(cell.paid for cell in period.values()) for period in (before, after)]
    assert (found.whole.before, found.whole.after) == (paid[0], paid[1])
    turned = split(after, before).whole
    assert turned.change == -found.whole.change
