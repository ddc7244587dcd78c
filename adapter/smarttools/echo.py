"""How far early bookings foretell late ones: the part of demand's variation that is common to all of its lead times.

A class that is busy early may be busy throughout, or have had its regulars come sooner: only the history can tell.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.curves import Curves, still_to_come
from adapter.smarttools.facts import Bools, Floats, Reservations, Sessions, count_by

CUTS = (24.0, 72.0, 168.0)  # hours before the start: what came earlier is set against what came later
ROOM = 2.5  # standard deviations that must find a place, so that being full hides nothing
HELD = 2000.0  # squared reservations that the belief in common variation counts for


def common_variation(
    sessions: Sessions,
    reservations: Reservations,
    chosen: Bools,
    usable: Bools,
    means: Floats,
    frailty: float,
    curves: Curves,
) -> float:
    """Squared variation common to early and late bookings, from their covariance; all of it where nothing is known."""
    roomy = usable & (means + ROOM * np.sqrt(means + frailty * means**2) < sessions.capacity)
    session, lead = reservations.session[chosen], (sessions.starts[reservations.session] - reservations.booked)[chosen]
    roomy &= count_by(session[np.isnan(lead)], len(sessions)) == 0
    rows = np.flatnonzero(roomy)
    shown, weight = HELD * frailty, HELD
    for cut in CUTS:
        late = np.array([float(still_to_come(curves.of(sessions.paths[i]), cut)) for i in rows.tolist()])
        counts = [count_by(session[part], len(sessions))[rows] for part in (lead > cut, lead <= cut)]
        shown += _together(counts, means[rows], late) / len(CUTS)
        weight += float((means[rows] ** 2 * late * (1 - late)).sum()) / len(CUTS)
    return min(max(shown / weight, 0.0), frailty)


def _together(counts: list[Floats], means: Floats, late: Floats) -> float:
    early_off, late_off = counts[0] - means * (1 - late), counts[1] - means * late
    return float((early_off * late_off).sum())
