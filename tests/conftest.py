"""Fixtures for every test, by topic in tests/fixtures/."""

import gc
import os
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

# Looking again and again through what tests share took up to a quarter of their time.
gc.set_threshold(100_000, 50, 100)

# Each worker has a processor of its own: a second thread for sums as small as ours only waits, and takes processor
# time while it does. The settings are for what is loaded later, here or in a process that a test starts.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
threadpool_limits(1)

pytest_plugins = [
    "tests.fixtures.logs",
    "tests.fixtures.database",
    "tests.fixtures.doors",
    "tests.fixtures.sandbox",
    "tests.fixtures.live",
    "tests.fixtures.studio",
    "tests.fixtures.browser",
    "tests.fixtures.timetable",
    "tests.fixtures.tongue",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a run may be asked for besides its tests."""
    parser.addoption(
        "--pictures",
        type=Path,
        help="Take the pictures of the documentation into this folder.",
    )


def pytest_collection_finish() -> None:
    """What is imported by now stays until the end: not looked at any more either."""
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Pictures are taken where they are asked for: elsewhere taking them is no part of the suite. What takes long is
    begun first: in the end one of two workers would wait for it.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if config.getoption("--pictures") is None:
        taking = [item for item in items if item.get_closest_marker("pictures")]
        config.hook.pytest_deselected(items=taking)
        items[:] = [item for item in items if item not in taking]
