"""A small living market for a test."""

from __future__ import annotations

import pytest

from connectors.sandbox.market.world import World, small_world
from tests.fixtures.database import NOON

SITE = 1001


@pytest.fixture
def world() -> World:
    """Fresh for every test, at noon of a Monday in March."""
    return small_world(NOON)


@pytest.fixture(scope="session")
def year() -> World:
    """The demonstration's studios after a year; not to be changed."""
    return World(7, NOON)
