"""Direct reservations still to come that would stand at the start, given what is on the books and the time left.

A count with mean m and variance m + e·m (gamma-Poisson) that is booked along a curve keeps its family while it fills.
With n standing reservations seen and a share R of the curve left, what is to come is a gamma-Poisson with mean
R·(m + e·n) / (1 + e·(1-R)). Doubt about the level itself adds to e; variation that early and late bookings do not
share widens what is to come and teaches nothing. Doubt about the curve, as of a Dirichlet distribution, does both: busy
early may just be early, so it takes from e, and what is left of a curve is the less sure the less is left. Counts less
dispersed than Poisson's are taken as Poisson here: bookings made must never lower what is expected to come (INV-2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapter.smarttools.clockwork import at_place
from adapter.smarttools.curves import placed
from adapter.smarttools.facts import Bools, Floats, Ints, Sessions, looked_up
from adapter.smarttools.model import Model
from adapter.smarttools.pace import Pace, Usual, pace_of, shown_by
from adapter.smarttools.tempo import Dated, Seen, Tempo, tempo_of

NODES: Floats = np.array([-np.sqrt(3.0), 0.0, np.sqrt(3.0)])
LEAST_TO_COME = 1e-3  # share of a curve below which its doubt grows no further
MOST_SPREAD = 4.0  # squared variation beyond which three points are no picture of a gamma distribution
WEIGHTS: Floats = np.array([1 / 6, 2 / 3, 1 / 6])  # Gauss-Hermite: right to the fifth moment of the normal
WARY = 1.0  # by so much more the doubt of a slot without a past class counts in the worth of a place (``wary_of``)
WARY_CLASSES = 4.0  # past classes that halve it
WIDEST = 25.0  # squared coefficient of variation: beyond some 43 all three points would be 0


@dataclass(frozen=True)
class Forecast:
    """What is expected of each session; every array has one entry a session, unless it says otherwise."""

    lead: Floats  # hours to the start, 0 once begun
    level: Floats  # final direct reservations, before anything was known of this session
    to_come: Floats  # share of its direct reservations still to be made
    stand: Floats  # chance that a reservation active now stands at the start
    remaining: Floats  # mean of direct reservations still to come that would stand
    spread: Floats  # squared coefficient of variation of that mean
    wary: Floats  # times which that counts where the worth of a place is reckoned
    looks: Floats  # marketplace users still to look
    direct: Floats  # share of direct bookings made later than each of EDGES, (sessions, edges)
    market: Floats  # the same of marketplace users, of each kind (``Sessions.profiles``) as the next two
    hazard: Floats  # of a cancellation, accumulated from the start to each of EDGES
    made: Floats  # chance that a reservation made at each of EDGES stands
    pace: Pace  # of its studio
    tempo: Tempo  # the same
    trend: Floats  # ratio of its studio's level to its history's: season and trend
    late: Floats  # ratio of what is to come to what level and curve alone say: how late bookings fare
    untimed: Bools  # the studio's history tells how many came, and of nobody when they booked
    weeks_old: float  # the model's age beyond a week


def forecast(
    sessions: Sessions,
    booked: Ints,
    at: float,
    model: Model,
    *,
    full: Bools | None = None,
    dated: Dated | None = None,
) -> Forecast:
    """``booked``: active direct reservations of each session at ``at``, in hours; ``full``: no place is free.

    ``dated``: when they were made, as far as that is known; None: not at all.
    """
    known, kind = sessions.profiles
    lead = np.maximum(sessions.starts - at, 0.0)
    now = placed(lead)
    trend, drift = model.level.trend.ahead(sessions)
    level = model.level.fill_of(known)[kind] * np.nan_to_num(sessions.capacity) * trend
    curves, market = model.curves.through(known), model.market.curves.through(known)
    to_come, stand = at_place(curves, now, kind), at_place(model.returns.active.through(known), now, kind)
    still = np.asarray(booked * stand, dtype=np.float64)

    frailty, common = (part[kind] for part in model.level.variation(known))
    usual = _usual(sessions, level, to_come, frailty, drift, model)
    shown = shown_by(still, booked >= sessions.capacity if full is None else full, usual)
    direct = curves[kind]
    seen = Seen(lead, direct, dated or Dated(np.zeros(0, np.int64), np.zeros(0)), shown, level)
    tempo, pace = tempo_of(sessions, seen, usual, pace_of(sessions, shown, usual), model.curves, model.kinds)
    level = level * pace.ratio
    bent = np.flatnonzero(~np.isnan(tempo.power))
    direct[bent] **= tempo.power[bent, None]
    to_come[bent] **= tempo.power[bent]

    varies = frailty * model.level.late_times(to_come)
    paced = pace.doubt * model.late.along  # of a level that late bookings do not follow, early ones tell them nothing
    remaining, spread = _still_to_come(level, still, to_come, *_echo(to_come, varies, common, paced, tempo.doubt))
    late = model.late.of(sessions, to_come, trend * pace.ratio)
    return Forecast(
        lead=lead,
        level=level,
        to_come=to_come,
        stand=stand,
        remaining=remaining * late,
        spread=spread,
        wary=wary_of(looked_up(known.slot, model.level.weeks, 0.0))[kind],
        looks=model.market.keen(known)[kind] * np.nan_to_num(sessions.capacity) * at_place(market, now, kind),
        direct=direct,
        market=market,
        hazard=model.returns.accumulated(known),
        made=model.returns.made.through(known),
        pace=pace,
        tempo=tempo,
        trend=trend,
        late=late,
        untimed=usual.untimed,
        weeks_old=model.weeks_old(at),
    )


def _usual(sessions: Sessions, level: Floats, to_come: Floats, frailty: Floats, drift: Floats, model: Model) -> Usual:
    known, kind = sessions.profiles
    return Usual(
        booked=level * (1 - to_come),
        behind=1 - to_come,
        frailty=frailty,
        slot=model.level.doubt(known)[kind],
        studio=model.level.studio_doubt(known)[kind] + drift,
        curve=model.curves.doubt(known)[kind],
        untimed=model.untimed(known)[kind],
    )


def wary_of(classes: Floats) -> Floats:
    """Times which the doubt counts in the worth of a place, by past classes of the slot.

    The dynamic program solves each point of the forecast as if all that is decided later knew it for the true one. Of
    a slot with a history it soon does; of a new one nothing tells before its first classes are over. Points further
    apart make up for it. How much was measured on made-up markets, and is no more than that.
    """
    return np.asarray(1 + WARY / (1 + classes / WARY_CLASSES), dtype=np.float64)


def _echo(to_come: Floats, varies: Floats, common: Floats, paced: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """What early bookings tell of late ones, and what they don't.

    ``varies``: squared variation of what is to come, ``common`` of it with what came; ``paced``: doubt of the pace, as
    far as late bookings follow it; ``curve``: doubt of the curve.
    """
    mixed_up = curve * (1 + common + paced)  # early for late: what doubt about the curve takes from the echo
    late_only = np.maximum(varies - common, 0.0) + mixed_up / np.maximum(to_come, LEAST_TO_COME)
    return np.maximum(common + paced - mixed_up, 0.0), late_only


def _still_to_come(
    level: Floats, still: Floats, to_come: Floats, echo: Floats, late_only: Floats
) -> tuple[Floats, Floats]:
    """Mean and squared variation; ``echo``: what early bookings tell of late ones, ``late_only``: what they don't."""
    excess = level * echo
    scale = 1 + excess * (1 - to_come)
    remaining = to_come * (level + excess * still) / scale
    spread = (excess / scale + level * late_only) * to_come / np.maximum(remaining, 1e-9)
    return remaining, np.minimum(spread, MOST_SPREAD)


def gamma_points(mean: Floats, spread: Floats) -> Floats:
    """Three points of a gamma distribution (Wilson and Hilferty's cube), scaled to its mean."""
    third = np.sqrt(np.minimum(spread, WIDEST))[:, None] / 3
    cube = np.maximum(1 - third**2 + NODES * third, 0.0) ** 3
    scale = cube[:, 0] * WEIGHTS[0] + cube[:, 1] * WEIGHTS[1] + cube[:, 2] * WEIGHTS[2]
    return np.asarray(mean[:, None] * cube / scale[:, None], dtype=np.float64)
