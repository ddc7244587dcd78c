"""The key of our keyed hashes: made once, kept sealed in the database it belongs to.

Hashes of addresses must mean the same for ever, so their key is neither the secret key (changed to end all sessions)
nor an encryption key (rotated): it is sealed with the latter and moves with the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy.orm import Session

from adapter.store.dialect import insert_new, table_of
from adapter.store.sealing import Keyring
from adapter.store.tables import KeptKey

NAME = "keyed_hash"


def hash_key(db: Session, encryption_keys: Sequence[str]) -> str:
    """The key, made at the first call. Raises SealBroken where none of the encryption keys opens it."""
    sealing = Keyring(encryption_keys, "")
    context = f"kept_key:{NAME}"
    if db.get(KeptKey, NAME) is None:
        fresh = {"name": NAME, "sealed": sealing.seal(secrets.token_urlsafe(48), context)}
        insert_new(db, table_of(KeptKey), ("name",), [fresh])  # where another process was first, its key holds
    return sealing.open(db.get_one(KeptKey, NAME).sealed, context)
