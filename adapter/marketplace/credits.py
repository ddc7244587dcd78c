"""What a class costs at a marketplace: credits that follow its payout, or money where it is sold à la carte. Pure.

Credits are based on the payout, and that on direct prices (CD-01). A plan changes how many credits somebody receives,
not what a class costs, so no plan is an input here (CD-02).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

from adapter.showing.currency import digits
from adapter.store.tables import Rounding

MODES = {Rounding.UP: ROUND_CEILING, Rounding.NEAREST: ROUND_HALF_UP, Rounding.DOWN: ROUND_FLOOR}
EXACT = 60  # digits: a quotient of two amounts is never cut where rounding it could be touched by that


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A market's rule. ``margin``: the marketplace's share of what its users pay, from 0 to below 1."""

    currency: str
    margin: Decimal
    credit_value: Decimal
    rounding: Rounding = Rounding.UP


def credits_of(payout: Decimal, tariff: Tariff) -> int:
    """Credits for a class with this payout; at least 1 unless the payout is 0 (a trial)."""
    if payout == 0:
        return 0
    with localcontext(prec=EXACT):
        exact = payout / ((1 - tariff.margin) * tariff.credit_value)
    return max(1, int(exact.to_integral_value(MODES[tariff.rounding])))


def price_of(payout: Decimal, tariff: Tariff) -> Decimal:
    """What a guest pays in money: the payout and the marketplace's margin, in minor units, rounded up."""
    step = Decimal(1).scaleb(-digits(tariff.currency))
    with localcontext(prec=EXACT):
        return (payout / (1 - tariff.margin)).quantize(step, ROUND_CEILING)
