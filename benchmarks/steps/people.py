"""Draw everyone who ever comes: the same people for every policy, in the order in which they come."""

from __future__ import annotations

import numpy as np

from benchmarks.steps.curves import FIRM, STEP
from benchmarks.steps.draw import Market
from benchmarks.steps.willing import most_paid
from benchmarks.street.draw import Bools, Floats, Ints
from benchmarks.street.people import People

LOOKS, COMES, LEAVES = 0.0, 0.5, 2.97  # when in a step: shares of it, and hours for the cancelled
SHARE = 0.48  # of a step, in which those of a channel come


def draw_people(market: Market, rng: np.random.Generator) -> People:
    """By class and step: direct clients and marketplace users, each a Poisson number."""
    direct = _coming(market, market.direct, COMES, rng)
    users = _coming(market, market.looks, LOOKS, rng)
    session, comes, cancels, shows = (np.concatenate(pair) for pair in zip(direct[:4], users[:4], strict=True))
    clients = np.zeros(len(direct[0]))
    pays = np.concatenate([clients, _pays(market, users[0], users[4])])
    users_only = np.arange(len(session)) >= len(clients)
    return People(session, comes, users_only, pays, cancels, shows, np.ones(len(session), bool))


def _coming(
    market: Market, mean: Floats, begin: float, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats, Bools, Floats]:
    """Class, when they come, when they cancel, who shows up, and where each stands among those of the class."""
    count = rng.poisson(mean)
    session, before = np.nonzero(count)
    count = count[session, before]
    session, before = np.repeat(session, count), np.repeat(before, count)
    leaves = before - rng.geometric(market.of_studio("cancelling")[session]) + 1
    above, luck = rng.random(len(session)), rng.random(len(session))
    step = market.last[session] - before
    order = np.lexsort((session, step))
    session, step, leaves, above, luck = session[order], step[order], leaves[order], above[order], luck[order]
    length = np.minimum(STEP, market.street.start[session] - STEP * step)
    comes = STEP * step + (begin + _spread(session, step)) * length
    cancels = np.where(leaves >= FIRM, STEP * (market.last[session] - leaves) + LEAVES, np.inf)
    return session, comes, cancels, luck >= market.of_studio("no_show")[session], above


def _spread(session: Ints, step: Ints) -> Floats:
    """When in their share of the step those of one class and step come: evenly, one after the other."""
    changes = (np.diff(session, prepend=-1) != 0) | (np.diff(step, prepend=step[:1] - 1) != 0)
    first = np.flatnonzero(changes)
    together = np.diff(np.append(first, len(session)))
    rank = np.arange(len(session)) - np.repeat(first, together)
    return np.asarray((rank + 0.5) / (np.repeat(together, together) + 0.5) * SHARE)


def _pays(market: Market, session: Ints, above: Floats) -> Floats:
    """The most that each marketplace user would pay."""
    family, steepness = market.of_studio("family")[session].astype(np.int64), market.of_studio("steepness")[session]
    with np.errstate(divide="ignore"):
        return most_paid(family, steepness, market.median[session], above)
