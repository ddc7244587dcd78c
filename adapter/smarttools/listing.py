"""How long what was listed stood open, and what was sold of it: of classes that are over and of those to come."""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import TRIAL, Bools, Floats, Offers, Reservations, Sessions


def ended(sessions: Sessions, reservations: Reservations, taken: Bools, offers: Offers) -> tuple[Floats, Floats]:
    """When each offer stopped being open (its end, or its last spot's booking), and how many were sold in it.

    ``taken`` marks the reservations that took a spot. A trial does too, and is not sold at the rate.
    """
    start = sessions.starts[offers.session]
    size = len(start)
    same = np.append(offers.session[1:] == offers.session[:-1], False)[:size]
    following = np.append(offers.since[1:], np.inf)[:size]
    return _sold_in(reservations, taken, offers, np.minimum(np.where(same, following, np.inf), start))


def _sold_in(reservations: Reservations, taken: Bools, offers: Offers, until: Floats) -> tuple[Floats, Floats]:
    timed = np.flatnonzero(taken & ~np.isnan(reservations.booked))
    timed = timed[np.lexsort((reservations.booked[timed], reservations.session[timed]))]
    session, booked = reservations.session[timed], reservations.booked[timed]
    wide = 1e7  # more hours than any instant has: sessions never overlap
    at = session * wide + booked
    first = np.searchsorted(at, offers.session * wide + offers.since, side="left")
    last = np.maximum(np.searchsorted(at, offers.session * wide + until, side="left"), first)
    gone = (offers.spots > 0) & (last - first >= offers.spots)
    closed = until.copy()
    closed[gone] = booked[first[gone] + offers.spots[gone] - 1]
    sold = np.append(0.0, np.cumsum(reservations.product[timed] != TRIAL))
    return closed, sold[np.minimum(last, first + offers.spots)] - sold[first]
