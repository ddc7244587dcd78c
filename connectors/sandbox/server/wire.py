"""The dialect's wire: names in any case, times, refusals. Pages are in pages.py.

Knows how a question is read and an answer is written; knows no endpoint and no record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Response
from werkzeug.datastructures import MultiDict

Json = dict[str, Any]
T = TypeVar("T")

API_ROOT = "/public/v6"
BRANDS_ROOT = "/brands"

_INDEX = re.compile(r"\[\d*\]$")

_STATUS_OF: Mapping[str, int] = {
    "ClassVisitNotFound": 404,
    "ClassScheduleNotFound": 404,
    "ClientNotFound": 404,
    "DeniedAccess": 401,
    "InvalidClassId": 404,
    "InvalidStaffCredentials": 401,
    "InvalidUserCredentials": 401,
    "ItemNotFound": 404,
    "OfferNotFound": 404,
    "ResourceDoesNotExist": 404,
    "SaleIdNotFound": 404,
    "SQLDBMaintenance": 503,
    "StaleSequence": 409,
    "RequestInProgress": 409,
    "TooManyRequests": 429,
    "Unknown": 500,
}
"""Which status goes with which error code. Mindbody publishes no such table: codes that are absent answer 400."""


@dataclass
class Refusal(Exception):
    """The platform says no, in its own error shape."""

    code: str
    message: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Response:
        """The refusal as it goes over the wire."""
        body = {"Error": {"Message": self.message, "Code": self.code}}
        response = answer(body, self.status or _STATUS_OF.get(self.code, HTTPStatus.BAD_REQUEST))
        response.headers.update(self.headers)
        return response


def answer(payload: Any, status: int = 200) -> Response:
    """A JSON response; money goes out as a number."""
    return Response(json.dumps(payload, separators=(",", ":"), default=_plain), status, mimetype="application/json")


def _plain(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def local_text(instant: datetime, local: datetime, *, utc_mode: bool) -> str:
    """A class's time: naive on the site's clock as it is in life, or UTC with Z as the specification's prose has it."""
    return f"{instant.replace(tzinfo=None).isoformat(timespec='seconds')}Z" if utc_mode else naive_text(local)


def naive_text(local: datetime) -> str:
    """A time without a zone."""
    return local.isoformat(timespec="seconds")


def day_text(day: date) -> str:
    """A day as the platform writes it: midnight without a zone."""
    return f"{day.isoformat()}T00:00:00"


def audit_text(instant: datetime) -> str:
    """When something was last changed: UTC with Z and one digit of a second's fraction."""
    return f"{instant.isoformat(timespec='milliseconds')[:21]}Z"


def read_time(text: str) -> datetime:
    """A time in any of the forms that are understood; naive where the text names no zone. ``ValueError`` otherwise."""
    return datetime.fromisoformat(text.strip())


class Query:
    """The parameters of a question, whatever their case, with or without ``request.``, repeated or indexed."""

    def __init__(self, arguments: MultiDict[str, str], zone: ZoneInfo) -> None:
        self._zone = zone
        self._values: dict[str, list[str]] = {}
        for name, value in arguments.items(multi=True):
            key = _INDEX.sub("", name).lower().removeprefix("request.")
            self._values.setdefault(key, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def text(self, name: str) -> str | None:
        """One word, or None where it is absent or empty."""
        values = self._values.get(name.lower())
        return (values[0].strip() or None) if values else None

    def texts(self, name: str) -> set[str]:
        """All values of a repeated parameter."""
        return {value.strip() for value in self._values.get(name.lower(), ()) if value.strip()}

    def integer(self, name: str) -> int | None:
        """A whole number."""
        text = self.text(name)
        return None if text is None else self._read(name, text, int)

    def integers(self, name: str) -> set[int]:
        """Whole numbers."""
        return {self._read(name, text, int) for text in self.texts(name)}

    def flag(self, name: str, *, default: bool = False) -> bool:
        """``true`` or ``false``, in any case."""
        text = self.text(name)
        return default if text is None else text.lower() == "true"

    def local_day(self, name: str) -> date | None:
        """A day on the site's clock; a time of day is not looked at."""
        local = self.local(name)
        return None if local is None else local.date()

    def local(self, name: str) -> datetime | None:
        """A naive time on the site's clock."""
        text = self.text(name)
        if text is None:
            return None
        time = self._read(name, text, read_time)
        return time if time.tzinfo is None else time.astimezone(self._zone).replace(tzinfo=None)

    def instant(self, name: str, *, naive: ZoneInfo | None = None) -> datetime | None:
        """An instant; without a zone it is meant in ``naive``, else in UTC."""
        text = self.text(name)
        if text is None:
            return None
        time = self._read(name, text, read_time)
        return (time.replace(tzinfo=naive or UTC) if time.tzinfo is None else time).astimezone(UTC)

    @staticmethod
    def _read(name: str, text: str, reader: Callable[[str], T]) -> T:
        try:
            return reader(text)
        except ValueError as error:
            raise Refusal("InvalidParameter", f"The value of {name} is not valid: {text!r}") from error


def without_nothing(values: Iterable[tuple[str, Any]]) -> Json:
    """An object whose empty optional keys are absent, not null."""
    return {key: value for key, value in values if value is not None}


class Body:
    """The JSON object of a write, whatever the case of its names."""

    def __init__(self, given: object) -> None:
        if not isinstance(given, dict):
            raise Refusal("InvalidParameter", "The request's body must be a JSON object.")
        self._values = {str(name).lower(): value for name, value in given.items()}

    def __contains__(self, name: str) -> bool:
        return self._values.get(name.lower()) is not None

    def get(self, name: str) -> Any:
        """The value as sent; None where it is absent."""
        return self._values.get(name.lower())

    def text(self, name: str) -> str:
        """A word that must be there."""
        value = self.get(name)
        if value is None or not str(value).strip():
            raise Refusal("MissingRequiredFields", f"{name} is required.")
        return str(value).strip()

    def integer(self, name: str) -> int:
        """A whole number that must be there."""
        try:
            return int(self.text(name))
        except ValueError as error:
            raise Refusal("InvalidParameter", f"{name} must be a whole number.") from error

    def optional_integer(self, name: str) -> int | None:
        """A whole number that may be absent."""
        return self.integer(name) if name in self else None

    def flag(self, name: str) -> bool:
        """``true``; all else is false."""
        value = self.get(name)
        return value is True or str(value).lower() == "true"

    def day(self, name: str) -> date | None:
        """A day on the site's clock."""
        if name not in self:
            return None
        try:
            return read_time(self.text(name)).date()
        except ValueError as error:
            raise Refusal("InvalidParameter", f"{name} is not a date.") from error
