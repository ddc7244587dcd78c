"""Everything sealed under the first of our keys, so that the others can go. Knows columns, and no row's meaning."""

from __future__ import annotations

from cryptography.fernet import InvalidToken
from sqlalchemy import Column, Table, select, tuple_, update

from adapter.store.database import Store
from adapter.store.dialect import chunks
from adapter.store.sealing import Keyring, SealBroken
from adapter.store.tables.base import Base, Sealed


def reseal(store: Store, keys: Keyring) -> int:
    """How many secrets were sealed anew; one that is written meanwhile is under the first key already.

    Raises SealBroken where one opens with none of our keys: those before it are done, and to call again does no harm.
    """
    sealed = ((table, column) for table in Base.metadata.sorted_tables for column in table.columns)
    return sum(_column(store, keys, table, column) for table, column in sealed if isinstance(column.type, Sealed))


def _column(store: Store, keys: Keyring, table: Table, column: Column[bytes | None]) -> int:
    key = table.primary_key.columns.values()
    with store.read() as db:
        ids = [tuple(row) for row in db.execute(select(*key).where(column.is_not(None)).order_by(*key))]
    done = 0
    for some in chunks(ids):
        with store.write() as db:
            rows = db.execute(select(*key, column).where(tuple_(*key).in_(some)).with_for_update()).all()
            for *number, secret in rows:
                if secret:  # of a flow that is over an empty one is left
                    same = (part == value for part, value in zip(key, number, strict=True))
                    db.execute(update(table).where(*same).values({column: _rotated(keys, secret, column, number)}))
                    done += 1
    return done


def _rotated(keys: Keyring, secret: bytes, column: Column[bytes | None], number: list[object]) -> bytes:
    try:
        return keys.rotate(secret)
    except InvalidToken:
        where = f"{column.table.name}.{column.name} of row {', '.join(map(str, number))}"
        raise SealBroken(f"{where}: none of ADAPTER_ENCRYPTION_KEYS opens it") from None
