"""Payloads of the right shape, to be bent by a test: ``sample("class", MaxCapacity=None)`` leaves a key out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors import strict_json

FOLDER = Path(__file__).parent.parent / "samples" / "mindbody"

Sample = Callable[..., dict[str, Any]]


@pytest.fixture
def sample() -> Sample:
    """A payload; a key that is given as None is left out, as Mindbody leaves it out."""

    def read(name: str, **bent: Any) -> dict[str, Any]:
        payload = strict_json.loads((FOLDER / f"{name}.json").read_bytes()) | bent
        return {key: value for key, value in payload.items() if value is not None}

    return read
