"""How long what was listed stood open, and what was sold of it: of classes that are over and of those to come."""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Bools, Floats, Offers, Reservations, Sessions


def ended(sessions: Sessions, reservations: Reservations, sold: Bools, offers: Offers) -> tuple[Floats, Floats]:
    """When each offer stopped being open (its end, or its last spot's sale), and how many were booked in it.

    ``sold`` marks the reservations that count.
    """
    start = sessions.starts[offers.session]
    size = len(start)
    same = np.append(offers.session[1:] == offers.session[:-1], False)[:size]
    following = np.append(offers.since[1:], np.inf)[:size]
    return _sold_in(reservations, sold, offers, np.minimum(np.where(same, following, np.inf), start))


def _sold_in(reservations: Reservations, sold: Bools, offers: Offers, until: Floats) -> tuple[Floats, Floats]:
    timed = sold & ~np.isnan(reservations.booked)
    order = np.lexsort((reservations.booked[timed], reservations.session[timed]))
    session, booked = reservations.session[timed][order], reservations.booked[timed][order]
    wide = 1e7  # more hours than any instant has: sessions never overlap
    at = session * wide + booked
    first = np.searchsorted(at, offers.session * wide + offers.since, side="left")
    last = np.maximum(np.searchsorted(at, offers.session * wide + until, side="left"), first)
    gone = (offers.spots > 0) & (last - first >= offers.spots)
    closed = until.copy()
    closed[gone] = booked[first[gone] + offers.spots[gone] - 1]
    return closed, np.minimum(last - first, offers.spots).astype(np.float64)
