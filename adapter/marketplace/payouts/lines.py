"""The lines of the ledger. A line is never changed or removed: what turns out otherwise later is a line of its own.

Pure: what is recorded of one place and what is owed for it now, in; the lines that are missing, out. None where both
agree, so appending twice, or after a crash, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from adapter.marketplace.payouts.owed import MOVED, WITHDRAWN, Account, Owed, Quote
from adapter.showing.currency import digits


class LineKind(StrEnum):
    """What a line is."""

    PAYOUT = "payout"  # the first of its place
    CORRECTION = "correction"  # the difference that a later change makes


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it adds to the account, in minor units, and what the place is from then on."""

    kind: LineKind
    account: Account
    reason: str
    quote: Quote
    amount: int
    franchisor: int
    why: str = ""  # of a correction: what changed, in words


def missing_lines(recorded: Sequence[Line], owed: Owed) -> list[Line]:
    """What has to be appended so that the lines of a place add up to what is owed; ``recorded`` in their order."""
    if not recorded:
        return [Line(LineKind.PAYOUT, owed.account, owed.reason, owed.quote, owed.amount, owed.franchisor)]
    last = recorded[-1]
    why = "; ".join(_changes(recorded, owed))
    found = [
        _correction(owed, why, account, amount, franchisor)
        for account, (amount, franchisor) in _differences(recorded, owed)
    ]
    if not _alike(last.account, owed.account) and not any(_alike(line.account, last.account) for line in found):
        found.insert(0, _correction(owed, why, last.account, 0, 0))  # no money there, but the place is there no more
    stands = replace(last.account, tax_rate=owed.account.tax_rate), last.reason, last.quote
    known = stands == (owed.account, owed.reason, owed.quote)
    if found[-1].account != owed.account if found else not known:  # no money here, but what it is should be known
        found.append(_correction(owed, why, owed.account, 0, 0))
    return found


def _alike(one: Account, other: Account) -> bool:
    """Whether a place is shown once for both: on the same day, in the same currency."""
    return (one.day, one.currency) == (other.day, other.currency)


def _correction(owed: Owed, why: str, account: Account, amount: int, franchisor: int) -> Line:
    there = replace(account, tax_rate=owed.account.tax_rate) == owed.account
    return Line(LineKind.CORRECTION, account, owed.reason if there else MOVED, owed.quote, amount, franchisor, why)


def withdrawn(recorded: Sequence[Line]) -> Owed:
    """Nothing is owed any more for a place that has lines."""
    last = recorded[-1]
    return Owed(last.account, WITHDRAWN, last.quote, 0, 0)


def balances(recorded: Sequence[Line]) -> dict[Account, tuple[int, int]]:
    """What the lines add up to: amount and franchisor's part, by account."""
    found: dict[Account, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for line in recorded:
        amount, franchisor = found[line.account]
        found[line.account] = amount + line.amount, franchisor + line.franchisor
    return found


def _differences(recorded: Sequence[Line], owed: Owed) -> Iterator[tuple[Account, tuple[int, int]]]:
    """What is taken back from old accounts first, then what is missing in the one that holds now."""
    stands = balances(recorded)
    stands.setdefault(owed.account, (0, 0))
    for account, (amount, franchisor) in sorted(stands.items(), key=lambda pair: pair[0] == owed.account):
        ought = (owed.amount, owed.franchisor) if account == owed.account else (0, 0)
        difference = ought[0] - amount, ought[1] - franchisor
        if any(difference):
            yield account, difference


def _changes(recorded: Sequence[Line], owed: Owed) -> Iterator[str]:
    """What is otherwise than the last line says, in words."""
    last = recorded[-1]
    before, after = last.account, owed.account
    if last.reason != owed.reason:
        yield f"was {_plain(last.reason)}, is {_plain(owed.reason)}"
    if last.quote.rate != owed.quote.rate:
        places = digits(after.currency)
        yield f"booked at {owed.quote.rate:.{places}f}, not at {last.quote.rate:.{places}f}"
    if last.quote.product != owed.quote.product:
        yield f"product {_plain(owed.quote.product or 'unknown')}"
    if before.day != after.day:
        yield f"the class was on {after.day}, not on {before.day}"
    elif before.session_id != after.session_id:
        yield "it belongs to another class"
    if before.tax_rate != after.tax_rate:
        yield "the tax on payouts was set anew"
    if before.currency != after.currency:
        yield f"the venue is paid in {after.currency}"
    same = last.reason == owed.reason and last.quote.rate == owed.quote.rate
    if same and owed.franchisor != sum(line.franchisor for line in recorded):
        yield "the franchisor's share was set anew"


def _plain(code: str) -> str:
    return code.replace("_", " ")
