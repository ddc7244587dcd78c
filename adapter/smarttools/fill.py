"""How many of the spots on offer are expected to sell."""

from __future__ import annotations

import numpy as np
from scipy.special import pdtr


def expected_sold(demand: float, spots: int) -> float:
    """Of ``spots`` on offer, where ``demand`` users on average (Poisson) would each take one (SR-13).

    The mean of what is cut off at a number is that number less the chances of each smaller one, added up.
    """
    return spots - float(pdtr(np.arange(spots), demand).sum())
