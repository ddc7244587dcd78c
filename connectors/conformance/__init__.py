"""The tests that every connector must pass, against a live test double of its platform.

Knows declarations and records; knows no platform and no test framework: a check is a plain function that yields what is
wrong. Run by the test suite and by ``adapter conformance PLATFORM``. It writes offers and books a guest at the
double: never point it at a real studio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.conformance.declaration import account_is_described, declared_is_there, strangers_are_refused
from connectors.conformance.reading import (
    changes_are_among_the_whole,
    records_are_sound,
    rosters_fit,
    sessions_are_found_by_id,
    sessions_make_sense,
    streams_are_whole,
)
from connectors.conformance.writing import guests_are_booked_once, offers_are_exact
from connectors.platform import Api, Platform

Check = Callable[[Platform, Api], Iterator[str]]
CHECKS: dict[str, Check] = {
    "what is declared is there": declared_is_there,
    "the account is described": account_is_described,
    "streams are whole": streams_are_whole,
    "records are sound": records_are_sound,
    "sessions make sense": sessions_make_sense,
    "sessions are found by id": sessions_are_found_by_id,
    "rosters fit": rosters_fit,
    "changes are among the whole": changes_are_among_the_whole,
    "strangers are refused": strangers_are_refused,
    "offers are exact": offers_are_exact,
    "guests are booked once": guests_are_booked_once,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check ended. ``wrong`` is empty where all is well."""

    check: str
    wrong: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.wrong


def run_conformance(platform: Platform, api: Api) -> list[Finding]:
    """Run every check that applies. ``api`` is an account at the double, with its site described."""
    return [Finding(name, tuple(_guarded(check, platform, api))) for name, check in CHECKS.items()]


def _guarded(check: Check, platform: Platform, api: Api) -> Iterator[str]:
    try:
        yield from check(platform, api)
    except Exception as error:  # a connector's bug is what we are here to find, and the other checks go on
        yield f"{type(error).__name__}: {error}"
