"""Why a line of a payout statement is not as our ledger has it: the causes, in the order in which they are tried.

Pure. A cause is found by arithmetic: it is the one that explains their amount to the cent. What nothing explains is
said to be so. The words name no floor (SR-11).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from adapter.marketplace.payouts.comparing import Class, Pair
from adapter.marketplace.payouts.owed import TRIAL

WORDS: Mapping[str, str] = {
    "duplicate": "Their statement lists it twice",
    "currency": "Their amount is in another currency than the venue is paid in",
    "franchisor_share": "They list your part alone; the franchisor's share belongs to the payout",
    "tax": "Their amount includes the tax, which comes on top of a payout",
    "trial": "One side takes it for a trial, which pays nothing",
    "late_cancel_read_as_early": "Cancelled too late, so it is paid; they took it for an early cancellation",
    "early_cancel_read_as_late": "Cancelled in time, so it is not paid; they took it for a late cancellation",
    "rebooked": "Its place was booked again, and is paid there; they paid the one who cancelled too",
    "no_show_unpaid": "Nobody came, which is paid all the same; they paid nothing",
    "attended_unpaid": "It was attended; they paid nothing",
    "cancelled_by_studio": "You cancelled the class or the place, so it is not paid; they paid it",
    "denied": "The guest was turned away, so it is not paid; they paid it",
    "withdrawn": "It is no marketplace reservation here any more",
    "rate_changed": "They paid another rate that the class had; what counts is the rate at which it was booked",
    "rounding": "A difference of the smallest coin",
    "status": "They say that it ended otherwise; the money is the same",
    "not_final": "It becomes final 48 hours after class, and their statement does not have it yet",
    "missing_there": "It is paid here, and their statement does not have it",
    "not_marketplace": "Your booking system has it, but not as a marketplace reservation: see the mapping of sources",
    "rate_unknown": "Your booking system has it, but the rate it was booked at is not known here",
    "other_period": "It belongs to a class outside the period that was compared",
    "ambiguous": "Several reservations of yours have this number",
    "unknown_here": "Your booking system has no such reservation",
    "unexplained": "Nothing that we know explains the amount",
}
UNPAID_BY = {"late_cancelled": "late_cancel_read_as_early", "no_show": "no_show_unpaid", "attended": "attended_unpaid"}
PAID_THOUGH = {
    "cancelled_early": "early_cancel_read_as_late",
    "rebooked": "rebooked",
    "cancelled_by_studio": "cancelled_by_studio",
    "denied": "denied",
    "withdrawn": "withdrawn",
}


@dataclass(frozen=True)
class Lookup:
    """What the store knows beside the two sides."""

    offered: Callable[[int], Collection[int]]  # the rates a class had, in minor units
    elsewhere: Callable[[str], str]  # why a number of theirs is none of ours: one of the causes


def judge_with(lookup: Lookup) -> Callable[[Pair, Class], str]:
    """The judge of a comparison."""

    def judge(pair: Pair, kind: Class) -> str:
        return _cause(pair, kind, lookup)

    return judge


def _cause(pair: Pair, kind: Class, lookup: Lookup) -> str:
    if kind is Class.DUPLICATE:
        return "duplicate"
    if kind is Class.DIFFERENT_STATUS:
        return "status"
    if kind is Class.MISSING_HERE:
        return lookup.elsewhere(pair.theirs[0].reservation)
    if kind is Class.MISSING_THERE:
        return _left_out(pair)
    if not pair.ours or not pair.theirs:  # each side alone: the other is in another currency
        return "currency"
    return next((cause for cause, holds in RULES if holds(pair, lookup)), "unexplained")


def _left_out(pair: Pair) -> str:
    """Why their statement lacks a reservation: too young, or taken for what is not paid."""
    if not all(place.final for place in pair.ours):
        return "not_final"
    reasons = {place.reason for place in pair.ours if place.amount}
    cause = UNPAID_BY.get(reasons.pop(), "") if len(reasons) == 1 else ""
    return "missing_there" if cause in ("", "attended_unpaid") else cause


Rule = Callable[[Pair, Lookup], bool]


def _share(pair: Pair, _: Lookup) -> bool:
    return pair.difference == -sum(place.franchisor for place in pair.ours)


def _tax(pair: Pair, _: Lookup) -> bool:
    return pair.difference == sum(place.tax for place in pair.ours)


def _trial(pair: Pair, _: Lookup) -> bool:
    ours = any(place.product == TRIAL for place in pair.ours)
    theirs = any(row.product == TRIAL for row in pair.theirs)
    return (ours and pair.paid_here == 0) or (theirs and pair.paid_there == 0)


def _unpaid(reason: str) -> Rule:
    """They paid nothing for what ended so."""

    def holds(pair: Pair, _: Lookup) -> bool:
        return pair.difference == -sum(place.amount for place in pair.ours if place.reason == reason)

    return holds


def _paid_though(reason: str) -> Rule:
    """They paid what ended so, at its rate."""

    def holds(pair: Pair, _: Lookup) -> bool:
        return pair.difference == sum(place.rate for place in pair.ours if place.reason == reason)

    return holds


def _another_rate(pair: Pair, lookup: Lookup) -> bool:
    """Each paid place at another rate that its class had."""
    paid = [place for place in pair.ours if place.amount]
    each, rest = divmod(pair.paid_there, len(paid)) if paid else (0, 1)
    return not rest and all(each in lookup.offered(place.session_id) for place in paid)


def _coin(pair: Pair, _: Lookup) -> bool:
    return abs(pair.difference) <= len(pair.ours)


RULES: tuple[tuple[str, Rule], ...] = (
    ("trial", _trial),
    ("franchisor_share", _share),
    ("tax", _tax),
    *((cause, _unpaid(reason)) for reason, cause in UNPAID_BY.items()),
    *((cause, _paid_though(reason)) for reason, cause in PAID_THOUGH.items()),
    ("rate_changed", _another_rate),
    ("rounding", _coin),
)
