"""All that SmartTools learned: numbers in named tables. Knows neither pandas nor files."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.smarttools.curves import DIRECT_PRIOR, Curves, fit_curves
from adapter.smarttools.facts import DIRECT, MARKETPLACE, THIRD_PARTY, Offers, Reservations, Sessions, count_by
from adapter.smarttools.level import Level, fit_level
from adapter.smarttools.market import Market, fit_market
from adapter.smarttools.returns import Returns, fit_returns

OTHERS_HOLD = 50.0  # direct reservations before third parties' share is believed


@dataclass
class Model:
    """Levels, curves, returns and marketplace demand. As made, it holds what is assumed where nothing is known."""

    level: Level = field(default_factory=Level)
    curves: Curves = field(default_factory=lambda: Curves(DIRECT_PRIOR))
    returns: Returns = field(default_factory=Returns)
    market: Market = field(default_factory=Market)
    others: float = 0.0  # third-party reservations for each direct one: they take places too
    sessions: int = 0  # finished sessions learned from; 0: the plain rule answers


def learn(sessions: Sessions, reservations: Reservations, offers: Offers, seed: int) -> Model:
    """A model of finished sessions with their reservations and what was listed for them."""
    usable = ~sessions.cancelled & (sessions.capacity > 0)
    held, channel = reservations.standing(), reservations.channel
    direct = count_by(reservations.session[held & (channel == DIRECT)], len(sessions))
    taken = count_by(reservations.session[held], len(sessions))
    own = usable[reservations.session] & (channel != MARKETPLACE)
    others = int((held & (channel == THIRD_PARTY)).sum())
    return Model(
        level=fit_level(sessions, direct, usable & (taken >= sessions.capacity), usable, seed),
        curves=fit_curves(sessions, reservations, own & held, DIRECT_PRIOR),
        returns=fit_returns(sessions, reservations, own),
        market=fit_market(sessions, reservations, offers, usable),
        others=others / (float(direct.sum()) + OTHERS_HOLD),
        sessions=int(usable.sum()),
    )
