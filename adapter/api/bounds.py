"""What a caller may write: whole numbers, ids that a row can have, days and instants around which a calendar has room.

Beyond these a database or the calendar itself gives up; here it is told before, as a 422 that names the field.
"""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Any

from marshmallow import ValidationError, fields, validate

from adapter.store.tenancy import LARGEST_ID

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


class Whole(fields.Integer):
    """A whole number: 72.9 is none, and isn't cut to one."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid")
        return super()._validated(value)


class RowId(Whole):
    """An id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Range(1, LARGEST_ID), **options)


class Day(fields.Date):
    """A day of these two centuries."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_check, **options)


class Instant(fields.AwareDateTime):
    """An instant of these two centuries; without a zone it is of ``zone``, and a day alone is its first instant."""

    def __init__(self, zone: tzinfo = UTC, **options: Any) -> None:
        super().__init__(default_timezone=zone, validate=_check, **options)


def _check(when: date) -> None:
    if not EARLIEST.year <= when.year <= LATEST.year:
        raise ValidationError(f"Must lie between {EARLIEST} and {LATEST}.")
