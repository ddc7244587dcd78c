"""What a policy was worth, as docs say what is good: payouts less the weighted value of displaced clients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.steps.draw import Market
from benchmarks.street.draw import Bools, Floats
from benchmarks.street.season import Books


@dataclass(frozen=True)
class Score:
    """By class: money, persons; what is paid for those who do not show up is not aimed for, and left out."""

    payouts: Floats
    visitors: Floats  # through the marketplace
    standing: Floats  # all reservations that are not cancelled
    displaced: Floats
    clients: Floats  # direct clients who would find a place without a marketplace
    retail: Floats

    def value(self, weight: float) -> Floats:
        """The value of the policy by class."""
        return self.payouts - weight * self.retail * self.displaced


def score(market: Market, books: Books, alone: Books) -> Score:
    """Beside the same people with no marketplace at all."""
    people, stands = books.people, books.booked & ~books.gone
    served = ~people.market & alone.booked

    def count(who: Bools) -> Floats:
        return np.bincount(people.session[who], minlength=len(market.week)).astype(np.float64)

    paid = np.where(stands & people.market & people.shows, books.paid, 0.0)
    return Score(
        np.bincount(people.session, paid, len(market.week)).astype(np.float64),
        count(stands & people.market),
        count(stands),
        count(served & ~books.booked),
        count(served),
        market.of_studio("retail"),
    )
