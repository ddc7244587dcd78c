"""Cursors: a value that makes no sense is no cursor, so that nothing is passed over for ever (F11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.platform import Window
from sync.pulling.cursors import instant, left_of
from tests.fixtures.database import NOON

PLAN = Window(NOON - timedelta(days=365), NOON)


@pytest.mark.parametrize(
    "value", [None, "", "soon", 17, "2999-01-01T00:00:00+00:00", "2026-03-01T00:00:00", ["2026-03-01"], {}]
)
def test_a_value_that_makes_no_sense_is_no_cursor(value: object) -> None:
    assert instant(value, now=NOON) is None


def test_a_good_value_is_read() -> None:
    assert instant(NOON.isoformat(), now=NOON) == NOON


def test_a_backfill_goes_on_with_its_first_plan() -> None:
    start, reached = NOON - timedelta(days=300), NOON - timedelta(days=100)
    stored = {"start": start.isoformat(), "reached": reached.isoformat()}
    assert left_of(stored, PLAN, NOON) == Window(start, reached)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"start": "x", "reached": "y"},
        {"start": NOON.isoformat(), "reached": (NOON - timedelta(days=1)).isoformat()},
    ],
)
def test_a_broken_cursor_begins_anew(stored: dict[str, Any]) -> None:
    assert left_of(stored, PLAN, NOON) == PLAN
