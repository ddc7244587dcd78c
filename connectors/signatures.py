"""Signatures of webhook messages. Knows HMAC and headers; knows no platform.

Nothing here raises on what a stranger sent: a signature is right or it is not.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

LONGEST_SIGNATURE = 512  # characters; none is longer than a hundred


def header_of(headers: Mapping[str, str], name: str) -> str | None:
    """A header's value whatever its case; None where it is absent or stands there twice."""
    found = [value for key, value in headers.items() if key.lower() == name.lower()]
    return found[0] if len(found) == 1 else None


def sha256_base64(secret: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 of the raw body; the key is the secret's UTF-8 text as it stands."""
    return sha256_base64_of(secret.encode(), body)


def sha256_base64_of(key: bytes, body: bytes) -> str:
    """The same with a key of bytes."""
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def same(expected: str, given: str | None) -> bool:
    """Whether two signatures agree, in a time that does not tell how far."""
    if not given or len(given) > LONGEST_SIGNATURE:
        return False
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
