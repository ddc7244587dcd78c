"""The limits that are ours: what may be listed of a session whatever the model proposes (SS-15, SS-17, SS-19). Pure.

The first rule that holds is stored as the binding one. A limit never raises a number, but for the one that a person set
by hand, within what is free; reservations already made stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from adapter.store.setting_rules import NO_INCREASE_AFTER, NOTHING_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the model proposes for a session."""

    spots: int
    rate: Decimal
    premium_spots: int = 0
    premium_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a session stands, as far as limits look at it."""

    withdrawn: bool = False  # it is still listed though pushing was switched off
    paused: bool = False
    hidden: bool = False
    excluded: bool = False
    blackout: bool = False  # a person said that nothing is to be listed
    by_hand: int | None = None  # the spots that a person set, as far as places are free
    frozen_rate: str | None = None  # the rate that a person set, inside what is agreed
    premium: bool = False  # the studio chose to offer further spots at a higher rate (PR-01)
    held_out: bool = False  # this slot lists nothing this week, for the registered experiment
    floor_agreed: bool = True
    waitlisted: int = 0
    released: bool = False  # inside the release-all window
    read_at: datetime | None = None  # when the platform was last read for this session
    listed: int | None = None  # what we listed last, standard and premium together; None: nothing yet
    granted: int | None = None  # spots that the studio accepted beyond its own limits, as far as they are left
    own_spots: int | None = None  # what the studio's own number at the platform, which we do not fight, leaves
    their_spots: int | None = None  # what the platform's own limit for the marketplace leaves (SPOTS_READ)
    no_increase_after: int = NO_INCREASE_AFTER  # minutes; decisions of before these were settings have the defaults
    nothing_after: int = NOTHING_AFTER  # minutes

    def is_older(self, now: datetime, minutes: int) -> bool:
        """Whether our picture of the session is older than that, or there is none."""
        return self.read_at is None or now - self.read_at > timedelta(minutes=minutes)


WORDS = {
    "withdrawn": "pushing was switched off",
    "paused": "paused",
    "stale": "the booking platform could not be read lately",
    "hidden": "the class is hidden from the public",
    "excluded": "the class is excluded",
    "blackout": "blacked out by hand",
    "by_hand": "set by hand",
    "held_out": "drawn to list nothing this week, to measure what listing brings",
    "floor_missing": "no floor of the rate is agreed yet",
    "waitlisted": "direct clients are on the waiting list",
    "own_cap": "the studio's own number at the platform",
    "their_limit": "the platform's own limit for the marketplace",
    "granted": "as many as were accepted of an opportunity",
}
"""What each binding rule says in an explanation."""


@dataclass(frozen=True, slots=True)
class Limited:
    """What may be listed, and the rule that cut it, if one did."""

    proposal: Proposal
    binding: str | None


def limit(proposal: Proposal, standing: Standing, now: datetime) -> Limited:
    """Apply the limits."""
    if (rule := _closing_rule(standing, now)) is not None:
        return Limited(_cut(proposal, 0), rule)
    proposal, by_hand = _as_set(proposal, standing)
    for rule, most in sorted(_caps(standing, now).items(), key=lambda cap: cap[1]):
        if proposal.spots + proposal.premium_spots > most:
            return Limited(_cut(proposal, most), rule)
    return Limited(proposal, by_hand)


def _as_set(proposal: Proposal, standing: Standing) -> tuple[Proposal, str | None]:
    """The proposal with what a person set in its place, and whether that moved the number of spots."""
    if standing.frozen_rate is not None:
        rate = Decimal(standing.frozen_rate)
        still = proposal.premium_rate is not None and proposal.premium_rate > rate
        proposal = replace(proposal, rate=rate) if still else replace(_standard_only(proposal), rate=rate)
    if standing.by_hand is None:
        return proposal, None
    spots = max(standing.by_hand, min(proposal.spots, standing.granted or 0))
    moved = spots != proposal.spots + proposal.premium_spots
    return replace(_standard_only(proposal), spots=spots), "by_hand" if moved else None


def _standard_only(proposal: Proposal) -> Proposal:
    return replace(proposal, premium_spots=0, premium_rate=None)


def _closing_rule(standing: Standing, now: datetime) -> str | None:
    """The first rule under which nothing is listed."""
    rules = {
        "withdrawn": standing.withdrawn,
        "paused": standing.paused,
        "stale": standing.is_older(now, standing.nothing_after),
        "hidden": standing.hidden,
        "excluded": standing.excluded and standing.granted is None,
        "blackout": standing.blackout and standing.granted is None,
        "held_out": standing.held_out,
        "floor_missing": not standing.floor_agreed,
        "waitlisted": standing.waitlisted > 0 and not standing.released,
    }
    return next((name for name, holds in rules.items() if holds), None)


def _caps(standing: Standing, now: datetime) -> dict[str, int]:
    """Rules under which only so much is listed."""
    caps = {}
    if standing.is_older(now, standing.no_increase_after):
        caps["stale"] = standing.listed or 0
    if standing.granted is not None and (standing.excluded or standing.blackout):
        caps["granted"] = standing.granted
    if standing.own_spots is not None:
        caps["own_cap"] = max(standing.own_spots, standing.granted or 0)
    if standing.their_spots is not None:
        caps["their_limit"] = standing.their_spots  # whatever was accepted or set by hand: it would let nobody in
    return caps


def _cut(proposal: Proposal, most: int) -> Proposal:
    spots = min(proposal.spots, most)
    premium = min(proposal.premium_spots, most - spots)
    return replace(
        proposal, spots=spots, premium_spots=premium, premium_rate=proposal.premium_rate if premium else None
    )
