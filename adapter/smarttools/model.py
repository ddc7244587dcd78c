"""All that SmartTools learned: numbers in named tables. Knows neither pandas nor files."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.smarttools.curves import DIRECT_PRIOR, Curves, fit_curves
from adapter.smarttools.facts import DIRECT, MARKETPLACE, Bools, Offers, Reservations, Sessions, count_by_session
from adapter.smarttools.forecast import third_party_share
from adapter.smarttools.level import Level, fit_level
from adapter.smarttools.market import Market, fit_market
from adapter.smarttools.returns import Returns, fit_returns


@dataclass
class Model:
    """Levels, curves, returns and marketplace demand. As made, it holds what is assumed where nothing is known."""

    level: Level = field(default_factory=Level)
    curves: Curves = field(default_factory=lambda: Curves(DIRECT_PRIOR))
    returns: Returns = field(default_factory=Returns)
    market: Market = field(default_factory=Market)
    other: float = 0.0  # third-party reservations for each direct one
    sessions: int = 0  # finished sessions learned from; 0: the plain rule answers


def learn(sessions: Sessions, reservations: Reservations, offers: Offers, seed: int) -> Model:
    """A model of finished sessions with their reservations and what was listed for them."""
    usable: Bools = ~sessions.cancelled & (sessions.capacity > 0)
    held = reservations.standing()
    counts = count_by_session(reservations.session, held & (reservations.channel == DIRECT), len(sessions))
    taken = count_by_session(reservations.session, held, len(sessions))
    in_use = usable[reservations.session]
    direct = in_use & (reservations.channel != MARKETPLACE)
    return Model(
        level=fit_level(sessions, counts, usable & (taken >= sessions.capacity), usable, seed),
        curves=fit_curves(sessions, reservations, direct & held, DIRECT_PRIOR),
        returns=fit_returns(sessions, reservations, direct),
        market=fit_market(sessions, reservations, offers, usable),
        other=third_party_share(reservations),
        sessions=int(usable.sum()),
    )
