"""What of a platform's words may be shown and logged. Knows what addresses, tokens and control characters look like."""

from __future__ import annotations

import re
from collections.abc import Collection

_LONGEST = 300  # characters that are shown
_READ = 5_000  # characters that are looked at
_ADDRESS = re.compile(r"[^\s@\"'<>,;:()]{1,64}@[^\s@\"'<>,;:()]{1,255}")
_TOKEN = re.compile(
    r"\b(?:bearer|basic)\s+\S+"
    r"|\b[\w-]{20,}\.[\w-]+\.[\w-]+"  # a JWT
    r"|\b(?=\w*\d)(?=\w*[a-z])[\w+/=-]{32,}",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]+")


def scrub(text: str, secrets: Collection[str] = ()) -> str:
    """One line without addresses and tokens, not long. ``secrets`` are taken out wherever they stand."""
    text = text[:_READ]
    for secret in sorted((each for each in secrets if len(each) >= 4), key=len, reverse=True):
        text = text.replace(secret, "•••")
    text = _TOKEN.sub("•••", _ADDRESS.sub("•••@•••", _CONTROL.sub(" ", text))).strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
