"""Marshmallow fields for what platforms send, and the base of a platform's shapes: ours left, theirs right.

Knows marshmallow and the kinds of values; knows no platform. A payload becomes a record or a BadRecord that names the
field and its value. What is null counts as absent, what nobody asked for is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from marshmallow import Schema, ValidationError, fields, missing

from connectors.errors import BadRecord
from connectors.platform import Site
from connectors.showing import scrub
from connectors.times import iana_zone, read_instant

T = TypeVar("T")
LONGEST_ID = 128  # characters
LARGEST_PLAIN_ID = 2**63
MOST_PLACES = 100_000  # a capacity above this is a slip of the keyboard
LARGEST_AMOUNT = Decimal(10) ** 9
_BROKEN_ID = re.compile(r"[\x00-\x1f\x7f\ufffd]")


def id_text(value: Any) -> str:
    """A platform's id as text, whether it came as a number or as text. Raises ValueError."""
    if type(value) is int and abs(value) <= LARGEST_PLAIN_ID:
        return str(value)  # most are: nothing about them needs a look
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("is no id")
    text = str(value).strip()
    if not text or len(text) > LONGEST_ID or _BROKEN_ID.search(text):
        raise ValueError("is no id")
    return text


def amount(value: Any) -> Decimal:
    """An exact amount from a number or its text. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("is no amount")
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise ValueError("is no amount") from error
    if not found.is_finite() or abs(found) > LARGEST_AMOUNT:
        raise ValueError("is no amount")
    return found


@lru_cache(maxsize=64)
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01, or 1 in yen."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def cents(value: Decimal, currency: str) -> Decimal:
    """An amount rounded to what can be paid, halves away from zero."""
    return value.quantize(minor_unit(currency), ROUND_HALF_UP)


class _Field(fields.Field[Any]):
    """A field whose reader says with a ValueError what is wrong."""

    def read(self, value: Any) -> Any:
        """The value in our form. Raises ValueError."""
        raise NotImplementedError


class Id(_Field):
    """An id, as text."""

    def read(self, value: Any) -> str:
        """See id_text."""
        return id_text(value)


class Text(_Field):
    """A text with something in it; an empty one counts as absent where it may be."""

    def read(self, value: Any) -> str | None:
        """Stripped."""
        if not isinstance(value, str):
            raise ValueError("is no text")
        if not value.strip() and self.required:
            raise ValueError("is empty")
        return value.strip() or None


class Count(_Field):
    """A number of places, people or things: whole, from 0."""

    def read(self, value: Any) -> int:
        """The number."""
        try:
            found = amount(value)
        except ValueError:
            found = Decimal(-1)
        if found != int(found) or not 0 <= found <= MOST_PLACES:
            raise ValueError(f"must be a whole number from 0 to {MOST_PLACES}")
        return int(found)


class Flag(_Field):
    """Yes or no."""

    def read(self, value: Any) -> bool:
        """The answer."""
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise ValueError("must be true or false")


class Amount(_Field):
    """An exact amount of money."""

    def read(self, value: Any) -> Decimal:
        """See amount."""
        return amount(value)


class Price(Amount):
    """An amount that somebody is asked to pay: no finer than its currency."""

    def read(self, value: Any) -> Decimal:
        """See amount."""
        found, currency = super().read(value), _shape_of(self).site.currency
        if found % minor_unit(currency):
            raise ValueError(f"is finer than {currency} can be paid")
        return found


class Instant(_Field):
    """A time, in UTC; a naive one is meant in the zone of the shape."""

    def read(self, value: Any) -> datetime:
        """See read_instant."""
        if not isinstance(value, str):
            raise ValueError("is no time")
        return read_instant(value, _shape_of(self).zone)


class Zone(Text):
    """A time zone, by its IANA name."""

    def read(self, value: Any) -> str | None:
        """See iana_zone."""
        name = super().read(value)
        return None if name is None else iana_zone(name)


class Shape(Schema):
    """How one kind of payload is written. A ``data_key`` may reach into it: ``ClassDescription.Program.Name``."""

    what: ClassVar[str] = "record"
    named_by: ClassVar[str] = "id"  # the key by which a payload is named in messages
    record: ClassVar[type[Any]]

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site
        self.zone = ZoneInfo(site.timezone)
        self._read = [
            (name, _ours(field), field.data_key or name, "." in (field.data_key or ""))
            for name, field in self.fields.items()
        ]

    def read(self, payload: Any, **given: Any) -> Any:
        """The record. Raises BadRecord."""
        try:
            return self.record(**given, **self.finish(self._values(payload)))
        except ValidationError as error:
            raise BadRecord(
                _told(f"{self.what} {_name(payload, self.named_by)}", payload, error.messages_dict)
            ) from error

    def _values(self, payload: Any) -> dict[str, Any]:
        """What marshmallow's ``load`` gives of such fields, less hooks and validators: at a third of the cost."""
        if not isinstance(payload, Mapping):
            raise ValidationError({"_schema": ["is no object"]})
        values: dict[str, Any] = {}
        wrong: dict[str, list[str]] = {}
        for name, field, key, deep in self._read:
            given = reach(payload, key) if deep else payload.get(key)
            try:
                if given is not None:
                    values[name] = field.read(given)
                elif field.required:
                    wrong[key] = ["is missing"]
                elif field.load_default is not missing:
                    values[name] = field.load_default
            except ValueError as error:
                wrong[key] = [str(error)]
        if wrong:
            raise ValidationError(wrong)
        return values

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """What needs more than one field. May raise ValidationError({data_key: [what is wrong]})."""
        return values


def _ours(field: fields.Field[Any]) -> _Field:
    if not isinstance(field, _Field):
        raise TypeError("a Shape takes the fields of this module")
    return field


def _shape_of(field: _Field) -> Shape:
    if not isinstance(field.root, Shape):
        raise TypeError("this field belongs into a Shape")
    return field.root


def reach(payload: Any, path: str) -> Any:
    """The value at a dotted path, None where there is none. A number counts into a list: ``data.0.id``."""
    for key in path.split("."):
        if isinstance(payload, list) and key.isdecimal():
            payload = payload[int(key)] if int(key) < len(payload) else None
        else:
            payload = payload.get(key) if isinstance(payload, Mapping) else None
    return payload


def value_at(
    payload: Mapping[str, Any], key: str, read: Callable[[Any], T], what: str, named_by: str = "id"
) -> T | None:
    """One value of a payload; None where it is absent. Raises BadRecord.

    What a Shape does for all fields at once, at a fraction of the cost: for records that come by the ten thousand.
    """
    value = reach(payload, key) if "." in key else payload.get(key)
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as error:
        name = _name(payload, named_by)
        raise BadRecord(f"{what} {name}: {key} {scrub(repr(value))[:60]} {error}.") from error


def flag(value: Any) -> bool:
    """True or false, and nothing that may be meant so. Raises ValueError."""
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _told(what: str, payload: Any, messages: Mapping[str, Any]) -> str:
    return f"{what}: {'; '.join(_about(payload, key, said) for key, said in messages.items())}."


def _name(payload: Any, key: str) -> str:
    given = reach(payload, key)
    return "without an id" if given is None else scrub(str(given))[:40]


def _about(payload: Any, key: str, said: Any) -> str:
    value = reach(payload, key)
    words = " ".join(str(word) for word in said) if isinstance(said, list) else str(said)
    if key == "_schema":
        return words
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    return f"{key} {words}" if value is None else f"{key} {scrub(shown)[:60]} {words}"
