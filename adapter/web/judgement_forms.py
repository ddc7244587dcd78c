"""How people are asked for a judgement: the fields of each kind, as data; what is kept of them; and the same in words.

Knows how a judgement is told and read; what is kept is checked once more where it is asked (``adapter.statements``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate

from adapter.api.bounds import Day, Instant
from adapter.statements.reservations import plain
from adapter.store.tables import JudgementKind
from adapter.web.wording import clock, dated, zone_name

Choices = Mapping[str, Mapping[Any, str]]
"""The lists to choose from, by name: what is kept of each choice, and its words in the reader's language."""


class Control(StrEnum):
    """What a field is filled in with."""

    CHOICE = "choice"
    DAY = "day"
    TIME = "time"  # on the studio's clock; kept as UTC
    AMOUNT = "amount"
    WORDS = "words"


@dataclass(frozen=True)
class Field:
    """One field: its name in what is kept, what it is called, and of a choice the list."""

    name: str
    label: str
    control: Control
    help: str = ""
    among: str = ""


@dataclass(frozen=True)
class Form:
    """A kind of judgement: what is asked, what it does once agreed; what is said where there is nothing to choose."""

    title: str
    effect: str
    fields: tuple[Field, ...]
    nothing: str = ""


FORMS: Mapping[JudgementKind, Form] = {
    JudgementKind.FINAL: Form(
        "A statement is final",
        "The version becomes the last word, if by then nothing in it is open and nothing changed since it was made.",
        (Field("version", "Version of the statement", Control.CHOICE, among="versions"),),
        "No statement can become final now: the latest is final, or none was made yet. They are made once a day.",
    ),
    JudgementKind.WAIVER: Form(
        "A requirement is waived",
        "The studio need not have met it. Waivers are agreed in writing: name that letter as the evidence.",
        (Field("requirement", "Requirement", Control.CHOICE, among="requirements"),),
    ),
    JudgementKind.BREACH: Form(
        "The guarantee is void",
        "Nothing is paid any more; the numbers are still shown.",
        (
            Field("kind", "What happened", Control.CHOICE, among="breaches"),
            Field("at", "When", Control.TIME),
        ),
    ),
    JudgementKind.START_DATE: Form(
        "The start date is corrected",
        "It replaces the start date that is displayed, and with it the last day and the day on which payment is due.",
        (Field("start_date", "Start date", Control.DAY, "The first of the 90 days."),),
    ),
    JudgementKind.EQUIVALENT: Form(
        "A class without a direct price has an equivalent",
        "It is taken for the direct price of that class at that venue, as long as no package and no drop-in gives one.",
        (
            Field("class_type", "Class", Control.CHOICE, among="classes"),
            Field("venue_id", "Venue", Control.CHOICE, among="venues"),
            Field(
                "price", "Direct price of one visit", Control.AMOUNT, "In the currency beside the venue, such as 24.00."
            ),
            Field("from", "In force from", Control.DAY, "Counts if it is not later than the start date."),
        ),
        "Classes and venues can be chosen once the booking system was read.",
    ),
}
WHY = (
    Field("reason", "Reason", Control.WORDS),
    Field(
        "evidence", "Evidence", Control.WORDS, "Where the other person can see it, such as “letter of 4 May, file 12”."
    ),
)
"""What every judgement is asked with."""


def nothing_to_choose(kind: JudgementKind, choices: Choices) -> bool:
    """Whether a kind can't be asked for, because one of its lists is empty."""
    return any(field.among and not choices[field.among] for field in FORMS[kind].fields)


def read_form(kind: JudgementKind, given: Mapping[str, str], choices: Choices, zone: str) -> dict[str, Any]:
    """What is kept of a form: the fields of its kind, and why. Raises ValidationError, by field."""
    asked = (*FORMS[kind].fields, *WHY)
    shape = Schema.from_dict({field.name: _reader(field, choices, zone) for field in asked})
    found = shape().load({field.name: given[field.name] for field in asked if given.get(field.name)})
    _check_connection(found)
    return {field.name: _kept(field, found[field.name], choices) for field in asked}


def told(kind: JudgementKind, content: Mapping[str, Any], choices: Choices, zone: str) -> list[tuple[str, str]]:
    """What was kept, in words: each field's label and what it says."""
    return [(field.label, _words(field, content[field.name], choices, zone)) for field in FORMS[kind].fields]


def _reader(field: Field, choices: Choices, zone: str) -> fields.Field[Any]:
    match field.control:
        case Control.CHOICE:
            known = validate.OneOf([str(code) for code in choices[field.among]], error="Choose one that is offered.")
            return fields.String(required=True, validate=known, error_messages=_unless("Choose one."))
        case Control.DAY:
            return Day(required=True, error_messages=_unless("Give a day, such as 2025-03-10."))
        case Control.TIME:
            wrong = _unless("Give a day and a time, such as 2025-03-10 18:00.")
            return Instant(ZoneInfo(zone), required=True, error_messages=wrong)
        case Control.AMOUNT:
            above = validate.Range(0, error="An amount may not be below 0.")
            wrong = _unless("Give an amount, such as 24.00.")
            return fields.Decimal(required=True, validate=above, error_messages=wrong)
        case Control.WORDS:
            return fields.String(required=True, error_messages=_unless("Say it in a few words."))


def _unless(words: str) -> dict[str, Any]:
    """The same words where nothing was given and where it can't be read."""
    return dict.fromkeys(("required", "invalid", "special"), words)


def _check_connection(found: Mapping[str, Any]) -> None:
    """A class and a venue of two booking systems are never together."""
    if len({found[name].partition(":")[0] for name in ("class_type", "venue_id") if name in found}) > 1:
        raise ValidationError({"class_type": ["This class is not taught at that venue."]})


def _kept(field: Field, value: Any, choices: Choices) -> Any:
    match field.control:
        case Control.CHOICE:
            return next(code for code in choices[field.among] if str(code) == value)
        case Control.DAY:
            return value.isoformat()
        case Control.TIME:
            return value.astimezone(UTC).isoformat()
        case Control.AMOUNT:
            return plain(value)
        case Control.WORDS:
            return value


def _words(field: Field, value: Any, choices: Choices, zone: str) -> str:
    match field.control:
        case Control.CHOICE:
            return choices[field.among].get(value, str(value))
        case Control.DAY:
            return dated(date.fromisoformat(value))
        case Control.TIME:
            when = datetime.fromisoformat(value)
            return f"{dated(when, zone)}, {clock(when, zone)} {zone_name(when, zone)}"
        case _:
            return str(value)
