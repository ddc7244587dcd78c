"""How the terms are read where they leave a choice: the interpretation register (A10). Every reading has a name.

Knows the readings and their values, not what follows from them. A reading with one value is printed all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.guarantee.shapes import CaseError

Value = str | bool
Readings = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Reading:
    """One question that the terms leave open: our answer, and the other answers that may be chosen."""

    name: str
    default: Value
    others: tuple[Value, ...] = ()

    @property
    def values(self) -> tuple[Value, ...]:
        """Everything it may be set to."""
        return (self.default, *self.others)


REGISTER: tuple[Reading, ...] = (
    Reading("provided", "class_held"),
    Reading("date_basis", "class_start"),
    Reading("first_basis", "booked_at"),
    Reading("first_counts_cancelled", True, (False,)),
    Reading("email_mode", "strict", ("collapse",)),
    Reading("cutoff", "min(policy,12h)", ("max(policy,12h)",)),
    Reading("rebook", "fifo"),
    Reading("free_only", "exercised", ("not_exercised",)),
    Reading("retail_method", "package_mean", ("package_pooled",)),
    Reading("unlimited", "fee/visits"),
    Reading("tax_basis_lr", "ex_tax"),
    Reading("neg_lines", "net", ("floor",)),
    Reading("own_app", "direct"),
    Reading("due_from", "period_end"),
    Reading("deminimis", "before_setoff", ("after_setoff",)),
    Reading("fx", "line_date"),
)
_BY_NAME = {reading.name: reading for reading in REGISTER}


def read_readings(value: Any) -> Readings:
    """Every reading with its value: as given, else the default. Raises CaseError for one nobody has heard of."""
    if not isinstance(value, dict):
        raise CaseError("must be an object")
    for name, chosen in value.items():
        _check(name, chosen)
    return {reading.name: value.get(reading.name, reading.default) for reading in REGISTER}


def _check(name: Any, chosen: Any) -> None:
    known = _BY_NAME.get(name) if isinstance(name, str) else None
    if known is None:
        raise CaseError(f"is no reading; there are {', '.join(_BY_NAME)}", f".{name}")
    if not any(type(chosen) is type(value) and chosen == value for value in known.values):
        raise CaseError(f"must be one of {', '.join(map(_shown, known.values))}", f".{name}")


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def alternatives(readings: Readings) -> Iterator[tuple[str, Value, Readings]]:
    """Every other way to read the terms, one reading changed at a time: its name, its value, and all of them."""
    for reading in REGISTER:
        for value in reading.values:
            if value != readings[reading.name]:
                yield reading.name, value, {**readings, reading.name: value}
