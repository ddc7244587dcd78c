"""Keys of our own that are made once and kept sealed in the database they belong to.

Hashes of addresses must mean the same for ever, and a signature must stay ours: neither key is the secret key (changed
to end all sessions) nor an encryption key (rotated). They are sealed with the latter and move with the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from adapter.guarantee.signing import new_key
from adapter.store.dialect import insert_new, table_of
from adapter.store.sealing import Keyring
from adapter.store.tables import KeptKey

NAME = "keyed_hash"
SIGNING = "statement_signing"


def hash_key(db: Session, encryption_keys: Sequence[str]) -> str:
    """The key of our keyed hashes, made at the first call. Raises SealBroken where none of the keys opens it."""
    return _kept(db, encryption_keys, NAME, lambda: secrets.token_urlsafe(48))


def signing_key(db: Session, encryption_keys: Sequence[str]) -> str:
    """The private key that signs statements, made at the first call. Raises SealBroken."""
    return _kept(db, encryption_keys, SIGNING, new_key)


def _kept(db: Session, encryption_keys: Sequence[str], name: str, make: Callable[[], str]) -> str:
    sealing = Keyring(encryption_keys, "")
    context = f"kept_key:{name}"
    if db.get(KeptKey, name) is None:
        fresh = {"name": name, "sealed": sealing.seal(make(), context)}
        insert_new(db, table_of(KeptKey), ("name",), [fresh])  # where another process was first, its key holds
    return sealing.open(db.get_one(KeptKey, name).sealed, context)
