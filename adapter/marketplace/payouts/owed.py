"""What is owed for one marketplace place: by the quote it was booked at and by what became of it (SR-09, PD-04).

Pure. The payout includes the franchisor's share (GC-02); taxes come on top of it, at a rate (GC-04). Amounts are in
minor units of the account's currency. Whether a place is paid at all is the guarantee's verdict, made nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from adapter.guarantee.qualifying import Verdict
from adapter.guarantee.rounding import in_units
from adapter.showing.currency import digits

TRIAL = "trial"
MOVED = "moved"  # taken back where it stood: the class has another day, or it is another class
WITHDRAWN = "withdrawn"  # it was booked, and is a marketplace reservation no more: mapped anew, or a seat fewer


@dataclass(frozen=True, slots=True)
class Quote:
    """What a place was booked at: its rate in major units, and, where it is known, the product and the quote's id."""

    rate: Decimal
    product: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where in the books an amount stands; ``tax_rate`` is the share that comes on top."""

    session_id: int
    day: date  # of the class, at its venue (GP-07)
    currency: str
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class Owed:
    """The payout of one place, and why it is that."""

    account: Account
    reason: str  # of the verdict
    quote: Quote
    amount: int  # the franchisor's part included
    franchisor: int


def owed_for(quote: Quote, verdict: Verdict, account: Account, share: Decimal) -> Owed:
    """The payout of a place; a trial pays nothing, whatever its rate (SR-07). ``share``: the franchisor's, 0 to 1."""
    paid = verdict.qualifying and quote.product != TRIAL
    amount = in_units(Fraction(quote.rate), digits(account.currency)) if paid else 0
    return Owed(account, verdict.reason, quote, amount, in_units(amount * Fraction(share), 0))
