"""The authorization server's key and what is signed with it.

One key a process: making one takes longer than the rest of a sandbox's start.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

ALGORITHM = "RS256"
KEY_ID = "sandbox-1"


@cache
def signing_key() -> RSAKey:
    """The private key."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM, "kid": KEY_ID}, private=True)


def public_keys() -> dict[str, Any]:
    """The JWK set as it is published."""
    return {"keys": [signing_key().as_dict(private=False)]}


def sign(claims: Mapping[str, Any], *, kind: str = "JWT") -> str:
    """A signed token."""
    return jwt.encode({"alg": ALGORITHM, "kid": KEY_ID, "typ": kind}, dict(claims), signing_key())


def half_hash(text: str) -> str:
    """The left half of a hash: what binds a code or an access token to its ID token (OIDC Core 3.3.2.11)."""
    digest = hashlib.sha256(text.encode("ascii")).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode("ascii")
