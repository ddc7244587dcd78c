"""What is different between two statements, fact by fact: a correction says what it corrects.

Pure. Lists of things that have a name are compared by it, so that a line that moved is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAMES = ("reservation_id", "reading", "requirement", "code", "about")
UNTOLD = frozenset({"as_of"})  # differs every time, and changes nothing


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each fact that changed: ``path``, ``before``, ``after``; null where there was, or is, none."""
    found = _differences("", _told(before), _told(after))
    return [{"path": path, "before": old, "after": new} for path, old, new in found]


def _told(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key not in UNTOLD}


def _differences(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        yield path, before, after
        return
    for name in sorted(old.keys() | new.keys()):
        yield from _differences(f"{path}.{name}" if path else name, old.get(name), new.get(name))


def _parts(value: Any) -> dict[str, Any] | None:
    """The parts of a thing by name; None where it has none."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return {_name(item, place): item for place, item in enumerate(value)}
    return None


def _name(item: Mapping[str, Any], place: int) -> str:
    return next((str(item[name]) for name in NAMES if name in item), str(place))
