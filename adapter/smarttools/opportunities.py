"""Where a studio's own limit keeps places from the marketplace that it could fill without harm (OP-01, OP-02). Pure.

What is safe is the model's to say: the most spots with a displacement risk of at most `spots.LIKELY`, or of the
studio's own limit on it; without a model, what is free beyond likely direct demand. Never more than that is
recommended, and only what marketplace users are expected to take.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from adapter.smarttools.plain import chances

LEAST_FILLS = 1.0  # reservations expected, at the least: fewer are not worth a question
DOUBT = 0.05  # squared coefficient of variation of marketplace demand's mean: measured, docs/opportunities.md
LOW, HIGH = 0.10, 0.90  # what comes lies between them eight times in ten


@dataclass(frozen=True)
class Opportunity:
    """So many spots more, and the reservations expected in them."""

    add: int
    fills: float
    fills_low: int
    fills_high: int


def opportunity(safe: int, offered: int, demand: float, doubt: float = DOUBT) -> Opportunity | None:
    """What to add to ``offered`` spots of which ``safe`` would do no harm; None: nothing worth asking for.

    ``demand``: marketplace reservations still expected at the rate, places not limiting; those beyond what is offered
    already fill what is added.
    """
    add = safe - offered
    if add <= 0 or demand <= 0:
        return None
    likely = list(
        islice(chances(demand, doubt), safe)
    )  # of 0, 1, … reservations; as many as are safe, or more: the rest
    fills = sum(chance * max(count - offered, 0) for count, chance in enumerate(likely)) + (1 - sum(likely)) * add
    if fills < LEAST_FILLS:
        return None
    return Opportunity(add, fills, _quantile(likely, LOW, offered, add), _quantile(likely, HIGH, offered, add))


def _quantile(likely: list[float], share: float, offered: int, add: int) -> int:
    """The least number of fills that is not exceeded with this chance."""
    total = 0.0
    for count, chance in enumerate(likely):
        total += chance
        if total >= share:
            return max(count - offered, 0)
    return add
