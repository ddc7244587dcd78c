"""Registering a Spotlight campaign, or saying that it does not take place (SP-01). Audited; the channel is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.marketplace.feed import touch
from adapter.store.audit import write_line
from adapter.store.columns import LARGEST_AMOUNT
from adapter.store.tables import Campaign, CampaignVenue, Connection, Studio, Venue

LONGEST = 366  # days
LONGEST_NAME = 120


class CampaignRefused(ValueError):
    """It can't be registered; the message says why. ``fields``: of a campaign, those that are wrong."""

    def __init__(self, why: str, *fields: str) -> None:
        super().__init__(why)
        self.fields = fields


@dataclass(frozen=True)
class Wanted:
    """A campaign to be registered. ``venues``: our ids; none: all of the studio's."""

    name: str
    starts_on: date
    ends_on: date
    fee: Decimal
    venues: frozenset[int] = frozenset()
    marketplace: str | None = None


def register_campaign(db: Db, studio_id: int, wanted: Wanted, *, actor: str, now: datetime) -> Campaign:
    """Register a campaign, past or to come, in the caller's transaction. Raises CampaignRefused."""
    mine = {venue.id for venue in _venues(db, studio_id)}
    _check(wanted, mine)
    _check_new(db, studio_id, wanted)
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
    touch(db, now, studio_id=studio_id)
    return row


def withdraw_campaign(db: Db, row: Campaign, *, actor: str, now: datetime) -> None:
    """Say that a campaign does not take place: its days are days like others again."""
    if row.withdrawn_at is not None:
        return
    before = _told(row)
    row.withdrawn_at = now
    _note(db, row, "campaign.withdrawn", before, _told(row), actor=actor, now=now)
    touch(db, now, studio_id=row.studio_id)


def _check(wanted: Wanted, mine: set[int]) -> None:
    if not 0 < len(wanted.name.strip()) <= LONGEST_NAME:
        raise CampaignRefused(f"Give it a name, of at most {LONGEST_NAME} characters.", "name")
    if not 0 <= (wanted.ends_on - wanted.starts_on).days < LONGEST:
        why = f"The last day may not lie before the first, nor {LONGEST} days or more after it."
        raise CampaignRefused(why, "ends_on")
    if not (wanted.fee.is_finite() and 0 <= wanted.fee < LARGEST_AMOUNT):
        raise CampaignRefused("The fee must be 0 or more.", "fee")
    if not mine:
        raise CampaignRefused("There is no venue yet: connect a booking system first.")
    if not wanted.venues <= mine:
        raise CampaignRefused(f"This studio has no venue {min(wanted.venues - mine)}.")


def _check_new(db: Db, studio_id: int, wanted: Wanted) -> None:
    """Sent twice, a form registers one campaign: its fee counts once."""
    same = select(Campaign.id).where(
        Campaign.studio_id == studio_id,
        Campaign.name == wanted.name.strip(),
        Campaign.starts_on == wanted.starts_on,
        Campaign.ends_on == wanted.ends_on,
        Campaign.withdrawn_at.is_(None),
    )
    if db.scalar(same.limit(1)) is not None:
        raise CampaignRefused("A campaign of this name is registered for these days already.", "name")


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
    write_line(db, row.studio_id, act, about, before, after, actor=actor, now=now)
