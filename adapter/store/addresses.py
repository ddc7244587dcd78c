"""The one place where e-mail addresses are kept: sealed, found again by the keyed hash of their normalised form.

Knows how addresses are written down and read; does not know whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.guarantee.identity import normalise
from adapter.store.dialect import among, insert_new, table_of
from adapter.store.sealing import Keyring
from adapter.store.tables import EmailAddress


def email_id(db: Session, keys: Keyring, address: str, now: datetime) -> int | None:
    """Our id of an address, made at first sight. None where it is no address, or a placeholder (GI-04)."""
    return next(iter(email_ids(db, keys, [address], now).values()), None)


def known_email_id(db: Session, keys: Keyring, address: str) -> int | None:
    """Our id of an address that was seen before; None: it is new, or none at all. Writes nothing."""
    normal = normalise(address)
    return None if normal is None else _ids(db, {key := keys.keyed_hash(normal)}).get(key)


def email_ids(db: Session, keys: Keyring, addresses: Iterable[str], now: datetime) -> dict[str, int]:
    """Our ids of many addresses, by the address as given; what is no address is absent."""
    hashed = {address: keys.keyed_hash(normal) for address in addresses if (normal := normalise(address))}
    if not hashed:
        return {}
    known = _ids(db, set(hashed.values()))
    missing = {key: address for address, key in hashed.items() if key not in known}
    if missing:
        rows = [_row(keys, key, address, now) for key, address in sorted(missing.items())]
        insert_new(db, table_of(EmailAddress), ("keyed_hash",), rows)
        known |= _ids(db, set(missing))
    return {address: known[key] for address, key in hashed.items()}


def open_address(keys: Keyring, row: EmailAddress) -> str | None:
    """The address itself, for whoever may see it. None: it was erased, only its key is left (EC-17)."""
    return None if row.address is None else keys.open(row.address, _context(row.keyed_hash))


def _ids(db: Session, hashes: set[str]) -> dict[str, int]:
    found = db.execute(
        select(EmailAddress.keyed_hash, EmailAddress.id).where(EmailAddress.keyed_hash.in_(among(hashes)))
    )
    return dict(found.all())


def _row(keys: Keyring, key: str, address: str, now: datetime) -> dict[str, object]:
    return {"keyed_hash": key, "address": keys.seal(address.strip(), _context(key)), "first_seen_at": now}


def _context(key: str) -> str:
    return f"email_address:{key}"
