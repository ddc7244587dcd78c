"""Policies of the town: a static allocation, Littlewood's rule on a pickup forecast, and SmartTools by its own door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from adapter.smarttools import SmartTools
from benchmarks.town.life import Ledger, Policy, Town
from benchmarks.town.records import CEILING, FLOOR, Found, tables_of
from benchmarks.town.timetable import RETAIL, STUDIOS
from benchmarks.worlds.draw import Floats, Ints
from benchmarks.worlds.leads import EDGES
from benchmarks.worlds.peers import protected
from benchmarks.worlds.season import Offer, offer_of
from benchmarks.worlds.smart import decided


def rates(town: Town, ids: Ints, share: Floats | float) -> Floats:
    """``share`` of the way from the floor to the ceiling."""
    retail = RETAIL[town.table.studio[ids]]
    return np.round(retail * (FLOOR + share * (CEILING - FLOOR)), 2)


def on_the_books(town: Town, ledger: Ledger, at: float) -> tuple[Ints, Ints]:
    """Reservations of members and of guests that hold a place now, by class."""
    found = Found.of(ledger)
    if not len(found.session):
        return np.zeros(len(town.table), np.int64), np.zeros(len(town.table), np.int64)
    members, guests = (
        np.bincount(found.session[(found.gone > at) & (found.guest == guest)], minlength=len(town.table))
        for guest in (False, True)
    )
    return members, guests


@dataclass
class Static:
    """Three spots at a flat rate; ``tried``: as they were in the history, at rates that lay about the middle."""

    town: Town
    tried: float = 0.0
    name: str = "static"

    def decide(self, at: float, ids: Ints, ledger: Ledger) -> Offer:
        """What is left of the three."""
        _, through = on_the_books(self.town, ledger, at)
        spots = np.maximum(3 - through[ids], 0)
        if self.tried:
            listed = np.array([studio.listed for studio in STUDIOS])[self.town.table.studio[ids]]
            spots = np.where(listed, spots, 0)
        return offer_of(spots, rates(self.town, ids, 0.5 + self.tried * np.sin(12.9898 * ids)))


@dataclass
class Emsr:
    """Littlewood's rule, solved again at each decision; ``keeps`` times what it says, at a ``share`` of the rates."""

    town: Town
    mean: Floats  # members' reservations that usually stand in the end, by class
    curve: Floats  # the share still to come, at EDGES
    keeps: float = 1.0
    share: float = 0.5
    name: str = "EMSR-b"

    def decide(self, at: float, ids: Ints, ledger: Ledger) -> Offer:
        """All that is free beyond what is protected."""
        direct, through = on_the_books(self.town, ledger, at)
        rate = rates(self.town, ids, self.share)
        retail = RETAIL[self.town.table.studio[ids]]
        coming = self.keeps * self.mean[ids] * np.interp(self.town.table.starts[ids] - at, EDGES, self.curve)
        free = np.maximum(self.town.table.capacity[ids] - direct[ids] - through[ids], 0)
        kept = [protected(*each) for each in zip(coming.tolist(), (rate / retail).tolist(), strict=True)]
        return offer_of(np.maximum(free - np.array(kept, dtype=np.int64), 0), rate)


def pickup(town: Town, history: Ledger) -> tuple[Floats, Floats]:
    """The mean of a slot's last twelve classes, half the places where there are none; and one booking curve."""
    found, table = Found.of(history), town.table
    stood = ~found.guest & np.isinf(found.gone)
    count = np.bincount(found.session[stood], minlength=len(table))
    mean = 0.5 * table.capacity.astype(float)
    for slot in np.unique(table.slot[table.past]).tolist():
        own = table.slot == slot
        mean[own] = count[own & table.past][-12:].mean()
    lead = table.starts[found.session[stood]] - found.booked[stood]
    return mean, np.array([(lead <= edge).mean() for edge in EDGES.tolist()])


@dataclass
class Tools:
    """Decides what SmartTools decides."""

    town: Town
    tools: SmartTools
    weight: float
    name: str = "SmartTools"

    def decide(self, at: float, ids: Ints, ledger: Ledger) -> Offer:
        """Its decisions on some classes."""
        found = self.tools.decide(
            datetime.fromtimestamp(at * 3600, UTC), **tables_of(self.town, ids, ledger, at, self.weight)
        )
        return decided(found)


@dataclass
class OneStudio:
    """One studio decides by itself; the others stay with the static allocation."""

    town: Town
    studio: int
    policy: Policy
    name: str = "one studio"

    def decide(self, at: float, ids: Ints, ledger: Ledger) -> Offer:
        """Each class by whom it belongs to."""
        own = self.town.table.studio[ids] == self.studio
        offer = Static(self.town).decide(at, ids, ledger)
        if own.any():
            mine = self.policy.decide(at, ids[own], ledger)
            for column, values in (
                (offer.spots, mine.spots),
                (offer.rate, mine.rate),
                (offer.premium, mine.premium),
                (offer.premium_rate, mine.premium_rate),
            ):
                column[own] = values
        return offer
