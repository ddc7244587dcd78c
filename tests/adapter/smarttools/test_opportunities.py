"""What is recommended: the examples of the requirements (A4), and what holds whatever the numbers are."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.smarttools import SmartTools
from adapter.smarttools.opportunities import LEAST_FILLS, opportunity
from benchmarks.bench_smarttools import NOW, market


def test_op_01_five_more_of_eight_open_where_direct_clients_need_three() -> None:
    free, kept, rate = 8, 3, 12.00
    card = opportunity(free - kept, 0, 4.55)
    assert card is not None
    assert (card.add, round(card.fills, 1), round(card.fills * rate)) == (5, 3.8, 46)
    assert card.fills_low <= card.fills <= card.fills_high == 5


def test_op_02_nothing_where_direct_clients_need_every_open_place() -> None:
    assert opportunity(8 - 8, 0, 4.55) is None


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 80), st.floats(0, 2))
def test_never_above_what_is_safe_and_never_more_than_would_come(
    safe: int, offered: int, demand: float, doubt: float
) -> None:
    card = opportunity(safe, offered, demand, doubt)
    if card is not None:
        assert card.add == safe - offered > 0
        assert LEAST_FILLS <= card.fills <= min(card.add, demand) + 1e-6
        assert 0 <= card.fills_low <= card.fills_high <= card.add


@given(st.integers(1, 40), st.integers(0, 20), st.floats(0.1, 60))
def test_what_is_offered_already_takes_its_share_of_those_who_come(safe: int, offered: int, demand: float) -> None:
    all_of_it, rest = opportunity(safe + offered, 0, demand, 0), opportunity(safe + offered, offered, demand, 0)
    if rest is not None:
        assert all_of_it is not None
        assert rest.fills <= all_of_it.fills


@pytest.mark.parametrize("fitted", [True, False], ids=["with a model", "by the plain rule"])
def test_what_is_safe_is_within_the_risk_that_is_asked_for_whatever_is_listed(fitted: bool) -> None:
    past, coming = market(1, range(-6, 0)), market(2, range(1, 3), seed=1)
    tools = SmartTools().fit(**past) if fitted else SmartTools()
    room = tools.room(NOW, **coming)
    listed = tools.decide(NOW, **coming)
    assert room["session_id"].tolist() == coming["sessions"]["session_id"].tolist()
    careful = {**coming, "studios": coming["studios"].assign(max_displacement_risk=0.01)}
    assert (tools.room(NOW, **careful)["safe_spots"] <= room["safe_spots"]).all()
    assert (tools.room(NOW, **careful)["safe_spots"] < room["safe_spots"]).any()
    if fitted:
        little = (listed["displacement_risk"] <= 0.10) & (listed["premium_spots"] == 0)
        assert (room["safe_spots"] >= np.where(little, listed["spots"], 0)).all()
        assert (room["safe_spots"] < listed["spots"])[listed["displacement_risk"] > 0.101].all()
    else:
        assert room["safe_spots"].tolist() == listed["spots"].tolist()  # open - Q
    assert (room["demand"] > 0).any()


def test_a_cancelled_or_started_class_has_no_room() -> None:
    coming = market(1, range(1, 2))
    sessions = coming["sessions"]
    sessions["cancelled"] = np.arange(len(sessions)) % 2 == 0
    sessions.loc[1, "starts_at"] = NOW - timedelta(hours=1)
    room = SmartTools().room(NOW, **coming)["safe_spots"]
    assert set(room[sessions["cancelled"]]) == {0}
    assert room[1] == 0
