"""Who comes: the direct clients of a studio and the marketplace's users, with names, addresses and habits.

Knows persons; a person becomes a client in the studio's books only when they first book (``crowd``). Every person is
invented; addresses are on domains reserved for documentation, but for one well-known placeholder.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_FIRST = """
Ana Ben Carla Dev Elena Femi Grace Hugo Ines Jonas Keiko Liam Maya Noah Olga Priya Quinn Rosa Sam Tara Uma Victor
Wanda Ximena Yusuf Zoe Adele Bruno Chloe Dario Esther Farah Gwen Hanna Idris Julia Karim Lena Marta Nadia Oscar
Paula Rafael Sofia Theo Ursula Vera Wes Yara Zack Amara Bilal Celine Dora Emil Freya Gita Hal Imani Joel
"""
_LAST = """
Abbott Baker Castro Dietz Evans Fischer Garcia Hughes Ivanov Jensen Kaur Lopez Meyer Nguyen Okafor Patel Quist
Rossi Singh Tanaka Ueda Vargas Walsh Xu Young Zimmer Allen Brandt Costa Drake Ellis Flores Grant Haddad Ito Jones
Klein Larsen Moore Novak Ortiz Price Ramos Silva Turner Urban Vogel Weber Yilmaz Ziegler Ahmed Boyd Chen Diaz
Engel Foster Gomez Hill Iqbal Jacobs Kim Lewis Marsh Nash Owens Park Reyes Shaw Torres Underwood Vance Wong
"""
FIRST_NAMES = tuple(_FIRST.split())
LAST_NAMES = tuple(_LAST.split())
DOMAINS = ("example.com", "example.net", "example.org")
PLACEHOLDER = "none@none.com"
"""What front desks type where an address is asked for and none is at hand."""

Floats = NDArray[np.float64]


class Habit(IntEnum):
    """How a direct client pays."""

    UNLIMITED = 0
    MONTHLY = 1  # a membership with a number of visits
    PACK = 2
    DROP_IN = 3
    THIRD_PARTY = 4  # a pass of another integrator


HABIT_SHARES = (0.26, 0.14, 0.30, 0.24, 0.06)
_ACTIVITY = np.array([2.6, 1.8, 1.1, 0.5, 0.8])  # how often they come, relative to each other

_MISSING, _PLACEHOLDER_SHARE, _SHARED, _RELAY = 0.03, 0.01, 0.03, 0.02


@dataclass(frozen=True)
class People:
    """The direct clients of a studio, by index. Instants are Unix seconds."""

    first: list[str]
    last: list[str]
    email: list[str | None]
    habit: list[Habit]
    joins: Floats
    leaves: Floats
    liking: Floats  # slots x persons: how likely each is among those who come to a slot

    def choose(self, slot: int, at: float, count: int, rng: np.random.Generator) -> list[int]:
        """Different persons for a class: those who are around at the time, favouring who likes the slot."""
        around = np.flatnonzero((self.joins <= at) & (self.leaves > at))
        count = min(count, around.size)
        if count == 0:
            return []
        keys = rng.standard_exponential(around.size) / self.liking[slot][around]
        chosen = around[np.argpartition(keys, count - 1)[:count]]
        return [int(person) for person in rng.permutation(np.sort(chosen))]


@dataclass(frozen=True)
class Users:
    """The marketplace's users near a studio, by index. ``known_as`` is the direct client that some of them are."""

    first: list[str]
    last: list[str]
    email: list[str]
    known_as: list[int | None]
    same_record: list[bool]  # whether the platform knows the two for one client


def draw_people(rng: np.random.Generator, count: int, slots: int, start: float, end: float) -> People:
    """Invent a studio's direct clients: some were there at ``start``, others join until ``end`` and beyond."""
    habit = rng.choice(len(Habit), size=count, p=HABIT_SHARES)
    span = end - start
    stay = rng.exponential(np.where(habit <= Habit.MONTHLY, 1.4, 0.7) * 365 * 86400)
    joins = np.where(
        rng.random(count) < 0.4, start - rng.random(count) * 0.5 * span, start + rng.random(count) * 1.3 * span
    )
    core = rng.random(count) < 0.35  # a core that was there before and stays: no time without clients
    joins, leaves = np.where(core, start - 86400, joins), np.where(core, end + 5 * 365 * 86400, joins + stay)
    activity = _ACTIVITY[habit] * rng.lognormal(0, 0.8, count)
    liking = activity * (0.02 + rng.gamma(0.15, 1.0, (slots, count)))
    first, last = _names(rng, count)
    return People(first, last, _emails(rng, first, last), [Habit(h) for h in habit], joins, leaves, liking)


def draw_users(rng: np.random.Generator, count: int, known: float, people: People) -> Users:
    """Invent the marketplace's users; a share of them are direct clients of the studio, by the same address."""
    first, last = _names(rng, count)
    email: list[str] = [
        f"{a}.{b}{n}@{DOMAINS[n % 3]}".lower() for n, (a, b) in enumerate(zip(first, last, strict=True))
    ]
    known_as: list[int | None] = [None] * count
    for user in np.flatnonzero(rng.random(count) < known):
        person = int(rng.integers(len(people.first)))
        address = people.email[person]
        if address is not None and address != PLACEHOLDER:
            known_as[user] = person
            first[user], last[user], email[user] = people.first[person], people.last[person], address
    return Users(first, last, email, known_as, [bool(same) for same in rng.random(count) < 0.6])


def _names(rng: np.random.Generator, count: int) -> tuple[list[str], list[str]]:
    first = [FIRST_NAMES[n] for n in rng.integers(len(FIRST_NAMES), size=count)]
    last = [LAST_NAMES[n] for n in rng.integers(len(LAST_NAMES), size=count)]
    return first, last


def _emails(rng: np.random.Generator, first: list[str], last: list[str]) -> list[str | None]:
    kinds = rng.random(len(first))
    relays = rng.integers(16**10, size=len(first))
    emails: list[str | None] = []
    for n, kind in enumerate(kinds):
        own = f"{first[n]}.{last[n]}.{n}@{DOMAINS[n % 3]}".lower()
        if kind < _MISSING:
            emails.append(None)
        elif kind < _MISSING + _PLACEHOLDER_SHARE:
            emails.append(PLACEHOLDER)
        elif kind < _MISSING + _PLACEHOLDER_SHARE + _SHARED and n:
            emails.append(emails[n - 1])  # a family's address
        elif kind > 1 - _RELAY:
            emails.append(f"{relays[n]:010x}@privaterelay.example.com")
        else:
            emails.append(own)
    return emails
