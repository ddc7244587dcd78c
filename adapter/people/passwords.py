"""A password, and the second factor without which it opens nothing: an authenticator app (RFC 6238) or a recovery code.

Both are set together and asked for together, so that no answer tells which of them was wrong, or whether the address is
known. The hash is Argon2id (RFC 9106); how easily a password is guessed is judged by zxcvbn, on this machine.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest
from typing import cast

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from adapter.guarantee.identity import normalise
from adapter.people.passkeys import OUR_NAME
from adapter.store.audit import write_line
from adapter.store.sealing import Keyring
from adapter.store.tables import EmailAddress, Password, RecoveryCode, Studio, User

SHORTEST, LONGEST = 12, 128  # characters
HARDEST = 4  # zxcvbn's best score: more than 10**10 guesses
STEP = 30  # seconds that a code holds
SKEW = (-1, 0, 1)  # steps that a phone's clock may be off
RECOVERY_CODES = 10
MOST_ACCOUNTS = 5  # with one address: it is unproven, so several people may name it
ZXCVBN_READS = 72  # characters

hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # the least that OWASP advises: 19 MiB
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$kWn7gSKdxkVkmx6mzO2RSNAOZCzwGqJtKwsqU3YnLRU"
"""A hash that no password fits: what is worked on where nobody is known, so that the answer takes as long."""


class NotTaken(ValueError):
    """A password or code that is not taken; the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def new_second_factor() -> str:
    """A key for an authenticator app: 160 bits."""
    return pyotp.random_base32()


def app_address(secret: str, user: User) -> str:
    """What the app reads from the picture; on a phone it opens the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=OUR_NAME)


def set_password(
    db: Session, keys: Keyring, user: User, password: str, secret: str, code: str, now: datetime
) -> Sequence[str]:
    """Keep a password with its second factor, in place of what was; returns recovery codes, shown once.

    Raises NotTaken: the password is too easy, or the app's code is wrong, which shows that it has another key.
    """
    check_password(password, [user.name, OUR_NAME, *_studios(db, user)])
    step = _step(secret, code, now)
    if step is None:
        raise NotTaken("code", "That is not the code that the app shows now")
    earlier = db.get(Password, user.id)
    row = earlier or Password(user_id=user.id)
    row.hash, row.last_step, row.changed_at = hasher.hash(_plain(password)), step, now
    row.second = keys.seal(secret, _seal_name(user.id))
    db.add(row)
    db.flush()
    _note(db, user.id, "password.changed" if earlier else "password.set", now)
    return new_recovery_codes(db, keys, user.id)


def check_password(password: str, names: Sequence[str]) -> None:
    """Raise NotTaken unless the password is long enough and hard to guess, also for who knows these names."""
    if len(password) < SHORTEST:
        raise NotTaken(
            "password", f"Take at least {SHORTEST} characters, such as four words that don't belong together"
        )
    if len(password) > LONGEST:
        raise NotTaken("password", f"Take at most {LONGEST} characters")
    from zxcvbn import zxcvbn  # its word lists take a moment to load

    if zxcvbn(password[:ZXCVBN_READS], user_inputs=list(names))["score"] < HARDEST:
        raise NotTaken("password", "That is easily guessed. Take four words that don't belong together")


def remove_password(db: Session, user_id: int, now: datetime) -> bool:
    """Forget password, second factor and recovery codes; False: there is none."""
    row = db.get(Password, user_id)
    if row is None:
        return False
    db.delete(row)
    db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    _note(db, user_id, "password.removed", now)
    return True


def new_recovery_codes(db: Session, keys: Keyring, user_id: int) -> Sequence[str]:
    """New codes in place of all there were. Only their hashes are kept."""
    db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
    db.add_all(RecoveryCode(user_id=user_id, code_hash=_code_hash(keys, user_id, code)) for code in codes)
    db.flush()
    return codes


def codes_left(db: Session, user_id: int) -> int:
    """How many recovery codes are unused."""
    mine = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.scalar(mine) or 0


def user_by_password(db: Session, keys: Keyring, address: str, password: str, code: str, now: datetime) -> User | None:
    """Whose address, password and code these are; None: nobody's. Takes as long where nobody has the address."""
    found = _accounts(db, keys, address)
    for user, row in found:
        right, step = _fits(row.hash, password), _step(keys.open(row.second, _seal_name(user.id)), code, now)
        if right and (_use_step(db, row, step) if step is not None else _use_recovery(db, keys, user.id, code, now)):
            if hasher.check_needs_rehash(row.hash):
                row.hash = hasher.hash(_plain(password))
            return user
    if not found:
        _fits(_NOBODY, password)
    return None


def _accounts(db: Session, keys: Keyring, address: str) -> Sequence[tuple[User, Password]]:
    normal = normalise(address)
    if normal is None:
        return []
    known = select(User, Password).join(Password, Password.user_id == User.id)
    known = known.join(EmailAddress, EmailAddress.id == User.email_id).where(User.active)
    mine = known.where(EmailAddress.keyed_hash == keys.keyed_hash(normal)).order_by(User.id).limit(MOST_ACCOUNTS)
    return [(user, row) for user, row in db.execute(mine)]


def _studios(db: Session, user: User) -> Sequence[str]:
    ids = [membership.studio_id for membership in user.memberships]
    return db.scalars(select(Studio.name).where(Studio.id.in_(ids))).all()


def _fits(hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, _plain(password))
    except (VerificationError, InvalidHashError):
        return False


def _plain(password: str) -> str:
    """However a keyboard composes its accents; what is too long to be one is cut, so that hashing stays cheap."""
    return unicodedata.normalize("NFKC", password[: LONGEST + 1])


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute that this code belongs to, if it is about now."""
    digits = re.sub(r"\s", "", code)
    current = int(now.timestamp()) // STEP
    counter = pyotp.HOTP(secret)
    return next((current + off for off in SKEW if _same(counter.at(current + off), digits)), None)


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def _use_step(db: Session, row: Password, step: int) -> bool:
    """Whether this code comes for the first time: one that was looked over a shoulder is used up."""
    mine = update(Password).where(Password.user_id == row.user_id, Password.last_step < step)
    return cast("CursorResult[None]", db.execute(mine.values(last_step=step))).rowcount == 1


def _use_recovery(db: Session, keys: Keyring, user_id: int, code: str, now: datetime) -> bool:
    hashed = _code_hash(keys, user_id, code)
    mine = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hashed, RecoveryCode.used_at.is_(None)
    )
    if cast("CursorResult[None]", db.execute(mine.values(used_at=now))).rowcount != 1:
        return False
    _note(db, user_id, "recovery_code.used", now)
    return True


def _code_hash(keys: Keyring, user_id: int, code: str) -> str:
    return keys.keyed_hash(f"recovery:{user_id}:{re.sub(r'[^0-9a-f]', '', code.lower())}")


def _seal_name(user_id: int) -> str:
    return f"password:{user_id}:second"


def _note(db: Session, user_id: int, act: str, now: datetime) -> None:
    who = f"user:{user_id}"
    write_line(db, None, act, who, None, None, actor=who, now=now)
