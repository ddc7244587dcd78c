"""Spotlight campaigns: registered, withdrawn, and asked whether a class falls on one (SP-01, SP-02).

Days are the venue's own. What a campaign brought is `adapter.marketplace.spotlight`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.columns import LARGEST_AMOUNT
from adapter.store.facts import Facts
from adapter.store.tables import Audit, Campaign, CampaignVenue, Connection, Studio, Venue

LONGEST = 366  # days
LONGEST_NAME = 120


class CampaignRefused(ValueError):
    """It can't be registered; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """A campaign to be registered. ``venues``: our ids; none: all of the studio's."""

    name: str
    starts_on: date
    ends_on: date
    fee: Decimal
    venues: frozenset[int] = frozenset()
    marketplace: str | None = None


@dataclass(frozen=True)
class Spotlights:
    """A studio's campaigns by venue, ready to be asked about classes."""

    spans: Mapping[tuple[int, str], tuple[ZoneInfo, Sequence[tuple[date, date]]]]  # connection, the platform's venue id

    def on(self, connection_id: int, venue_id: str, starts_at: datetime) -> bool:
        """Whether a class of that venue (the platform's id) starts on a campaign's day."""
        if (connection_id, venue_id) not in self.spans:
            return False
        zone, spans = self.spans[connection_id, venue_id]
        day = starts_at.astimezone(zone).date()
        return any(first <= day <= last for first, last in spans)


def register_campaign(db: Db, studio_id: int, wanted: Wanted, *, actor: str, now: datetime) -> Campaign:
    """Register a campaign, past or to come, in the caller's transaction. Raises CampaignRefused."""
    mine = {venue.id for venue in _venues(db, studio_id)}
    _check(wanted, mine)
    row = Campaign(
        studio_id=studio_id,
        name=wanted.name.strip(),
        marketplace=(wanted.marketplace or "").strip() or None,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        fee=wanted.fee,
        currency=db.get_one(Studio, studio_id).currency,
        registered_by=actor,
        registered_at=now,
    )
    db.add(row)
    db.flush()
    venues = sorted(wanted.venues or mine)
    db.add_all(CampaignVenue(campaign_id=row.id, venue_id=number) for number in venues)
    _note(db, row, "campaign.registered", None, _told(row) | {"venues": venues}, actor=actor, now=now)
    return row


def withdraw_campaign(db: Db, row: Campaign, *, actor: str, now: datetime) -> None:
    """Say that a campaign does not take place: its days are days like others again."""
    if row.withdrawn_at is not None:
        return
    before = _told(row)
    row.withdrawn_at = now
    _note(db, row, "campaign.withdrawn", before, _told(row), actor=actor, now=now)


def campaigns_of(db: Db, studio_id: int) -> Sequence[Campaign]:
    """The campaigns that take place, the latest first."""
    standing = select(Campaign).where(Campaign.studio_id == studio_id, Campaign.withdrawn_at.is_(None))
    return db.scalars(standing.order_by(Campaign.starts_on.desc(), Campaign.id.desc())).all()


def venues_of_campaign(db: Db, campaign_id: int) -> Sequence[Venue]:
    """Where it is placed, by name."""
    placed = select(Venue).join(CampaignVenue, CampaignVenue.venue_id == Venue.id)
    return db.scalars(placed.where(CampaignVenue.campaign_id == campaign_id).order_by(Venue.name, Venue.id)).all()


def spotlights_of(db: Db, studio_id: int, *, without: Collection[int] = ()) -> Spotlights:
    """The studio's campaigns, ready to be asked; ``without``: some, by their ids."""
    placed = (
        select(Venue, Campaign.starts_on, Campaign.ends_on)
        .join(CampaignVenue, CampaignVenue.venue_id == Venue.id)
        .join(Campaign, Campaign.id == CampaignVenue.campaign_id)
        .where(Campaign.studio_id == studio_id, Campaign.withdrawn_at.is_(None), Campaign.id.not_in(without))
    )
    zones: dict[tuple[int, str], ZoneInfo] = {}
    spans: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
    for venue, first, last in db.execute(placed):
        key = venue.connection_id, venue.external_id
        zones[key] = ZoneInfo(venue.timezone)
        spans[key].append((first, last))
    return Spotlights({key: (zones[key], days) for key, days in spans.items()})


def unlit(facts: Facts, campaigns: Spotlights, connection_id: int) -> Facts:
    """A connection's facts without the sessions on days of campaigns: what they tell is confounded (SP-02)."""
    sessions = facts["sessions"]
    starts = zip(sessions["venue_id"], sessions["starts_at"], strict=True)
    kept = sessions[[not campaigns.on(connection_id, venue, at) for venue, at in starts]]
    if len(kept) == len(sessions):
        return facts
    parts = {name: facts[name] for name in ("reservations", "offers")}
    parts = {name: part[part["session_id"].isin(kept["session_id"])] for name, part in parts.items()}
    return facts | {name: part.reset_index(drop=True) for name, part in (parts | {"sessions": kept}).items()}


def _check(wanted: Wanted, mine: set[int]) -> None:
    if not 0 < len(wanted.name.strip()) <= LONGEST_NAME:
        raise CampaignRefused(f"Give it a name, of at most {LONGEST_NAME} characters.")
    if not 0 <= (wanted.ends_on - wanted.starts_on).days < LONGEST:
        raise CampaignRefused(f"The last day may not lie before the first, nor {LONGEST} days or more after it.")
    if not (wanted.fee.is_finite() and 0 <= wanted.fee < LARGEST_AMOUNT):
        raise CampaignRefused("The fee must be 0 or more.")
    if not mine:
        raise CampaignRefused("There is no venue yet: connect a booking system first.")
    if not wanted.venues <= mine:
        raise CampaignRefused(f"This studio has no venue {min(wanted.venues - mine)}.")


def _venues(db: Db, studio_id: int) -> Sequence[Venue]:
    mine = select(Venue).join(Connection, Connection.id == Venue.connection_id)
    return db.scalars(mine.where(Connection.studio_id == studio_id, Venue.gone_at.is_(None))).all()


def _told(row: Campaign) -> dict[str, object]:
    days = {"starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat()}
    return days | {"name": row.name, "fee": str(row.fee), "withdrawn": row.withdrawn_at is not None}


def _note(
    db: Db,
    row: Campaign,
    act: str,
    before: dict[str, object] | None,
    after: dict[str, object],
    *,
    actor: str,
    now: datetime,
) -> None:
    about = f"campaign:{row.id}"
    db.add(Audit(at=now, actor=actor, studio_id=row.studio_id, act=act, about=about, before=before, after=after))
