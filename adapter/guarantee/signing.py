"""Statements that can be proved: Ed25519 over one way to write JSON down, verifiable by a stranger with a public key.

Pure: keys come in, nothing is read or kept. What is signed is the statement alone, so it can be copied anywhere.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEYS = frozenset({"statement", "public_key", "signature"})

Signed = dict[str, Any]


class NotSigned(ValueError):
    """What was given is no signed statement, or no key; the message says why."""


def canonical(statement: dict[str, Any]) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, UTF-8. Numbers are whole: amounts are text."""
    try:
        return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (TypeError, UnicodeEncodeError) as error:
        raise NotSigned("a statement holds text, whole numbers, true, false and null only") from error


def new_key() -> str:
    """A new private key, as text that `sign` takes."""
    return _text(Ed25519PrivateKey.generate().private_bytes_raw())


def public_key_of(private_key: str) -> str:
    """The public key that goes with a private one."""
    return _text(_private(private_key).public_key().public_bytes_raw())


def sign(statement: dict[str, Any], private_key: str) -> Signed:
    """The statement with its signature and the public key that goes with it, both in base64."""
    signature = _private(private_key).sign(canonical(statement))
    return {"statement": statement, "public_key": public_key_of(private_key), "signature": _text(signature)}


def verify(signed: object, public_key: str) -> bool:
    """Whether whoever has this key signed exactly this. The key inside the file proves nothing, but must agree.

    Raises NotSigned where ``signed`` is no signed statement, or ``public_key`` no key.
    """
    if not isinstance(signed, dict) or signed.keys() != KEYS or not isinstance(signed["statement"], dict):
        raise NotSigned(f"a signed statement has {', '.join(sorted(KEYS))}, and nothing else")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except (ValueError, binascii.Error) as error:
        raise NotSigned("the key is no Ed25519 public key in base64") from error
    if signed["public_key"] != public_key:
        return False
    try:
        key.verify(base64.b64decode(signed["signature"], validate=True), canonical(signed["statement"]))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _private(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
