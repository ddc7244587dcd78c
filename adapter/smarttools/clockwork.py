"""Time to the start cut into steps, each session's own, so that each step sees about as much happen. Pure arrays.

Nothing here depends on the bookings made, so one more of them never moves a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.curves import EDGES, Place, placed
from adapter.smarttools.facts import Floats, Ints

SOME = 0.02  # of what is usual happens evenly over time: cancellations, and bookings where a curve has none


@dataclass(frozen=True)
class Steps:
    """The steps of some sessions from the start backwards; (steps, sessions)."""

    direct: Floats  # share of all direct bookings that is made in the step
    market: Floats  # share of all marketplace users
    hazard: Floats  # accumulated over the step
    stand: Floats  # chance that a reservation made in the step stands


def cut(
    lead: Floats, direct: Floats, market: Floats, hazard: Floats, made: Floats, usual: Floats, looks: Floats, steps: int
) -> Steps:
    """``direct``, ``market``, ``hazard``: cumulated from the start at EDGES, (sessions, edges).

    ``made``: chance that a reservation made there stands; ``usual`` and ``looks``: how many direct bookings and
    marketplace users there are in all.
    """
    own = np.arange(len(lead))
    reach = np.minimum(lead, EDGES[-1])
    now, known = placed(reach), np.minimum(EDGES, reach[:, None])
    booking, looking = (  # as far as they are still to come
        np.where(reach[:, None] <= EDGES, at_place(table, now, own)[:, None], table) for table in (direct, market)
    )
    busy = usual[:, None] * booking + looks[:, None] * looking
    busy += SOME * (usual + looks)[:, None] * known / np.maximum(reach, 1e-9)[:, None]
    hours = at_place(known, _shared(busy, steps), own[:, None])
    ends, middle = placed(hours), placed((hours[:, 1:] + hours[:, :-1]) / 2)
    parts = [np.diff(at_place(table, ends, own[:, None]), axis=1) for table in (direct, market, hazard)]
    parts.append(at_place(made, middle, own[:, None]))
    return Steps(*(np.ascontiguousarray(part.T) for part in parts))


def at_lead(table: Floats, lead: Floats, row: Ints | None = None) -> Floats:
    """Each session's cumulated table at its own lead; ``row``: which row is whose, where several share one."""
    return at_place(table, placed(lead), np.arange(len(lead)) if row is None else row)


def at_place(table: Floats, place: Place, row: Ints) -> Floats:
    """Rows of a table at places between EDGES, in a straight line from one to the next."""
    segment, share = place
    low, high = _ends(table, segment, row)
    return np.asarray(low + (high - low) * share, dtype=np.float64)


def _shared(rising: Floats, steps: int) -> Place:
    """In which segment of its row each of so many equal shares of the row's last value ends, and how far in."""
    entries, most = np.arange(len(rising))[:, None], rising[:, -1:]
    first = np.ceil(rising[:, 1:-1] * (steps / np.maximum(most, 1e-300))).astype(np.int64)  # share to end beyond each
    cells = np.minimum(first, steps) + entries * (steps + 1)
    place = np.cumsum(np.bincount(cells.ravel(), minlength=len(rising) * (steps + 1)).reshape(-1, steps + 1), axis=1)
    low, high = _ends(rising, place, entries)
    wanted = most * (np.arange(steps + 1) / steps)
    return place, np.clip((wanted - low) / np.maximum(high - low, 1e-300), 0.0, 1.0)


def _ends(table: Floats, place: np.ndarray, row: Ints) -> tuple[Floats, Floats]:
    flat = place + row * table.shape[1]  # plain positions: faster than along an axis
    return table.take(flat), table.take(flat + 1)
