"""Marketplace demand: how many would book a session through the marketplace, and when.

Reservations came only while spots were listed: each stretch of an offer counts for the share of marketplace bookings
usually made in it, up to the moment its spots were sold out, and what was not listed says nothing. Classes that many
want are sold out early, so what stood open late was wanted by few: each class counts for as many as its own sales make
likely (gamma-Poisson). How demand falls with the rate is in ``response``. Knows totals only, no person (SR-04).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from adapter.smarttools.curves import MARKETPLACE_PRIOR, WIDTHS, Curves, fit_curves
from adapter.smarttools.facts import (
    MARKETPLACE,
    NO_SHOW,
    TRIAL,
    Bools,
    Floats,
    Ints,
    Offers,
    Reservations,
    Sessions,
    count_by,
    least_by,
    sum_by,
    sums_by,
)
from adapter.smarttools.listing import ended
from adapter.smarttools.openness import overlap
from adapter.smarttools.ratios import Ratios, gamma_poisson, shrunk
from adapter.smarttools.response import Responses, Stretches, chance, learn_responses

SHARE = 0.25  # of the places: marketplace demand at a rate near nothing, where nothing is known
SHARE_PLACES = 200.0  # places listed that this belief counts for
UNKNOWN_LISTING = 0.2  # what a session counts for when nobody wrote down what was listed
USUAL_RATE = 0.5  # of the retail rate, where nobody wrote down what was paid
HOLD = {"hour": 10.0, "category": 10.0, "studio": 4.0, "studio hour": 20.0, "cell": 15.0, "slot": 15.0}
ROUNDS = 3  # of learning curves from demand and demand from curves
# Squared variation between classes of one slot of how many look: what it is chosen from; where nothing is known; and
# how far (log) belief in that goes.
VARIES: Floats = np.array([0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.45])
USUALLY, DECADES = 0.1, 1.0
CAME, MISSED = 18.0, 2.0  # marketplace reservations that are believed to have been attended and missed beforehand


@dataclass
class Market:
    """What was learned of marketplace demand."""

    share: float = SHARE  # of the places, over all studios
    curves: Curves = field(default_factory=lambda: Curves(MARKETPLACE_PRIOR))
    chain: dict[str, Ratios] = field(default_factory=lambda: {name: Ratios(hold) for name, hold in HOLD.items()})
    responses: Responses = field(default_factory=Responses)  # to the rate
    attended: float = CAME / (CAME + MISSED)  # of the marketplace reservations that stood

    def mean(self, sessions: Sessions) -> Floats:
        """Marketplace reservations expected at a rate near nothing, listed from the first day to the last."""
        return self.keen(sessions) * np.nan_to_num(sessions.capacity)

    def keen(self, sessions: Sessions) -> Floats:
        """The same for each place."""
        keen = np.full(len(sessions), self.share)
        for name in HOLD:
            keen = keen * self.chain[name].of(sessions.groups[name])
        return keen


def fit_market(
    sessions: Sessions, reservations: Reservations, offers: Offers, usable: Bools, open_to: Floats
) -> Market:
    """Learn from finished sessions, and from what was listed for them; ``open_to``: when they were not full."""
    taken = (reservations.channel == MARKETPLACE) & usable[reservations.session]
    sold = taken & (reservations.product != TRIAL)
    held = sold & reservations.standing()
    until, booked = ended(sessions, reservations, taken, offers)
    start = sessions.starts[offers.session]
    listed_for = overlap(start - offers.since, start - until) / WIDTHS * open_to[offers.session]
    listed_for = np.where(offers.spots[:, None] > 0, listed_for, 0.0)
    unwritten = _unwritten(sessions, reservations, offers, sold, usable)
    market, wanted = Market(), np.ones(len(sessions))
    for _ in range(ROUNDS):
        market.curves = _fit_curves(sessions, reservations, offers, held, listed_for, market, wanted)
        listed = _listed(sessions, offers, listed_for, booked, market)
        weighed = replace(listed, part=listed.part * wanted[listed.session])
        market.responses = learn_responses(sessions, weighed)
        _fit_chain(market, sessions, weighed.joined(unwritten), usable)
        wanted = _wanted(market, sessions, listed)
    missed = int((held & (reservations.outcome == NO_SHOW)).sum())
    market.attended = 1 - (missed + MISSED) / (int(held.sum()) + CAME + MISSED)
    return market


def _fit_chain(market: Market, sessions: Sessions, stretches: Stretches, usable: Bools) -> None:
    accept = _accepted(market, sessions, stretches.session, stretches.share)
    exposure = sum_by(stretches.session, stretches.part * accept, len(sessions))
    seen = sum_by(stretches.session, stretches.booked, len(sessions))
    means = np.nan_to_num(sessions.capacity) * exposure
    market.share = (SHARE * SHARE_PLACES + float(seen.sum())) / (SHARE_PLACES + float(means.sum()))
    means *= market.share
    for name, hold in HOLD.items():
        groups = sessions.groups[name]
        market.chain[name] = shrunk(groups, seen, means, usable.astype(np.float64), hold)
        means = means * market.chain[name].of(groups)


def _wanted(market: Market, sessions: Sessions, listed: Stretches) -> Floats:
    """How many times as many as usual look at each session, as its own sales tell."""
    accept = _accepted(market, sessions, listed.session, listed.share)
    usual = sum_by(listed.session, listed.part * accept, len(sessions)) * market.mean(sessions)
    booked = sum_by(listed.session, listed.booked, len(sessions))

    shown = usual > 0

    def likely(varies: float) -> float:
        belief = (np.log(varies / USUALLY) / DECADES) ** 2 / 2
        return float(gamma_poisson(booked[shown], usual[shown], varies).sum() - belief)

    shape = 1 / max(VARIES.tolist(), key=likely)
    return np.asarray((shape + booked) / (shape + usual), dtype=np.float64)


def _accepted(market: Market, sessions: Sessions, session: Ints, share: Floats) -> Floats:
    """The chance that one who looks at a session books at ``share`` of its retail rate."""
    median, scale = market.responses.of(sessions)
    return chance(share, median[session], scale[session])


def _unwritten(sessions: Sessions, reservations: Reservations, offers: Offers, sold: Bools, usable: Bools) -> Stretches:
    """Sessions of which nobody wrote down what was listed: they count a little, at the rates usually paid.

    Before the first class with a marketplace reservation, a studio was not listed at all: that tells nothing of who
    would have come.
    """
    chosen = reservations.session[sold]
    first = least_by(sessions.houses[chosen], sessions.starts[chosen], len(sessions.studios[0]))
    usable = usable & (sessions.starts >= first[sessions.houses])
    blind = np.flatnonzero(usable & ~np.isin(np.arange(len(sessions)), offers.session))
    paid = sold & (reservations.amount > 0)
    shares = reservations.amount[paid] / sessions.retail[reservations.session[paid]]
    usual = float(np.mean(shares)) if len(shares) else USUAL_RATE
    booked = count_by(reservations.session[sold], len(sessions))[blind]
    part = np.full(len(blind), UNKNOWN_LISTING)
    return Stretches(blind, np.full(len(blind), usual), part, UNKNOWN_LISTING * booked)


def _fit_curves(
    sessions: Sessions,
    reservations: Reservations,
    offers: Offers,
    held: Bools,
    listed_for: Floats,
    market: Market,
    wanted: Floats,
) -> Curves:
    """When marketplace users book, given when there was something to book. Where nobody wrote that down: the prior."""
    chosen = held & np.isin(reservations.session, offers.session)
    session = reservations.session[chosen]
    accept = _accepted(market, sessions, offers.session, offers.rate / sessions.retail[offers.session])
    listed = sums_by(offers.session, listed_for * accept[:, None], len(sessions))
    chances = listed * (wanted * market.mean(sessions))[:, None]
    explained = float((chances @ MARKETPLACE_PRIOR).sum())
    chances *= len(session) / explained if explained > 0 else 0.0
    lead = sessions.starts[session] - reservations.booked[chosen]
    return fit_curves(sessions, session, lead, chances, MARKETPLACE_PRIOR, np.ones(len(sessions)))


def _listed(sessions: Sessions, offers: Offers, listed_for: Floats, booked: Floats, market: Market) -> Stretches:
    rows, row = np.unique(offers.session, return_inverse=True)
    shares = np.diff(market.curves.through(sessions.take(rows)), axis=1)
    part = (listed_for * shares[row]).sum(axis=1)
    rate = offers.rate / sessions.retail[offers.session]
    return Stretches(offers.session, rate, part, np.where(part > 0, booked, 0.0))
