"""Weeks of the town under a policy: everybody looks at what is there and takes what suits best, or does something else.

A member whose class is full turns to another of their studio's, or stays at home. A guest compares all that is listed
just then, in the whole town, by taste, hour, way and rate: what one class charges moves who comes to the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Protocol

import numpy as np

from benchmarks.town.residents import Wishes, guests, members
from benchmarks.town.timetable import STUDIOS, Timetable, timetable
from benchmarks.worlds.draw import LOOK_AHEAD, Floats, Ints
from benchmarks.worlds.season import STEP, Log, Offer

DRAWN = 2.4  # utility of going anywhere at all, to a guest
WAY = 0.35  # utility that a unit of way costs a guest
LEAST_NOTICE = 0.25  # hours before the start, at which booking ends
WHIMS = 1 << 16


@dataclass
class Ledger:
    """Every reservation, in order of booking, and every offer."""

    wish: list[int] = field(default_factory=list)
    guest: list[bool] = field(default_factory=list)
    session: list[int] = field(default_factory=list)
    booked: list[float] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)  # when it will be given up; infinite: never
    shows: list[bool] = field(default_factory=list)
    paid: list[float] = field(default_factory=list)
    premium: list[bool] = field(default_factory=list)
    offers: list[tuple[int, float, int, float, int, float]] = field(default_factory=list)


class Policy(Protocol):
    """Decides for the classes at hand."""

    name: str

    def decide(self, at: float, ids: Ints, ledger: Ledger) -> Offer:
        """What is on offer of these classes from now on."""
        ...


@dataclass(frozen=True)
class Town:
    """All that is the same under every policy."""

    table: Timetable
    members: Wishes
    guests: Wishes
    homes: Floats  # (studios, 2)
    whims: Floats


@dataclass
class _Market:
    """Places free and what is on offer, by class."""

    town: Town
    ids: Ints  # the classes that happen, in order of start
    free: Ints
    spots: Ints
    rate: Floats
    premium: Ints
    premium_rate: Floats
    ledger: Ledger = field(default_factory=Ledger)
    leaving: list[tuple[float, int]] = field(default_factory=list)  # when, and which reservation

    @classmethod
    def of(cls, town: Town, ids: Ints) -> _Market:
        """Before anybody came."""
        size = len(town.table)
        none, nothing = np.zeros(size, np.int64), np.zeros(size)
        return cls(town, ids, town.table.capacity.copy(), none, nothing, none.copy(), nothing.copy())

    def put(self, now: float, ids: Ints, offer: Offer) -> None:
        """What is on offer from now on; a change is written down."""
        new = (offer.spots, offer.rate, offer.premium, offer.premium_rate)
        held = (self.spots, self.rate, self.premium, self.premium_rate)
        changed = np.any([column[ids] != values for column, values in zip(held, new, strict=True)], axis=0)
        for column, values in zip(held, new, strict=True):
            column[ids] = values
        for row in np.flatnonzero(changed).tolist():
            spots, rate, premium, premium_rate = (values[row].item() for values in new)
            self.ledger.offers.append((int(ids[row]), now, spots, rate, premium, premium_rate))

    def leave_until(self, now: float) -> None:
        """Places of who gave up come back."""
        while self.leaving and self.leaving[0][0] <= now:
            self.free[self.ledger.session[heappop(self.leaving)[1]]] += 1

    def member(self, wish: int) -> None:
        """Their habit while it has a place, else what suits best."""
        table, people = self.town.table, self.town.members
        rows = self._around(people, wish)
        rows = rows[(table.studio[rows] == people.studio[wish]) & (table.opens[rows] <= people.at[wish])]
        rows = rows[self.free[rows] > 0]
        habit = rows[table.slot[rows] == people.slot[wish]]
        if len(habit):
            self._book(people, wish, int(habit[0]), guest=False)
        elif len(rows):
            fits = table.draws[rows] + self._suits(people, wish, rows)
            best = int(np.argmax(fits))
            if fits[best] > people.bar[wish]:
                self._book(people, wish, int(rows[best]), guest=False)

    def guest(self, wish: int) -> None:
        """The best that is listed, if it is worth its rate."""
        table, people = self.town.table, self.town.guests
        rows = self._around(people, wish)
        rows = rows[(self.free[rows] > 0) & (self.spots[rows] + self.premium[rows] > 0)]
        if not len(rows):
            return
        rate = np.where(self.spots[rows] > 0, self.rate[rows], self.premium_rate[rows])
        way = np.abs(self.town.homes[table.studio[rows]] - people.home[wish]).sum(axis=1)
        fits = DRAWN + 0.6 * table.draws[rows] + self._suits(people, wish, rows) - WAY * way - people.dear[wish] * rate
        best = int(np.argmax(fits))
        if fits[best] > people.bar[wish]:
            self._book(people, wish, int(rows[best]), guest=True, paid=float(rate[best]))

    def _around(self, people: Wishes, wish: int) -> Ints:
        """The classes about the time at which somebody would go, that can still be booked."""
        starts, around, reach = self.town.table.starts[self.ids], people.around[wish], people.reach[wish]
        first = np.searchsorted(starts, max(around - reach, people.at[wish] + LEAST_NOTICE))
        return self.ids[first : max(np.searchsorted(starts, around + reach, side="right"), first)]

    def _suits(self, people: Wishes, wish: int, rows: Ints) -> Floats:
        table = self.town.table
        off = np.abs(table.starts[rows] - people.around[wish]) / people.reach[wish]
        whim = self.town.whims[(wish * 7919 + rows * 104_729) % WHIMS]
        fits: Floats = people.likes[wish, table.category[rows]] - off + 0.7 * whim
        return fits

    def _book(self, people: Wishes, wish: int, row: int, *, guest: bool, paid: float = 0.0) -> None:
        ledger, now, start = self.ledger, float(people.at[wish]), float(self.town.table.starts[row])
        share = float(people.flake[wish])
        gone = now + share * (start - now) if share == share else np.inf
        standard = bool(self.spots[row] > 0)
        self.free[row] -= 1
        if guest:
            (self.spots if standard else self.premium)[row] -= 1
        ledger.wish.append(wish)
        ledger.guest.append(guest)
        ledger.session.append(row)
        ledger.booked.append(now)
        ledger.gone.append(gone)
        ledger.shows.append(bool(people.shows[wish]))
        ledger.paid.append(paid)
        ledger.premium.append(guest and not standard)
        if gone < start:
            heappush(self.leaving, (gone, len(ledger.wish) - 1))


def live(
    town: Town,
    policy: Policy | None,
    chosen: np.ndarray,
    *,
    step: float = STEP,
    log: Log | None = None,
) -> Ledger:
    """Let the chosen classes happen; None: nothing is ever listed. ``log`` is given each decision."""
    ids = np.flatnonzero(chosen)
    starts = town.table.starts[ids]
    market = _Market.of(town, ids)
    first, last = float(starts.min()), float(starts.max())
    coming = _coming(town, first, last)
    now, place = np.floor(first / step) * step - LOOK_AHEAD, 0
    while now < last:
        market.leave_until(now)
        at_hand = ids[(starts > now) & (starts <= now + LOOK_AHEAD)]
        if policy is not None and len(at_hand):
            offer = policy.decide(now, at_hand, market.ledger)
            market.put(now, at_hand, offer)
            if log is not None:
                log.append((now, at_hand, offer))
        now += step
        while place < len(coming) and coming[place][0] < now:
            when, is_guest, wish = coming[place]
            market.leave_until(when)
            (market.guest if is_guest else market.member)(wish)
            place += 1
    return market.ledger


def _coming(town: Town, first: float, last: float) -> list[tuple[float, bool, int]]:
    """Who sets about to book, in order of time."""
    out = []
    for people, is_guest in ((town.members, False), (town.guests, True)):
        rows = np.flatnonzero((people.around >= first - 12) & (people.around <= last + 12))
        out += [(at, is_guest, row) for at, row in zip(people.at[rows].tolist(), rows.tolist(), strict=True)]
    return sorted(out)


def town_of(seed: int, weeks: int) -> Town:
    """A town and everybody in it, of some weeks after their history."""
    rng = np.random.default_rng(seed)
    table = timetable(rng, weeks)
    return Town(
        table=table,
        members=members(rng, table, weeks),
        guests=guests(rng, weeks),
        homes=rng.uniform(0, 4, (len(STUDIOS), 2)),
        whims=rng.gumbel(0, 1, WHIMS),
    )
