"""Which values a setting may have (SS-11, SS-12, SR-06). Pure; a wrong one is an error that says what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from adapter.store.columns import LARGEST_AMOUNT

EARLIEST_RELEASE, LATEST_RELEASE = 72, 2
MOST_SPOTS = 1000
NO_INCREASE_AFTER, NOTHING_AFTER = 15, 60  # minutes, where the studio says nothing else (SS-19)
YOUNGEST, OLDEST = 5, 24 * 60  # minutes
MOST_WEIGHT = 100.0


class BadSetting(ValueError):
    """Values that settings cannot have. ``wrong``: each such setting, with what is wrong in words that are fit to show.

    ``name`` and ``words`` are the first of them.
    """

    def __init__(self, name: str, words: str, others: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(f"{name}: {words}")
        self.name, self.words = name, words
        self.wrong = {name: words, **others}


@dataclass(frozen=True)
class Rule:
    """What a setting takes; ``allowed`` completes the sentence "must be …"."""

    allowed: str
    fits: Callable[[Any], bool]


def _whole(low: int, high: int) -> Rule:
    return Rule(
        f"a whole number from {low} to {high}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    )


def _number(low: float, high: float) -> Rule:
    return Rule(
        f"a number from {low:g} to {high:g}",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high,
    )


_AMOUNT = Rule(
    "an amount of 0 or more, with at most four decimals",
    lambda value: (
        isinstance(value, Decimal)
        and value.is_finite()
        and 0 <= value < LARGEST_AMOUNT
        and value == value.quantize(Decimal("0.0001"))
    ),
)

_YES_OR_NO = Rule("yes or no", lambda value: isinstance(value, bool))

RULES: Mapping[str, Rule] = {
    "min_spots": _whole(0, MOST_SPOTS),
    "release_all_hours": _whole(LATEST_RELEASE, EARLIEST_RELEASE),
    "rate_floor": _AMOUNT,
    "rate_ceiling": _AMOUNT,
    "retail_rate": _AMOUNT,
    "displacement_weight": _number(0, MOST_WEIGHT),
    "max_displacement_risk": _number(0, 1),
    "excluded": _YES_OR_NO,
    "shadow": _YES_OR_NO,
    "premium": _YES_OR_NO,
    "no_increase_after_minutes": _whole(YOUNGEST, OLDEST),
    "nothing_after_minutes": _whole(YOUNGEST, OLDEST),
}
OF_STUDIO = frozenset({"no_increase_after_minutes", "nothing_after_minutes"})
"""Settings that hold for a studio as a whole."""


def wrong(changes: Mapping[str, Any], *, of_studio: bool = True) -> dict[str, str]:
    """The unknown settings and those out of bounds, each with what is wrong. None always fits: not set here."""
    found: dict[str, str] = {}
    for name, value in changes.items():
        if name not in RULES:
            found[name] = f"there is no such setting; there are {', '.join(RULES)}"
        elif value is not None and not RULES[name].fits(value):
            found[name] = f"must be {RULES[name].allowed}, not {_shown(value)}"
        elif value is not None and name in OF_STUDIO and not of_studio:
            found[name] = "can only be set for the whole studio"
    return found


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def wrong_together(floor: Decimal | None, ceiling: Decimal | None) -> dict[str, str]:
    """A floor above the ceiling. The message names no amount: the floor is confidential (SR-11)."""
    if floor is not None and ceiling is not None and floor > ceiling:
        return {"rate_ceiling": "must not be below the rate floor that holds here"}
    return {}


def wrong_ages(no_increase: int, nothing: int) -> dict[str, str]:
    """Nothing listed before it is refused to list more."""
    if nothing <= no_increase:
        return {"nothing_after_minutes": f"must be more than the {no_increase} minutes from which on nothing is raised"}
    return {}


def refuse(found: Mapping[str, str]) -> None:
    """Raise BadSetting where anything was found to be wrong."""
    for name, words in found.items():
        raise BadSetting(name, words, found)
