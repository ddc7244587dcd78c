"""One case a session: all that its decision needs, as plain numbers and tables. Built for many sessions at a time.

A case depends on its own session alone, never on which others were asked about: a decision can be replayed by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.curves import EDGES, bins_of, keys_of, still_to_come
from adapter.smarttools.facts import (
    DIRECT,
    MARKETPLACE,
    THIRD_PARTY,
    Floats,
    Ints,
    Offers,
    Reservations,
    Sessions,
    count_by,
)
from adapter.smarttools.forecast import Forecast, forecast
from adapter.smarttools.model import Model
from adapter.smarttools.rates import Ladder, ladder
from adapter.smarttools.returns import standing
from adapter.smarttools.value import Flow, steps_for, table_size, worth


@dataclass(frozen=True)
class Books:
    """Active reservations of each session at the time of deciding."""

    direct: Ints
    marketplace: Ints
    third_party: Ints
    in_force: Floats  # the rate now on offer; NaN: none


@dataclass(frozen=True)
class Case:
    """One session as it stands."""

    index: int  # its place in the tables it came from
    cancelled: bool
    lead: float  # hours to the start, 0 once begun
    capacity: float  # NaN: not said
    free: int
    direct: int
    marketplace: int
    third_party: int
    min_spots: int
    release_hours: float
    max_risk: float
    retail: float
    digits: int
    in_force: float
    ladder: Ladder
    paid: float  # of a marketplace reservation's rate, what is for attended ones
    looks: float  # marketplace users still to look at it
    known: bool  # its studio was in the history
    remaining: float  # direct reservations still to come that would stand
    spread: float
    stand: float
    place: Floats  # worth of the y-th place left
    safe: Floats  # chance that no direct client is turned away with y places left
    served: Floats  # direct clients served with y places left


def read_books(sessions: Sessions, reservations: Reservations, offers: Offers, at: float) -> Books:
    """The books at ``at``: nothing made later counts."""
    active = reservations.active(at)
    direct, marketplace, third_party = (
        count_by(reservations.session[active & (reservations.channel == channel)], len(sessions)).astype(np.int64)
        for channel in (DIRECT, MARKETPLACE, THIRD_PARTY)
    )
    in_force = np.full(len(sessions), np.nan)
    past = offers.since <= at
    in_force[offers.session[past]] = offers.rate[past]  # sorted by time: the last one stays
    return Books(direct, marketplace, third_party, in_force)


def cases(sessions: Sessions, books: Books, at: float, model: Model) -> tuple[list[Case], Forecast]:
    """A case for each session, in order, and the forecast they rest on."""
    expected = forecast(sessions, books.direct, at, model)
    made: dict[tuple[int, int, int, float], Ladder] = {}
    for limits in _limits(sessions):
        if limits not in made:
            made[limits] = ladder(*limits, model.market.accepts)
    ladders = [made[limits] for limits in _limits(sessions)]
    looks = _looks(sessions, expected, model)
    sizes = np.array([table_size(places) for places in np.nan_to_num(sessions.capacity).tolist()], dtype=np.int64)
    found: dict[int, Case] = {}
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        tables = worth(_flow(sessions, rows, expected, ladders, looks, model, size), size)
        for row, index in enumerate(rows.tolist()):
            found[index] = _case(
                sessions, books, expected, index, ladders[index], float(looks[index]), model,
                tables.place[row], tables.safe[row], tables.served[row],
            )  # fmt: skip
    return [found[index] for index in range(len(sessions))], expected


def _limits(sessions: Sessions) -> list[tuple[int, int, int, float]]:
    parts = (sessions.floor, sessions.ceiling, sessions.digits, sessions.retail)
    return list(zip(*(part.tolist() for part in parts), strict=True))


def _looks(sessions: Sessions, expected: Forecast, model: Model) -> Floats:
    """Marketplace users still to look at each session."""
    shares = [
        float(still_to_come(model.market.curves.of(keys_of(sessions, index)), expected.lead[index]))
        for index in range(len(sessions))
    ]
    return model.market.mean(sessions) * np.array(shares, dtype=np.float64)


def _case(
    sessions: Sessions,
    books: Books,
    expected: Forecast,
    index: int,
    steps: Ladder,
    looks: float,
    model: Model,
    place: Floats,
    safe: Floats,
    served: Floats,
) -> Case:
    capacity = float(sessions.capacity[index])
    taken = int(books.direct[index] + books.marketplace[index] + books.third_party[index])
    return Case(
        index=index,
        cancelled=bool(sessions.cancelled[index]),
        lead=float(expected.lead[index]),
        capacity=capacity,
        free=0 if np.isnan(capacity) else max(int(capacity) - taken, 0),
        direct=int(books.direct[index]),
        marketplace=int(books.marketplace[index]),
        third_party=int(books.third_party[index]),
        min_spots=int(sessions.min_spots[index]),
        release_hours=float(sessions.release_hours[index]),
        max_risk=float(sessions.max_risk[index]),
        retail=float(sessions.retail[index]),
        digits=int(sessions.digits[index]),
        in_force=float(books.in_force[index]),
        ladder=steps,
        paid=model.market.attended,
        looks=looks,
        known=model.level.knows(sessions.studio[index]),
        remaining=float(expected.remaining[index]),
        spread=float(expected.spread[index]),
        stand=float(expected.stand[index]),
        place=place,
        safe=safe,
        served=served,
    )


def _flow(
    sessions: Sessions, rows: Ints, expected: Forecast, ladders: list[Ladder], looks: Floats, model: Model, size: int
) -> Flow:
    steps = [_steps(sessions, index, float(expected.lead[index]), model, steps_for(size)) for index in rows.tolist()]
    rungs = [ladders[index].rungs() for index in rows.tolist()]
    direct, stand, cancelled, marketplace = (np.array(part) for part in zip(*steps, strict=True))
    return Flow(
        capacity=np.nan_to_num(sessions.capacity[rows]),
        direct=direct,
        stand=stand,
        cancelled=cancelled,
        marketplace=marketplace * looks[rows, None],
        nodes=expected.nodes[rows],
        other=model.others,
        served=sessions.displacement_weight[rows] * sessions.retail[rows],
        rates=np.array([rates for rates, _ in rungs]) * model.market.attended,
        accepts=np.array([accepts for _, accepts in rungs]),
    )


def _steps(
    sessions: Sessions, index: int, lead: float, model: Model, steps: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Time to the start cut so that each step sees about as much happen; nothing here depends on the bookings.

    Per step: share of the direct bookings to come, their chance to stand, chance of a cancellation, share of
    marketplace users to come.
    """
    keys = keys_of(sessions, index)
    direct, market = model.curves.of(keys), model.market.curves.of(keys)
    known = np.append(EDGES[lead > EDGES], lead)
    fine = np.interp(np.arange(8 * len(known) - 7) / 8, np.arange(len(known)), known)
    busy = still_to_come(direct, fine) + 0.5 * still_to_come(market, fine) + 0.2 * fine / max(lead, 1e-9)
    cut = np.interp(np.linspace(0, busy[-1], steps + 1), busy, fine)
    middle = (cut[1:] + cut[:-1]) / 2
    hazard = model.returns.of(sessions.studio[index])
    return (
        _parts(still_to_come(direct, cut)),
        standing(hazard, middle),
        1 - np.exp(-hazard[bins_of(middle)] * np.diff(cut)),
        _parts(still_to_come(market, cut)),
    )


def _parts(through: Floats) -> Floats:
    steps = np.diff(through)
    return steps / steps.sum() if steps.sum() > 0 else steps
