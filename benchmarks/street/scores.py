"""What a policy was worth, as docs say what is good: attended payouts less the weighted value of displaced clients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.street.draw import Floats
from benchmarks.street.season import Books


@dataclass(frozen=True)
class Score:
    """By class: money, persons."""

    payouts: Floats
    visitors: Floats  # through the marketplace, new to the studio, attended
    attended: Floats  # all
    displaced: Floats
    clients: Floats  # direct clients who would find a place without a marketplace
    retail: Floats

    def value(self, weight: float) -> Floats:
        """The value of the policy by class."""
        return self.payouts - weight * self.retail * self.displaced


def score(books: Books, alone: Books) -> Score:
    """Beside the same people with no marketplace at all."""
    people, street = books.people, books.street
    attended = books.booked & ~books.gone & people.shows
    served = ~people.market & alone.booked

    def by_class(weights: Floats) -> Floats:
        return np.bincount(people.session, weights, len(street.slot)).astype(np.float64)

    return Score(
        by_class(np.where(attended & people.market, books.paid, 0.0)),
        by_class((attended & people.market & people.new).astype(float)),
        by_class(attended.astype(float)),
        by_class((served & books.refused).astype(float)),
        by_class(served.astype(float)),
        street.of_studio([each.retail for each in street.studios]),
    )
