"""Payloads in Mariana Tek's shape, to be bent."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parent.parent / "samples" / "marianatek"
Sample = Callable[..., dict[str, Any]]


@pytest.fixture
def sample() -> Sample:
    """A resource, with other attributes or relationships: ``sample("reservation", cancel_date="…", user=None)``."""

    def read(name: str, **changes: Any) -> dict[str, Any]:
        made: dict[str, Any] = deepcopy(json.loads((SAMPLES / f"{name}.json").read_text()))
        for key, value in changes.items():
            if key in made["relationships"]:
                made["relationships"][key] = {"data": value}
            elif key == "id":
                made["id"] = value
            else:
                made["attributes"][key] = value
        return made

    return read


def listed(items: list[Any], *, page: int = 1, pages: int = 1, count: int | None = None) -> dict[str, Any]:
    """An answer with a list."""
    about = {"count": len(items) if count is None else count, "per_page": 2, "pages": pages, "page": page}
    return {"data": items, "included": [], "meta": {"pagination": about}, "links": None}
