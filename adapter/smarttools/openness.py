"""When a class could still be booked: what was refused while it was full left no trace, so that time tells nothing.

Seen as a matrix, (sessions, lead-time bins): the share of each stretch of lead time during which a place was free.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.curves import EDGES, WIDTHS
from adapter.smarttools.facts import Bools, Floats, Ints, Reservations, Sessions, count_by, sums_by


def open_share(sessions: Sessions, reservations: Reservations) -> Floats:
    """1 where a class had a free place all through the bin, 0 where it was full; 1 where booking times are unknown."""
    known = ~np.isnan(reservations.booked)
    many = count_by(reservations.session[known], len(sessions))
    timed = np.flatnonzero(known & (many >= sessions.capacity)[reservations.session])  # the rest were never full
    session, cancelled = reservations.session[timed], reservations.cancelled[timed]
    begun = np.minimum(sessions.starts[session] - reservations.booked[timed], EDGES[-1])
    given_up = ~np.isnan(cancelled)
    lead = np.maximum(np.concatenate([begun, (sessions.starts[session] - cancelled)[given_up]]), 0.0)
    change = np.concatenate([np.ones(len(session)), -np.ones(int(given_up.sum()))])
    session = np.concatenate([session, session[given_up]])
    order = np.lexsort((change, -lead, session))  # at one instant a place is given back before it is taken
    closed_from, closed_to, closed = _full(session[order], lead[order], change[order], sessions.capacity)
    spent = overlap(closed_from, closed_to)
    shut = sums_by(closed, spent, len(sessions))
    return np.asarray(np.clip(1 - shut / WIDTHS, 0.0, 1.0), dtype=np.float64)


def overlap(early: Floats, late: Floats) -> Floats:
    """Hours of each stretch from ``early`` to ``late`` (leads, so early is the greater) in each bin."""
    within = np.minimum(early[:, None], EDGES[1:])
    within -= np.maximum(late[:, None], EDGES[:-1])
    return np.asarray(np.maximum(within, 0.0, out=within), dtype=np.float64)


def fully_timed(reservations: Reservations, sessions: int) -> Bools:
    """Sessions all of whose standing reservations have a booking time."""
    untimed = reservations.standing() & np.isnan(reservations.booked)
    return np.asarray(count_by(reservations.session[untimed], sessions) == 0, dtype=np.bool_)


def _full(session: Ints, lead: Floats, change: Floats, capacity: Floats) -> tuple[Floats, Floats, Ints]:
    """Stretches of lead time during which all places were taken."""
    running = np.cumsum(change)
    new = np.append(True, session[1:] != session[:-1])[: len(session)]
    begun = np.maximum.accumulate(np.where(new, np.arange(len(session)), 0))
    taken = running - (running - change)[begun]
    until = np.where(
        np.append(session[1:] == session[:-1], False)[: len(session)], np.append(lead[1:], 0.0)[: len(session)], 0.0
    )
    full = taken >= capacity[session]
    return lead[full], until[full], session[full]
