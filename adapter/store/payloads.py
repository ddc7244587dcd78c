"""Payloads as they are kept: the value and its one JSON text, which is both hashed and stored.

Writing that text was a fifth of what a backfill costs, so it is written once, and by msgspec.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.json import Encoder

_ENCODE = Encoder(order="deterministic", enc_hook=str).encode


def canonical(value: Any) -> str:
    """The JSON of a value, the same for the same content in any order of keys; what JSON doesn't know, as its text."""
    return _ENCODE(value).decode()


class Payload(dict[str, Any]):
    """A payload that does not change any more, with its canonical JSON."""

    __slots__ = ("text",)

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self.text = canonical(self)


def stored_text(value: Any) -> str:
    """What a JSON column holds of a value."""
    return value.text if isinstance(value, Payload) else json.dumps(value)
