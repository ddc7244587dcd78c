"""The shape of a guarantee statement: as the API answers it, and as a file must have it before we sign it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields

from adapter.guarantee.signing import NotSigned
from adapter.guarantee.statement import VERSION

_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_AMOUNTS = frozenset({"lost_revenue", "incremental", "payment", "net_payment"})
_LINE = frozenset({"reservation_id", "person", "qualifying", "reason", "switcher", "lost"})
_LINE_AMOUNTS = frozenset({"payout", "switcher_revenue", "lost_revenue", "tax", "retail_rate"})
_REVENUE = frozenset({"payouts", "switchers", "taxes", "total"})


class GuaranteeStatement(Schema):
    """A guarantee statement: amounts are decimal strings, dates text. The money may be null where a fact is missing."""

    statement_version = fields.Integer(required=True)
    terms = fields.String(required=True)
    business_id = fields.String(required=True)
    currency = fields.String(required=True)
    as_of = fields.String(required=True)
    readings = fields.Dict(required=True)
    status = fields.String(required=True)
    blocked_by = fields.List(fields.Dict(), required=True)
    paid_qualifying = fields.Integer(required=True)
    start_date = fields.String(required=True, allow_none=True)
    computed_start_date = fields.String(allow_none=True)
    last_day = fields.String(required=True, allow_none=True)
    due_date = fields.String(required=True, allow_none=True)
    classpass_revenue = fields.Dict(required=True)
    lost_revenue = fields.String(required=True, allow_none=True)
    incremental = fields.String(required=True, allow_none=True)
    payment = fields.String(required=True, allow_none=True)
    method = fields.String(required=True)
    net_payment = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Dict(), required=True)
    unattributable = fields.Dict(required=True)
    excluded_free_only = fields.Dict(required=True)
    alternatives = fields.List(fields.Dict(), required=True)
    eligibility = fields.List(fields.Dict(), required=True)
    warnings = fields.List(fields.Dict(), required=True)


def check_statement(read: object) -> dict[str, Any]:
    """What a file holds, if it is a statement. Raises NotSigned, which says what is wrong with it, and where."""
    wrong = ["it is no object"] if not isinstance(read, dict) else list(_wrong(read))
    if not isinstance(read, dict) or wrong:
        raise NotSigned(f"this is no statement as `adapter guarantee assess` prints one: {'; '.join(wrong[:5])}")
    return read


def _wrong(read: dict[str, Any]) -> Iterator[str]:
    found = GuaranteeStatement().validate(read)
    yield from (f"{name}: {_first(told)}" for name, told in found.items())
    if found:
        return
    if read["statement_version"] != VERSION:
        yield f"statement_version: must be {VERSION}"
    yield from _wrong_amounts("", read, _AMOUNTS)
    yield from _wrong_amounts("classpass_revenue.", read["classpass_revenue"], _REVENUE)
    for place, line in enumerate(read["lines"]):
        yield from (f"lines[{place}].{name}: Missing" for name in sorted(_LINE - line.keys()))
        yield from _wrong_amounts(f"lines[{place}].", line, _LINE_AMOUNTS)


def _wrong_amounts(path: str, said: Mapping[str, Any], names: frozenset[str]) -> Iterator[str]:
    for name in sorted(names):
        value = said.get(name)
        if name not in said:
            yield f"{path}{name}: Missing"
        elif value is not None and not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
            yield f"{path}{name}: must be an amount, a decimal string such as 9.00, or null where a fact is missing"


def _first(told: Any) -> str:
    """Of what a schema says of a field, the first thing."""
    while isinstance(told, (dict, list)):
        told = next(iter(told.values() if isinstance(told, dict) else told))
    return str(told)
