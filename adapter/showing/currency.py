"""How finely a currency is paid. Knows ISO 4217's exceptions and nothing of prices."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

NO_MINOR_UNIT = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"}
    | {"XPF"}
)
THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
FOUR_DIGITS = frozenset(["CLF", "UYW"])
WORTH = re.compile(r"(?<=\bis worth )\d+\.\d\d")


def digits(currency: str) -> int:
    """How many decimal digits an amount of ``currency`` has (ISO 4217)."""
    code = currency.upper()
    if code in NO_MINOR_UNIT:
        return 0
    if code in FOUR_DIGITS:
        return 4
    return 3 if code in THREE_DIGITS else 2


def money_text(amount: Decimal | None, currency: str) -> str | None:
    """An amount as plain text with its currency's digits; None stays None."""
    return None if amount is None else format(amount, f".{digits(currency)}f")


def priced(text: str, told: Callable[[str], str]) -> str:
    """A sentence of an explanation with its amounts as ``told``: what decides knows bare numbers and no currency."""
    return WORTH.sub(lambda found: told(found[0]), text)
