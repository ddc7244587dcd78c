"""What the mirror does not know about a case: named, counted, shown beside the numbers, never guessed.

A gap that could change the money keeps a statement from being declared final.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

MEANING: Mapping[str, str] = {
    "payout": (
        "{count} qualifying reservations of the period have no payout of ours: their rate was not kept. They count as "
        "unpaid until it is known; the price the platform shows on them is not it"
    ),
    "unpaid_start": (
        "{count} marketplace reservations have no payout of ours: their rate was not kept. They don't count to the "
        "five paid ones that begin the period until it is known"
    ),
    "funding": "{count} direct reservations do not say what paid for them: they count as free until that is known",
    "list_price": "{count} purchases have no sale in the mirror: the list price of today stands in",
    "cycle": "{count} memberships have no cycle in the mirror: one month from the purchase is assumed",
    "sessions": "{count} purchases do not say how many visits they are good for: the price is spread over those made",
    "session": "{count} reservations are of classes that are not in the mirror: they are left out",
    "cancelled_at": "{count} cancellations have no time: one that the platform calls early or late is taken to be so",
    "outcome": "{count} reservations have an outcome nobody has heard of: they count as booked, and so as attended",
    "late_prices": "the direct prices are those of {count} days from the start: one changed in between is not known",
    "prices": "{count} prices of the start date were not kept: the prices of today stand in",
}
CHANGES_MONEY = frozenset({"payout", "prices"})


@dataclass
class Gaps:
    """How often each gap came up."""

    found: Counter[str] = field(default_factory=Counter)
    without_payout: set[str] = field(default_factory=set)  # reservations, in the period or not

    def note(self, code: str, times: int = 1) -> None:
        """One more of these."""
        self.found[code] += times

    def warnings(self) -> list[dict[str, str]]:
        """As a statement's warnings."""
        return [
            {"code": f"mirror_{code}", "message": f"{MEANING[code].format(count=count)}."}
            for code, count in sorted(self.found.items())
        ]

    @property
    def blocking(self) -> list[str]:
        """Those that keep a statement from being final."""
        return sorted(CHANGES_MONEY & self.found.keys())
