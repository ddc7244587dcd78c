"""The circuit breaker: closed until faults come in a row, then one probe at a time, further and further apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.pushing.breaker import (
    FIRST_COOL_DOWN,
    LONGEST_COOL_DOWN,
    MOST_FAILURES,
    URGENT_COOL_DOWN,
    Circuit,
    Gate,
    cool_down,
    failed,
    gate,
    probing,
    succeeded,
)
from tests.fixtures.database import NOON


def opened(now: datetime = NOON) -> Circuit:
    circuit = Circuit()
    for _ in range(MOST_FAILURES):
        circuit = failed(circuit, now)
    return circuit


def test_it_opens_after_faults_in_a_row_and_not_before() -> None:
    circuit = Circuit()
    for _ in range(3):
        for _ in range(MOST_FAILURES - 1):
            circuit = failed(circuit, NOON)
        assert gate(circuit, NOON) is Gate.SEND
        circuit = succeeded(circuit)
    assert gate(opened(), NOON) is Gate.WAIT


def test_one_probe_goes_alone_and_decides() -> None:
    later = NOON + FIRST_COOL_DOWN
    assert gate(opened(), later) is Gate.PROBE
    probe = probing(opened(), later)
    assert gate(probe, later) is Gate.WAIT
    assert gate(probe, later + timedelta(seconds=61)) is Gate.PROBE, "the prober died"
    assert succeeded(probe) == Circuit()
    again = failed(probe, later)
    assert again.open_until == later + 2 * FIRST_COOL_DOWN
    assert again.opened_at == NOON, "it is told since when"


def test_what_takes_spots_away_may_probe_sooner() -> None:
    circuit = opened()
    for _ in range(9):
        circuit = failed(probing(circuit, NOON), NOON)
    assert gate(circuit, NOON + URGENT_COOL_DOWN) is Gate.WAIT
    assert gate(circuit, NOON + URGENT_COOL_DOWN, urgent=True) is Gate.PROBE
    assert gate(circuit, NOON + timedelta(seconds=5), urgent=True) is Gate.WAIT


@given(st.integers(1, 500), st.one_of(st.none(), st.floats(-1e9, 1e6), st.floats(1e6)))
def test_a_cool_down_grows_up_to_a_cap_and_heeds_the_platform(trips: int, after: float | None) -> None:
    assert FIRST_COOL_DOWN <= cool_down(trips, after) <= LONGEST_COOL_DOWN
    assert cool_down(trips) <= cool_down(trips + 1)
    assert cool_down(trips, after) >= timedelta(seconds=min(after or 0, LONGEST_COOL_DOWN.total_seconds()))


@given(st.lists(st.tuples(st.sampled_from(["ask", "good", "bad", "dies"]), st.integers(0, 400)), max_size=60))
def test_while_it_is_open_at_most_one_is_under_way(steps: list[tuple[str, int]]) -> None:
    circuit, now, probes = Circuit(), NOON, 0
    for step, seconds in steps:
        now += timedelta(seconds=seconds)
        found = gate(circuit, now)
        if circuit.opened_at is None:
            assert found is Gate.SEND
            circuit = failed(circuit, now) if step == "bad" else circuit
            continue
        assert found is not Gate.SEND
        if circuit.probe_until is not None and now >= circuit.probe_until:
            probes = 0  # its worker is taken for dead
        if found is Gate.PROBE and step != "dies":
            circuit, probes = probing(circuit, now), probes + 1
        assert probes <= 1
        if probes and step in ("good", "bad"):
            circuit, probes = (succeeded(circuit) if step == "good" else failed(circuit, now)), 0
            assert (circuit == Circuit()) == (step == "good")
