"""What a reservation was booked at: the one place that knows, for the guarantee and the ledger (SR-12).

The rate is the one that was on offer when it was booked (SR-09). The price that a platform shows on a marketplace visit
is never taken for it (trap 6).
"""

from __future__ import annotations

from adapter.marketplace.payouts.owed import Quote
from adapter.store.tables import Reservation


def quote_of(made: Reservation) -> Quote | None:
    """The quote of a marketplace reservation; None where it is not known: then nothing is made up."""
    return None if made.rate is None else Quote(made.rate)
