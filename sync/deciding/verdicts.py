"""From what is known of sessions to what is decided for them: the model, then our limits. Pure: stored inputs in,
verdicts out, the same again whenever they are replayed (INV-10). Knows no database.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from adapter.smarttools import BadTable, SmartTools
from adapter.store.facts import Facts
from sync.deciding.candidates import CLOSING
from sync.deciding.inputs import PACE, Inputs, facts_of
from sync.deciding.limits import Proposal, Standing, limit

UNSTORED = frozenset({"proposed", "proposed_rate", "further", "further_rate", "put_aside"})
"""What a verdict carries beside the columns of a decision."""


class Weight(TypedDict):
    """What a number of spots at a rate risks and brings."""

    displacement_risk: float
    expected_value: float


class Aside(Weight):
    """The same of a number that was put aside."""

    spots: int


NOTHING: Weight = {"displacement_risk": 0.0, "expected_value": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is decided for one session: the columns of a decision, and what the model proposed. In its currency."""

    spots: int
    rate: Decimal
    premium_spots: int
    premium_rate: Decimal | None
    limit: int
    premium_limit: int
    expected_direct: float
    displacement_risk: float
    expected_value: float
    reason: str
    binding: str | None
    proposed: int  # spots by the model, before our limits
    proposed_rate: Decimal
    further: int = 0  # premium spots by the model, whether the studio chose them or not
    further_rate: Decimal | None = None
    put_aside: Aside | None = None  # the model's own number, premium spots counted in, where a limit moved it

    @property
    def told(self) -> tuple[object, ...]:
        """What a new decision must differ in to be worth a row."""
        premium = None if self.premium_rate is None else self.premium_rate.normalize()
        counts = (self.spots, self.premium_spots, self.limit, self.premium_limit)
        return (*counts, self.rate.normalize(), premium, self.reason, self.binding)


def verdicts(tools: SmartTools, inputs: Mapping[int, Inputs]) -> dict[int, Verdict]:
    """A verdict for each session, by our id, in the order given. What no model can be asked about is listed at 0."""
    asked = {number: each for number, each in inputs.items() if each["skip"] is None}
    rows = _decided(tools, asked)
    found = {number: _verdict(each, rows.get(number)) for number, each in inputs.items()}
    return found | _weighed(tools, inputs, found)


def paces(tools: SmartTools, at: datetime, facts: Facts, skip: Container[int]) -> dict[int, list[float | None]]:
    """How the studio is doing beside its history, told to each session by all of them, in the order of ``PACE``.

    It is stored with a decision: the others' books are no longer what they were when it is replayed. ``skip``:
    sessions that no model can be asked about. Nothing, where the model refuses a table.
    """
    sessions = facts["sessions"]
    known = np.array([number not in skip for number in sessions["session_id"].tolist()], dtype=bool)
    try:
        told = tools.pace(at, facts["studios"], sessions[known], facts["reservations"], facts["offers"])
    except BadTable:
        return {}
    rows = told[list(PACE)].to_numpy(dtype=np.float64)
    return {int(number): _written(row) for number, row in zip(told["session_id"].tolist(), rows, strict=True)}


def _written(row: NDArray[np.float64]) -> list[float | None]:
    """As JSON can hold it: null where a number was not told, and nothing after the last one that was."""
    last = int(np.flatnonzero(~np.isnan(row)).max(initial=-1)) + 1
    return [None if np.isnan(value) else value for value in row[:last].tolist()]


def _decided(tools: SmartTools, asked: Mapping[int, Inputs]) -> dict[int, dict[str, Any]]:
    """The model's rows; a table it refuses is taken apart, so that one session can't stop the others."""
    if not asked:
        return {}
    at = datetime.fromisoformat(next(iter(asked.values()))["at"])
    try:
        return _rows(tools, at, facts_of(asked))
    except BadTable as error:
        if len(asked) == 1:
            return {number: {"refused": str(error)} for number in asked}
    return {number: row for one in asked.items() for number, row in _decided(tools, dict([one])).items()}


