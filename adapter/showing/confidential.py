"""What the agreed floor may be seen as: itself by owner and finance, a plain limit by everybody else (SR-11)."""

from __future__ import annotations

import re
from typing import Any

_WORD = re.compile(r"(?<![a-z])(rate[ _])?floor(?![a-z])", re.IGNORECASE)


def without_floor(value: Any) -> Any:
    """A JSON value with every field named after the floor left out, and the word itself said as ``limit``."""
    if isinstance(value, dict):
        return {key: without_floor(inner) for key, inner in value.items() if not _WORD.search(key)}
    if isinstance(value, list):
        return [without_floor(inner) for inner in value]
    return _WORD.sub("limit", value) if isinstance(value, str) else value
