"""What every table shares: the declarative base, and column types for UTC, JSON, closed words and secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, MetaData, Numeric, String
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

WORD_LENGTH = 32


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant. Refuses a naive one; gives back UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC, without its zone where the database keeps none."""
        if value is None:
            return None
        return _utc(value).replace(tzinfo=None) if dialect.name == "sqlite" else _utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """The same, and for SQLite as text at once: every row has several times, and most of them are None."""
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"a naive time cannot be stored: {value!r}")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _sqlite_text(value: datetime | None) -> str | None:
    return None if value is None else _utc(value).isoformat(" ", "microseconds")[:-6]  # less "+00:00"


class Word(TypeDecorator[StrEnum]):
    """One word of a closed list, stored as text with no database enum (a new word needs no migration)."""

    impl = String(WORD_LENGTH)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self.known = {word.value: word for word in words}  # looking up is a third of the cost of making one

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Refuses a word that is not on the list."""
        if type(value) is self.words:
            return value.value
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """The member of the list."""
        return None if value is None else self.known.get(value) or self.words(value)


Json = JSON().with_variant(postgresql.JSONB(), "postgresql")
Nothing = JSON(none_as_null=True).with_variant(  # None is NULL, not "null"
    postgresql.JSONB(none_as_null=True), "postgresql"
)
Money = Numeric(18, 4)


class Sealed(LargeBinary):
    """Ciphertext made by adapter.store.sealing: the database never sees the text. By this `adapter reseal` finds it."""


class Base(DeclarativeBase):
    """The declarative base. Constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own declaration
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
        bytes: LargeBinary(),
    }

    def __repr__(self) -> str:
        """Only the key: a row may hold what must not be logged."""
        return f"<{type(self).__name__} {cast(Any, self).__dict__.get('id')}>"


__all__ = ["Base", "Json", "Money", "Sealed", "UtcDateTime", "Word"]
