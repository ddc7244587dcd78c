"""Secrets at rest: authenticated encryption, bound to the row they belong to, with key rotation; keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """A ciphertext that our keys don't open, or that belongs to another row."""


class Keyring:
    """Seals and opens. ``context`` names the row ("connection:7:refresh_token"): moved to another, it stays shut."""

    def __init__(self, encryption_keys: Sequence[str], hash_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in encryption_keys])
        self._hash_key = hash_key.encode()

    def seal(self, text: str, context: str) -> bytes:
        """Ciphertext for the database."""
        return self._fernet.encrypt(f"{context}\n{text}".encode())

    def open(self, sealed: bytes, context: str) -> str:
        """The text again, or SealBroken."""
        try:
            found, _, text = self._fernet.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            raise SealBroken(f"{context}: none of ADAPTER_ENCRYPTION_KEYS opens it") from None
        if found != context:
            raise SealBroken(f"{context}: the ciphertext belongs to another row")
        return text

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret under the first key."""
        return self._fernet.rotate(sealed)

    def keyed_hash(self, text: str) -> str:
        """A hash that means nothing without our key: for matching addresses and looking up tokens."""
        return hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest()