def _weighed(tools: SmartTools, inputs: Mapping[int, Inputs], found: Mapping[int, Verdict]) -> dict[int, Verdict]:
    """The verdicts that a limit moved, with the risk and value of what is listed for those of what was proposed.

    Decisions of before told of the model's number, and are replayed as they were made.
    """
    moved = {n: found[n] for n, each in inputs.items() if each.get("weighed") and found[n].put_aside is not None}
    told = dict.fromkeys(moved, NOTHING)
    if listed := {n: each for n, each in moved.items() if each.spots + each.premium_spots > 0}:
        facts = facts_of({n: inputs[n] for n in listed})
        spots = [each.spots + each.premium_spots for each in listed.values()]
        rates = [float(each.rate) for each in listed.values()]
        facts["sessions"] = facts["sessions"].assign(spots=spots, rate=rates)
        table = tools.weigh(datetime.fromisoformat(inputs[next(iter(listed))]["at"]), **facts)
        told |= {n: _weight(row) for n, row in zip(listed, table.to_dict("records"), strict=True)}
    return {n: replace(each, **told[n]) for n, each in moved.items()}


def _rows(tools: SmartTools, at: datetime, facts: Facts) -> dict[int, dict[str, Any]]:
    table = tools.propose(at, **facts)
    records: list[dict[str, Any]] = [
        {str(key): value for key, value in row.items()} for row in table.to_dict("records")
    ]
    return {int(row["session_id"]): row for row in records}


def _verdict(inputs: Inputs, row: dict[str, Any] | None) -> Verdict:
    if row is None or "refused" in row:
        why = inputs["skip"] if row is None else "unreadable"
        reason = why if why in CLOSING or row is not None else "skipped"
        return _closed(inputs, reason, why)
    standing = standing_of(inputs)
    proposal = _proposal(row, premium=standing.premium)
    limited = limit(proposal, standing, datetime.fromisoformat(inputs["at"]))
    final, weight = limited.proposal, _weight(row)
    return Verdict(
        spots=final.spots,
        rate=final.rate,
        premium_spots=final.premium_spots,
        premium_rate=final.premium_rate,
        limit=final.spots + inputs["marketplace"] - inputs["premium"],
        premium_limit=final.premium_spots + inputs["premium"],
        expected_direct=_finite(row["expected_direct"]),
        **weight,
        reason=str(row["reason"]),
        binding=limited.binding,
        proposed=proposal.spots,
        proposed_rate=proposal.rate,
        further=int(row["further"]),
        further_rate=_amount(row["further_rate"]) if row["further"] else None,
        put_aside=None if final == proposal else Aside(spots=proposal.spots + proposal.premium_spots, **weight),
    )


def _proposal(row: Mapping[str, Any], *, premium: bool) -> Proposal:
    """What the model proposes; premium spots only where the studio chose them (PR-01).

    The model is told of that choice; for decisions of before, which are replayed as they were made, it was not.
    """
    spots, rate = int(row["spots"]), _amount(row["rate"])
    further = int(row["premium_spots"]) if premium else 0
    if not further:
        return Proposal(spots=spots, rate=rate)
    return Proposal(spots=spots, rate=rate, premium_spots=further, premium_rate=_amount(row["premium_rate"]))


def _closed(inputs: Inputs, reason: str, binding: str) -> Verdict:
    rate = Decimal(inputs["last_rate"] or 0)
    return Verdict(
        spots=0,
        rate=rate,
        premium_spots=0,
        premium_rate=None,
        limit=inputs["marketplace"] - inputs["premium"],
        premium_limit=inputs["premium"],
        expected_direct=0.0,
        **NOTHING,
        reason=reason,
        binding=binding,
        proposed=0,
        proposed_rate=rate,
    )


def standing_of(inputs: Inputs) -> Standing:
    """How the session stood."""
    stored = dict(inputs["standing"])
    stored["read_at"] = datetime.fromisoformat(stored["read_at"]) if stored["read_at"] else None
    return Standing(**stored)


def stored_standing(standing: Standing) -> dict[str, Any]:
    """The same as JSON."""
    return {**asdict(standing), "read_at": standing.read_at.isoformat() if standing.read_at else None}


def as_stored(row: object) -> dict[str, Any]:
    """A verdict or a decision's row as plain values of one form, to be compared byte by byte."""
    names = [field.name for field in fields(Verdict) if field.name not in UNSTORED]
    found = {name: getattr(row, name) for name in names}
    return {name: f"{value:.4f}" if isinstance(value, Decimal) else value for name, value in found.items()}


def _weight(row: Mapping[Any, Any]) -> Weight:
    return {
        "displacement_risk": _finite(row["displacement_risk"]),
        "expected_value": _finite(row["expected_value"]),
    }


def _amount(value: float) -> Decimal:
    return Decimal(str(value))


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
