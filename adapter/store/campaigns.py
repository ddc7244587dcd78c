"""Spotlight campaigns as they stand, and whether a class falls on one (SP-01, SP-02).

Days are the venue's own. What a campaign brought is `adapter.marketplace.spotlight`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as Db

from adapter.store.facts import Facts
from adapter.store.tables import Campaign, CampaignVenue, Venue


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


def campaigns_of(db: Db, studio_id: int, at: datetime) -> Sequence[Campaign]:
    """The campaigns that take place, as far as was known at an instant, the latest first."""
    still = or_(Campaign.withdrawn_at.is_(None), Campaign.withdrawn_at > at)
    standing = select(Campaign).where(Campaign.studio_id == studio_id, Campaign.registered_at <= at, still)
    return db.scalars(standing.order_by(Campaign.starts_on.desc(), Campaign.id.desc())).all()


def venues_of_campaign(db: Db, campaign_id: int) -> Sequence[Venue]:
    """Where it is placed, by name."""
    placed = select(Venue).join(CampaignVenue, CampaignVenue.venue_id == Venue.id)
    return db.scalars(placed.where(CampaignVenue.campaign_id == campaign_id).order_by(Venue.name, Venue.id)).all()


def spotlights_of(
    db: Db, studio_id: int, *, without: Collection[int] = (), marketplace: str | None = None
) -> Spotlights:
    """The studio's campaigns, ready to be asked; ``without``: some, by id; ``marketplace``: what that one places."""
    placed = (
        select(Venue, Campaign.starts_on, Campaign.ends_on)
        .join(CampaignVenue, CampaignVenue.venue_id == Venue.id)
        .join(Campaign, Campaign.id == CampaignVenue.campaign_id)
        .where(Campaign.studio_id == studio_id, Campaign.withdrawn_at.is_(None), Campaign.id.not_in(without))
    )
    if marketplace is not None:
        named = func.lower(Campaign.marketplace) == marketplace.lower()
        placed = placed.where(or_(Campaign.marketplace.is_(None), named))
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
