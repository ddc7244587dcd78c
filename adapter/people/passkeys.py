"""Passkeys (WebAuthn level 3): a key on somebody's own device, opened with its lock, and bound to our address.

The device proves possession and checks its owner (user verification is demanded), so a passkey is two factors in one
and can't be phished. py_webauthn checks what comes back; which challenge it must answer is known here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from adapter.people.challenges import Purpose, claim_challenge, open_challenge
from adapter.store.audit import write_line
from adapter.store.sealing import Keyring
from adapter.store.tables import Passkey, User

OUR_NAME = "Spotkeeper"
MOST = 20  # of one person
LONGEST_NAME = 60  # characters
LOCAL = "localhost"


class NotProven(ValueError):
    """What the browser brought back is no proof; the message is for the person in front of it."""


@dataclass(frozen=True, slots=True)
class Party:
    """Us, as browsers know us: passkeys are bound to this host name and answer to this origin alone."""

    id: str
    origin: str


def party_of(public_url: str) -> Party | None:
    """Us at our public address; None where browsers allow no passkeys: a bare IP address, or no https."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        secure = parts.scheme == "https" or host == LOCAL
        return Party(host, f"{parts.scheme}://{parts.netloc}".lower()) if secure else None
    return None


def passkeys_of(db: Session, user_id: int) -> Sequence[Passkey]:
    """The passkeys of one person, the oldest first."""
    return db.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()


def offer_passkey(db: Session, keys: Keyring, party: Party, user: User, now: datetime) -> tuple[str, str]:
    """Ask a device for a new passkey: (token for the session, options for the browser as JSON)."""
    token = open_challenge(db, keys, Purpose.NEW_PASSKEY, user_id=user.id, now=now)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=OUR_NAME,
        user_id=_handle(keys, user.id),
        user_name=user.name,
        challenge=base64url_to_bytes(token),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in passkeys_of(db, user.id)],
    )
    return token, options_to_json(options)


def keep_passkey(
    db: Session, keys: Keyring, party: Party, user_id: int, name: str, token: str, answer: Any, now: datetime
) -> Passkey:
    """Keep the passkey that a device made. Raises NotProven."""
    if claim_challenge(db, keys, Purpose.NEW_PASSKEY, token, user_id=user_id, now=now) is None:
        raise NotProven("That took too long or was done before. Please try again")
    if len(passkeys_of(db, user_id)) >= MOST:
        raise NotProven(f"There are {MOST} already: remove one first")
    with _proving():
        made = verify_registration_response(
            credential=_object(answer),
            expected_challenge=base64url_to_bytes(token),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    if db.scalar(select(Passkey.id).where(Passkey.credential == made.credential_id)) is not None:
        raise NotProven("This passkey is known already")
    row = Passkey(
        user_id=user_id,
        name=" ".join(name.split())[:LONGEST_NAME] or "Passkey",
        credential=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    db.add(row)
    db.flush()
    _note(db, row, "passkey.added", None, {"name": row.name}, now)
    return row


def remove_passkey(db: Session, user_id: int, passkey_id: int, now: datetime) -> bool:
    """Forget a passkey; False: it is nobody's, or somebody else's."""
    row = db.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id))
    if row is None:
        return False
    _note(db, row, "passkey.removed", {"name": row.name}, None, now)
    db.delete(row)
    db.flush()
    return True


def offer_sign_in(db: Session, keys: Keyring, party: Party, now: datetime) -> tuple[str, str]:
    """Ask a browser for any passkey of ours. Nobody is named, so the question tells nothing about anybody."""
    token = open_challenge(db, keys, Purpose.PASSKEY, now=now)
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=base64url_to_bytes(token),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return token, options_to_json(options)


def user_by_passkey(db: Session, keys: Keyring, party: Party, token: str, answer: Any, now: datetime) -> User:
    """Whose passkey answered the question. Raises NotProven, in the same words whatever is wrong."""
    claimed = claim_challenge(db, keys, Purpose.PASSKEY, token, now=now)
    with _proving():
        given = _object(answer)
        wanted = base64url_to_bytes(given["rawId"])
        row = db.scalar(select(Passkey).where(Passkey.credential == wanted).with_for_update())
        if claimed is None or row is None:
            raise WebAuthnException
        handle = given["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != _handle(keys, row.user_id):
            raise WebAuthnException
        proof = verify_authentication_response(
            credential=dict(given),
            expected_challenge=base64url_to_bytes(token),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
        user = db.get_one(User, row.user_id)
        if not user.active:
            raise WebAuthnException
    row.sign_count, row.used_at = proof.new_sign_count, now
    return user


@contextmanager
def _proving() -> Iterator[None]:
    """Whatever is wrong with an answer, it is no proof: a browser can send anything."""
    try:
        yield
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
        raise NotProven("This passkey was not accepted. Try again, or sign in another way") from None


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, Mapping):
        raise TypeError("no credential")
    return dict(answer)


def _handle(keys: Keyring, user_id: int) -> bytes:
    """What a device knows somebody by: 32 bytes that mean nothing elsewhere."""
    return bytes.fromhex(keys.keyed_hash(f"passkey:user:{user_id}"))


def _note(
    db: Session, row: Passkey, act: str, before: dict[str, str] | None, after: dict[str, str] | None, now: datetime
) -> None:
    who = f"user:{row.user_id}"
    write_line(db, None, act, who, before, after, actor=who, now=now)
