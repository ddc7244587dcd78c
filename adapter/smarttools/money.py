"""Amounts in a currency's smallest unit. Knows nothing of rates."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from adapter.smarttools.facts import Floats, Ints


def units_up(amount: float, places: int) -> int:
    """``amount`` in minor units, rounded up: a floor of 7.505 is 751 (SR-06)."""
    return int(_exact(amount).scaleb(places).to_integral_value(ROUND_CEILING))


def units_down(amount: float, places: int) -> int:
    """``amount`` in minor units, rounded down: a ceiling is never passed."""
    return int(_exact(amount).scaleb(places).to_integral_value(ROUND_FLOOR))


def major(units: int, places: int) -> float:
    """Minor units as the float that stands for them in decision tables."""
    return float(Decimal(units).scaleb(-places))


def majors(units: Ints, places: Ints) -> Floats:
    """The same for many: dividing by a power of ten gives the float nearest to the decimal, as reading it would."""
    return np.asarray(units / 10.0**places, dtype=np.float64)


def _exact(amount: float) -> Decimal:
    # The shortest decimal that reads back as this float is what the studio typed; its binary expansion is not.
    return Decimal(repr(float(amount)))
