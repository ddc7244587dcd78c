"""Payloads as they are kept: the value and its one JSON text, which is both hashed and stored.

Writing that text twice would cost more than most of what else is done to a reservation.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def canonical(value: Any) -> str:
    """The JSON of a value, the same for the same content in any order of keys."""
    return _ENCODE(value)


class Payload(dict[str, Any]):
    """A payload that does not change any more."""

    @cached_property
    def text(self) -> str:
        """Its canonical JSON."""
        return canonical(self)


def stored_text(value: Any) -> str:
    """What a JSON column holds of a value."""
    return value.text if isinstance(value, Payload) else json.dumps(value)
