"""What has to come back from the browser that it was given to: once, and within ten minutes.

The browser keeps the token in its session; here lies its keyed hash, with what belongs to it sealed. Claiming deletes
the row, so of two that come at the same instant one is answered, and a session cookie that was copied opens nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.orm import Session

from adapter.store.sealing import Keyring
from adapter.store.tables import Challenge

LIFE = timedelta(minutes=10)


class Purpose(StrEnum):
    """What a challenge is good for, and nothing else."""

    NEW_PASSKEY = "new_passkey"
    PASSKEY = "passkey"
    SECOND_FACTOR = "second_factor"  # carries the new key of an authenticator app
    STAFF = "staff"  # carries a flow at the identity provider


def open_challenge(
    db: Session, keys: Keyring, purpose: Purpose, *, user_id: int | None = None, carries: str = "", now: datetime
) -> str:
    """A token of 256 bits for the browser; ``carries`` is given back to who claims it. Old ones are cleared away."""
    db.execute(delete(Challenge).where(Challenge.created_at <= now - LIFE))
    token = secrets.token_urlsafe(32)
    hashed = _hash(keys, purpose, token)
    sealed = keys.seal(carries, f"challenge:{hashed}")
    db.add(Challenge(token_hash=hashed, purpose=purpose, user_id=user_id, secrets=sealed, created_at=now))
    db.flush()
    return token


def claim_challenge(
    db: Session, keys: Keyring, purpose: Purpose, token: str, *, user_id: int | None = None, now: datetime
) -> str | None:
    """What the challenge carries, and it is used up; None: unknown, used, too old, or somebody else's."""
    hashed = _hash(keys, purpose, token)
    whose = Challenge.user_id.is_(None) if user_id is None else Challenge.user_id == user_id
    mine = delete(Challenge).where(Challenge.token_hash == hashed, Challenge.created_at > now - LIFE, whose)
    sealed = db.scalar(mine.returning(Challenge.secrets))
    return None if sealed is None else keys.open(sealed, f"challenge:{hashed}")


def _hash(keys: Keyring, purpose: Purpose, token: str) -> str:
    return keys.keyed_hash(f"challenge:{purpose}:{token}")
