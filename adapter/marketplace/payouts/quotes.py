"""What a reservation was booked at: the one place that knows, for the guarantee and the ledger (SR-12).

What was sold through the channel was booked at the quote it was given; anything else at the rate that was on offer then
(SR-09). The price that a platform shows on a marketplace visit is never taken for it (trap 6).
"""

from __future__ import annotations

from adapter.marketplace.payouts.owed import Quote
from adapter.store.tables import ChannelReservation, Reservation

IS_QUOTED = Reservation.rate.is_not(None)
"""The same question as a condition: the mirror keeps the rate of both kinds."""


def quote_of(made: Reservation, sold: ChannelReservation | None) -> Quote | None:
    """The quote of a marketplace reservation; None where it is not known: then nothing is made up.

    ``sold``: the reservation of the channel that this one stands for.
    """
    if sold is not None:
        return Quote(sold.payout, sold.product.value, sold.quote_id)
    return None if made.rate is None else Quote(made.rate)
