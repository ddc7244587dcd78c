"""What marketplace users would pay, as one learns it who is told how studios and categories vary: by Bayes' rule.

For each studio every family and steepness of ``willing`` is held against what its slots sold at which rates, with the
medians of its categories about the studio's and each slot's number of users about the studio's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.steps.curves import STEP, STEPS
from benchmarks.steps.draw import INTEREST, MEDIAN, Market, crowd
from benchmarks.steps.optimum import RATES, rates_of
from benchmarks.steps.people import SHARE
from benchmarks.steps.slots import VALUED
from benchmarks.steps.willing import STEEPNESS, share_paying
from benchmarks.street.draw import Floats, Ints
from benchmarks.street.season import Books

SHAPES = [(number, steep) for number, (low, high) in enumerate(STEEPNESS) for steep in np.linspace(low, high, 5)]
OWN: Floats = np.linspace(*MEDIAN, 9)  # a studio's median over retail
MEDIANS: Floats = np.linspace(0.28, 0.90, 25)  # of a category in a studio
CATEGORY = VALUED * 2**0.5  # how far (log) these lie about the studio's
INTERESTED: Floats = np.linspace(*INTEREST, 9)
KEEN = 0.0625  # squared variation of how many look: of slots (0.2), of half an instructor's fame, of seasons
FAMILY, STEEP = (np.repeat(np.array(column), len(MEDIANS)) for column in zip(*SHAPES, strict=True))
OF_CURVE: Floats = np.tile(MEDIANS, len(SHAPES))  # the median of each: by shape, then median
LEAST = 1e-9  # chance


def paying(share: Floats) -> Floats:
    """The share of users who would pay each rate (over retail), for each curve; (rates, curves)."""
    over, median = np.broadcast_arrays(share[:, None], OF_CURVE)
    return share_paying(np.broadcast_to(FAMILY, over.shape), np.broadcast_to(STEEP, over.shape), median, over)


def gone_by(market: Market, mean: Floats, ids: Ints, time: Floats) -> Floats:
    """The share of some classes' users, or direct clients, come by a time each; ``mean``: as ``Market`` has it.

    Users come evenly over a part of each step; direct clients are asked for only where a step begins.
    """
    step = np.floor(time / STEP + 1e-9).astype(np.int64)
    before, length = market.last[ids] - step, np.minimum(STEP, market.street.start[ids] - STEP * step)
    later = np.cumsum(np.pad(mean, ((0, 0), (1, 0))), axis=1) / mean.sum(axis=1, keepdims=True)
    after, with_it = (later[ids, np.clip(before + one, 0, STEPS)] for one in (0, 1))
    part = np.clip((time - STEP * step) / (SHARE * np.maximum(length, 1e-9)), 0, 1)
    return np.asarray(np.clip(1 - after - (with_it - after) * (1 - part), 0, 1))


@dataclass
class Sales:
    """What was listed and sold so far, by slot: how many; log of the chances at which, and users reached, by curve."""

    market: Market
    sold: Floats
    chances: Floats
    reached: Floats
    until: float = -np.inf

    @staticmethod
    def none(market: Market) -> Sales:
        """Before anything is listed."""
        size = (len(market.usual), len(OF_CURVE))
        return Sales(market, np.zeros(size[0]), np.zeros(size), np.zeros(size))

    def add(self, books: Books, at: float) -> None:
        """What came of the books since the last time, until now; a sale counts whether or not it stood."""
        session, since, spots, share, until = _listed(self.market, books, self.until, at)
        people, begin = books.people, np.maximum(since, self.until)
        who = np.flatnonzero(people.market & books.booked)
        who = who[np.lexsort((people.comes[who], people.session[who]))]
        times, span = people.comes[who], 10 * (at - min(people.comes.min(), since.min(initial=0.0)))
        order = people.session[who] * span + times
        first, old, over = (np.searchsorted(order, session * span + each) for each in (since, begin, until))
        full = (over - first >= spots) & (over > first)
        last = np.where(full, times[np.clip(first + spots - 1, 0, len(times) - 1)], until)
        ended, begun = (
            gone_by(self.market, self.market.looks, session, each) for each in (np.maximum(last, begin), begin)
        )
        slot, (rates, rate) = self.market.street.slot[session], np.unique(np.round(share, 4), return_inverse=True)
        pay = paying(rates)
        size = (len(self.sold), len(rates))
        self.chances += csr_matrix((over - old, (slot, rate)), size) @ np.log(np.maximum(pay, LEAST))
        self.reached += csr_matrix((ended - begun, (slot, rate)), size) @ pay
        self.sold += np.bincount(slot, over - old, len(self.sold))
        self.until = at


def _listed(market: Market, books: Books, last: float, at: float) -> tuple[Ints, Floats, Ints, Floats, Floats]:
    """Class, since when, spots, rate over retail and until when, of all that was on offer between two times."""
    log = np.concatenate([*books.log, np.zeros((0, 6))])
    log = log[np.lexsort((log[:, 1], log[:, 0]))]
    session, spots = log[:, 0].astype(np.int64), log[:, 2].astype(np.int64)
    later = np.append(np.where(session[1:] == session[:-1], log[1:, 1], np.inf), np.inf)[: len(log)]
    until = np.minimum(np.minimum(later, market.street.start[session]), at)
    now = (spots > 0) & (until > np.maximum(log[:, 1], last))
    log, session = log[now], session[now]
    return session, log[:, 1], spots[now], log[:, 3] / market.of_studio("retail")[session], until[now]


def takers(sales: Sales) -> Floats:
    """How many users of a class of each slot would pay each rate of its studio; (slots, RATES)."""
    market, told = sales.market, np.zeros((len(sales.sold), RATES))
    for number, studio in enumerate(market.studios):
        slots = np.flatnonzero(market.street.slots.studio == number)
        usual = crowd(studio.places) * np.exp(0.5 * market.busy[slots] + KEEN / 2)
        pay = paying(rates_of(studio) / studio.retail)
        told[slots] = _expected(sales, slots, usual, market.street.slots.category[slots]) @ pay.T
    return told


def _expected(sales: Sales, slots: Ints, usual: Floats, category: Ints) -> Floats:
    """How many look at a class of each slot and have each curve; ``usual``: how many look for each one interested."""
    sold, reached = sales.sold[slots][:, None, None], sales.reached[slots][:, :, None]
    looks, shape = usual[:, None, None] * INTERESTED, 1 / KEEN
    log = sales.chances[slots][:, :, None] + sold * np.log(looks) - (shape + sold) * np.log(shape + reached * looks)
    offered = np.unique(category)
    likely = np.array([log[category == each].sum(axis=0) for each in offered])
    likely = np.exp(likely - likely.max(axis=(1, 2), keepdims=True))
    likely = likely.reshape(len(offered), len(SHAPES), len(MEDIANS), len(INTERESTED))
    alone = np.einsum("md,cfdi->cfmi", _ABOUT, likely)  # of each category, by shape, studio's median and interest
    told = np.zeros((len(slots), len(OF_CURVE)))
    for place, each in enumerate(offered):
        others = np.prod(np.delete(alone, place, axis=0), axis=0)
        both = np.einsum("fmi,md->fdi", others, _ABOUT) * likely[place]
        both = (both / both.sum()).reshape(len(OF_CURVE), len(INTERESTED))
        mine = category == each
        look = looks[mine] * (shape + sold[mine]) / (shape + reached[mine] * looks[mine])
        told[mine] = (both * look).sum(axis=2)
    return told


_ABOUT = np.exp(-0.5 * (np.log(MEDIANS / OWN[:, None]) / CATEGORY) ** 2)
_ABOUT /= _ABOUT.sum(axis=1, keepdims=True)
