"""Why a number is what it is: the model's parts, then those of our limits, each sum exact. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapter.smarttools import SmartTools
from adapter.smarttools.explain import KEPT, NOT_CHOSEN, OFFERED
from adapter.smarttools.fill import expected_sold
from sync.deciding.candidates import CLOSING
from sync.deciding.inputs import Inputs, facts_of
from sync.deciding.limits import WORDS
from sync.deciding.verdicts import Verdict

NO_MODEL = CLOSING | {"skipped", "unreadable"}
"""Reasons of decisions that no model was asked about, or could answer."""


def explanations(tools: SmartTools, inputs: Mapping[int, Inputs], found: Mapping[int, Verdict]) -> dict[int, Any]:
    """Why each number is what it is: the model's parts, then our limit's, summing to ``spots``."""
    asked = {number: each for number, each in inputs.items() if found[number].reason not in NO_MODEL}
    told: dict[int, Any] = {}
    if asked:
        facts = facts_of(asked)
        at = next(iter(asked.values()))["at"]
        explained = tools.explain(datetime.fromisoformat(at), **facts)
        told = dict(zip(asked, explained, strict=True))
    return {number: _explained(told.get(number), found[number]) for number in inputs}


def _explained(model: dict[str, Any] | None, verdict: Verdict) -> dict[str, Any]:
    told = model or {"parts": [], "rate_parts": [], "binding": verdict.reason, "one_more": "", "signals": {}}
    parts = _as_offered(told["parts"], verdict.premium_spots)
    if verdict.binding is not None and verdict.spots != verdict.proposed:
        parts.append({"label": WORDS[verdict.binding], "value": verdict.spots - verdict.proposed})
    by_hand = verdict.rate - verdict.proposed_rate
    rate_parts = [*told["rate_parts"], *([{"label": WORDS["by_hand"], "value": float(by_hand)}] if by_hand else [])]
    premium = _premium_told(told["premium"], verdict) if "premium" in told else {}
    aside = {"put_aside": verdict.put_aside} if verdict.put_aside else {}
    # At a rate that a person set nobody knows the demand: it was reckoned at the model's.
    sold = {} if by_hand or "demand" not in told else {"sold": round(expected_sold(told["demand"], verdict.spots), 2)}
    return {**told, "parts": parts, "rate_parts": rate_parts, **premium, **aside, **sold}


def _premium_told(model: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """Why so many places are offered as Premium: the model's parts, and what the studio's choice or a rule took."""
    beyond = sum(part["value"] for part in model["parts"]) - verdict.premium_spots
    cut = {"label": WORDS.get(verdict.binding or "", NOT_CHOSEN), "value": -beyond}
    rate = model["rate_parts"] if verdict.premium_spots else []
    return {"premium": {**model, "parts": [*model["parts"], *([cut] if beyond else [])], "rate_parts": rate}}


def _as_offered(parts: Sequence[Mapping[str, Any]], premium: int) -> list[dict[str, Any]]:
    """The model's parts, with places that it would offer as Premium, and that are not, among those that are kept."""
    value = {part["label"]: part["value"] for part in parts}
    beyond = -value.get(OFFERED, 0) - premium
    if beyond > 0:
        value |= {KEPT: value.get(KEPT, 0) - beyond, OFFERED: -premium}
    return [{"label": label, "value": count} for label, count in value.items() if count or label not in (KEPT, OFFERED)]
