"""SmartSpot: how many places to list, from what each is worth. The model proposes; the limits here dispose.

A place is listed when its worth is below a rate that does not depend on the bookings made so far, so one more direct
booking can never raise the number (INV-2); it is never more than is free (INV-1). Tables over places left are
(sessions, places + 1); places beyond the table are as its last one, as no more clients come than there are steps.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Floats, Ints

TOP = 0.9  # of the way from the best free rate to the ceiling: the most that a single scarce place is listed against
LIKELY = 0.10  # displacement risk up to which premium spots are offered (PR-04)
ROUNDING = 1e-12
FEW = 2  # places that are listed against a rate half-way up


def worth_listing(place: Floats, free: Ints, free_rate: Floats, ceiling: Floats, paid: Floats) -> Ints:
    """Any number against the rate that is best with places to spare; few against rates only a scarce place gets."""
    high = free_rate + TOP * (ceiling - free_rate)
    any_number = listed_against(place, free, free_rate * paid)
    few = np.minimum(listed_against(place, free, (free_rate + high) / 2 * paid), FEW)
    one = np.minimum(listed_against(place, free, high * paid), 1)
    return np.asarray(np.maximum(np.maximum(any_number, few), one), dtype=np.int64)


def listed_against(place: Floats, free: Ints, value: Floats) -> Ints:
    """How many of ``free`` places are worth less than ``value``: all but the first ones, as worth falls with places."""
    return _beyond(free, place.shape[1] - 1, np.count_nonzero(place < value[:, None], axis=1))


def within_risk(safe: Floats, free: Ints, limit: Floats) -> Ints:
    """The most spots whose displacement risk is at most ``limit``; NaN is no limit."""
    within = np.count_nonzero(_risk(safe) <= limit[:, None], axis=1)  # the last ones: safety rises with places left
    return np.where(np.isnan(limit), free, _beyond(free, safe.shape[1], within))


def _beyond(free: Ints, entries: int, good: Ints) -> Ints:
    """How many of ``free`` are ``good``, which a table's last entries are, and then all beyond it."""
    return np.asarray(np.where(good > 0, np.maximum(free - (entries - good), 0), 0), dtype=np.int64)


def risk_of(safe: Floats, free: Ints, listed: Ints) -> Floats:
    """The chance that a direct client is turned away if ``listed`` places go at once."""
    return np.where(listed > 0, _risk(at(safe, free - listed)), 0.0)


def _risk(safe: Floats) -> Floats:
    """A limit of 0 must let no risk pass, and rounding is none."""
    risk = 1 - safe
    return np.where(risk < ROUNDING, 0.0, risk)


def at(table: Floats, left: Ints) -> Floats:
    """Each session's entry for a number of places left."""
    return np.asarray(np.take_along_axis(table, np.minimum(left, table.shape[1] - 1)[:, None], 1)[:, 0])
