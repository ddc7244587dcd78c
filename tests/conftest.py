"""Fixtures for every test, by topic in tests/fixtures/."""

pytest_plugins = [
    "tests.fixtures.logs",
    "tests.fixtures.database",
    "tests.fixtures.doors",
    "tests.fixtures.sandbox",
    "tests.fixtures.live",
    "tests.fixtures.studio",
    "tests.fixtures.browser",
    "tests.fixtures.timetable",
]
