"""A small living market for a test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.sandbox.market.world import World
from tests.fixtures.database import NOON

SITE = 1001


@pytest.fixture
def world(fresh_market: Callable[[], World]) -> World:
    """Fresh for every test, at noon of a Monday in March."""
    return fresh_market()


@pytest.fixture(scope="session")
def year() -> World:
    """The demonstration's studios after a year; not to be changed."""
    return World(7, NOON)
