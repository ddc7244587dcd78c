"""Marketplace demand: how many would book a session through the marketplace, when, and at which rates.

Reservations came only while spots were listed: each stretch of an offer counts for the share of marketplace bookings
usually made in it, up to the moment its spots were sold out; what was not listed says nothing. How demand falls with
the rate is a weighted set of logistic curves over the rate as a share of the retail rate, starting from a prior and
moved by what sold at different rates in the same kind of class. Knows totals only, no person (SR-04).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapter.smarttools.curves import MARKETPLACE_PRIOR, Curves, fit_curves, keys_of, still_to_come
from adapter.smarttools.facts import MARKETPLACE, NO_SHOW, TRIAL, Bools, Floats, Ints, Offers, Reservations, Sessions
from adapter.smarttools.level import Ratios, keys, shrunk_ratios

SHARE = 0.25  # of the places: marketplace demand at a rate near nothing, where nothing is known
UNKNOWN_LISTING = 0.2  # what a session counts for when nobody wrote down what was listed
HOLD = {"studio": 4.0, "studio hour": 20.0, "cell": 15.0, "slot": 15.0}
MEDIANS: Floats = np.repeat(np.linspace(0.25, 1.1, 18), 3)  # rate over retail at which half would still book
SCALES: Floats = np.tile(np.array([0.08, 0.14, 0.22]), 18)
PRIOR: Floats = np.exp(-0.5 * ((MEDIANS - 0.6) / 0.2) ** 2)
TEMPER = 0.5  # rates were not set at random: their evidence counts half
ATTENDED_PRIOR = (18.0, 2.0)  # attended and missed, of marketplace reservations that stood


@dataclass
class Market:
    """What was learned of marketplace demand."""

    curves: Curves = field(default_factory=lambda: Curves(MARKETPLACE_PRIOR))
    chain: dict[str, Ratios] = field(default_factory=lambda: {name: Ratios(hold) for name, hold in HOLD.items()})
    weights: Floats = field(default_factory=lambda: PRIOR / PRIOR.sum())
    attended: float = ATTENDED_PRIOR[0] / sum(ATTENDED_PRIOR)

    def mean(self, sessions: Sessions) -> Floats:
        """Marketplace reservations expected at a rate near nothing, listed from the first day to the last."""
        means = SHARE * np.nan_to_num(sessions.capacity)
        for name in HOLD:
            ratios = self.chain[name]
            means = means * np.array([ratios.ratio.get(key, 1.0) for key in keys(sessions, name)])
        return means

    def accepts(self, share: Floats) -> Floats:
        """The chance that one who looks books at a rate of ``share`` of the retail rate."""
        return _logistic(share[..., None]) @ self.weights


def _logistic(share: Floats) -> Floats:
    return 1 / (1 + np.exp(np.clip((share - MEDIANS) / SCALES, -40, 40)))


def fit_market(sessions: Sessions, reservations: Reservations, offers: Offers, usable: Bools) -> Market:
    """Learn from finished sessions, and from what was listed for them."""
    sold = (reservations.channel == MARKETPLACE) & (reservations.product != TRIAL) & usable[reservations.session]
    market = Market(fit_curves(sessions, reservations, sold & reservations.standing(), MARKETPLACE_PRIOR))
    session, share, part, count = _stretches(sessions, reservations, offers, sold, market, usable)
    market.weights = _rate_response(sessions, session, share, part, count)
    exposure = np.bincount(session, weights=part * market.accepts(share), minlength=len(sessions))
    seen = np.bincount(session, weights=count, minlength=len(sessions))
    means = SHARE * np.nan_to_num(sessions.capacity) * exposure
    for name, hold in HOLD.items():
        market.chain[name] = shrunk_ratios(keys(sessions, name), seen, means, usable.astype(np.float64), hold)
        means = means * np.array([market.chain[name].ratio.get(key, 1.0) for key in keys(sessions, name)])
    held = sold & reservations.standing()
    missed = float(np.count_nonzero(reservations.outcome[held] == NO_SHOW)) + ATTENDED_PRIOR[1]
    market.attended = 1 - missed / (np.count_nonzero(held) + sum(ATTENDED_PRIOR))
    return market


Stretches = tuple[Ints, Floats, Floats, Floats]  # session, rate over retail, share of bookings made in it, booked in it


def _stretches(
    sessions: Sessions, reservations: Reservations, offers: Offers, sold: Bools, market: Market, usable: Bools
) -> Stretches:
    listed = _listed(sessions, reservations, offers, sold, market)
    blind = usable & ~np.isin(np.arange(len(sessions)), offers.session)
    return tuple(  # type: ignore[return-value]  # four arrays, joined pairwise
        np.concatenate(pair) for pair in zip(listed, _unwritten(sessions, reservations, sold, blind), strict=True)
    )


def _unwritten(sessions: Sessions, reservations: Reservations, sold: Bools, blind: Bools) -> Stretches:
    """Sessions of which nobody wrote down what was listed: they count a little, at the rates that were paid."""
    session = np.flatnonzero(blind)
    counts = np.bincount(reservations.session[sold], minlength=len(sessions)).astype(np.float64)
    paid = reservations.amount[sold & (reservations.amount > 0)]
    retail = sessions.retail[reservations.session[sold & (reservations.amount > 0)]]
    usual = float(np.mean(paid / retail)) if len(paid) else 0.5
    whole = np.full(len(session), UNKNOWN_LISTING)
    return session, np.full(len(session), usual), whole, UNKNOWN_LISTING * counts[session]


def _listed(sessions: Sessions, reservations: Reservations, offers: Offers, sold: Bools, market: Market) -> Stretches:
    start = sessions.starts[offers.session]
    following = np.append(offers.since[1:], np.inf)
    same = np.append(offers.session[1:] == offers.session[:-1], False)
    until = np.minimum(np.where(same, following, np.inf), start)
    first, last, booked = _between(reservations, sold, offers, until)
    count = np.minimum(last - first, offers.spots).astype(np.float64)
    gone = (offers.spots > 0) & (last - first >= offers.spots)
    if gone.any():
        until[gone] = booked[first[gone] + offers.spots[gone].astype(np.int64) - 1]
    part = np.zeros(len(offers.since))
    for index in np.flatnonzero((offers.spots > 0) & (until > offers.since)).tolist():
        shares = market.curves.of(keys_of(sessions, int(offers.session[index])))
        lead = start[index] - np.array([offers.since[index], until[index]])
        part[index] = np.diff(still_to_come(shares, lead))[0] * -1
    return offers.session, offers.rate / sessions.retail[offers.session], part, np.where(part > 0, count, 0.0)


def _between(reservations: Reservations, sold: Bools, offers: Offers, until: Floats) -> tuple[Ints, Ints, Floats]:
    timed = sold & ~np.isnan(reservations.booked)
    order = np.lexsort((reservations.booked[timed], reservations.session[timed]))
    session, booked = reservations.session[timed][order], reservations.booked[timed][order]
    wide = 1e7  # more hours than any instant has
    at = session * wide + booked
    first = np.searchsorted(at, offers.session * wide + offers.since, side="left")
    return first, np.maximum(np.searchsorted(at, offers.session * wide + until, side="left"), first), booked


def _rate_response(sessions: Sessions, session: Ints, share: Floats, part: Floats, count: Floats) -> Floats:
    """Posterior weights: within one kind of class, which rates sold more than their part of the time explains."""
    open_ = part > 0
    if not count[open_].any():
        return PRIOR / PRIOR.sum()
    cell = np.unique(np.array(keys(sessions, "cell"), dtype=object), return_inverse=True)[1][session[open_]]
    accepted = _logistic(share[open_][:, None])
    total = np.zeros((cell.max() + 1, len(MEDIANS)))
    np.add.at(total, cell, part[open_][:, None] * accepted)
    sold = np.bincount(cell, weights=count[open_], minlength=len(total))
    told = count[open_] @ np.log(accepted) - sold @ np.log(np.maximum(total, 1e-300))
    posterior = np.log(PRIOR) + TEMPER * told
    weights = np.exp(posterior - posterior.max())
    return weights / weights.sum()
