"""A studio's holdout: registered before it begins, drawn by a seed nobody chose, asked for each class (N-03)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.experiments.assignment import is_held_out, week_of
from adapter.guarantee.periods import local_date
from adapter.store.audit import note_studio
from adapter.store.tables import Holdout, Studio

METRIC = "what a class brings: direct visits at their price, marketplace reservations at their payout"
LEAST_SHARE, MOST_SHARE = 0.02, 0.5
LEAST_WEEKS, MOST_WEEKS = 4, 52


class HoldoutRefused(ValueError):
    """It can't be registered; the message says why."""


@dataclass(frozen=True)
class Draw:
    """A registered holdout, ready to be asked about classes."""

    row: Holdout
    zone: ZoneInfo

    def week(self, starts_at: datetime) -> str | None:
        """The week of a class; None where it is outside the experiment."""
        day = starts_at.astimezone(self.zone).date()
        return week_of(day) if self.row.starts_on <= day <= self.row.ends_on else None

    def is_over(self, today: date) -> bool:
        """Whether another one may be registered."""
        return self.row.ends_on < today

    def holds_out(self, slot: str | None, starts_at: datetime) -> bool:
        """Whether a class lists nothing for the experiment's sake; one of no recurring slot never does."""
        week = self.week(starts_at)
        return slot is not None and week is not None and is_held_out(self.row.seed, slot, week, self.row.share)


def register_holdout(db: Db, studio_id: int, share: float, weeks: int, *, actor: str, now: datetime) -> Holdout:
    """Register a holdout from next Monday on. Raises HoldoutRefused."""
    if not LEAST_SHARE <= share <= MOST_SHARE or not LEAST_WEEKS <= weeks <= MOST_WEEKS:
        shares, weeks_allowed = f"{LEAST_SHARE:.0%} to {MOST_SHARE:.0%}", f"{LEAST_WEEKS} to {MOST_WEEKS}"
        raise HoldoutRefused(f"A holdout takes {shares} of the slots, for {weeks_allowed} weeks.")
    today = local_date(now, db.get_one(Studio, studio_id).timezone)
    running = draw_of(db, studio_id)
    if running is not None and not running.is_over(today):
        raise HoldoutRefused(f"A holdout is registered until {running.row.ends_on:%-d %b %Y}: one at a time.")
    monday = today + timedelta(days=7 - today.weekday())
    row = Holdout(
        studio_id=studio_id,
        seed=secrets.token_hex(16),
        share=share,
        starts_on=monday,
        ends_on=monday + timedelta(days=7 * weeks - 1),
        metric=METRIC,
        registered_by=actor,
        registered_at=now,
    )
    db.add(row)
    said = {"share": share, "starts_on": monday.isoformat(), "ends_on": row.ends_on.isoformat(), "metric": METRIC}
    note_studio(db, studio_id, "holdout.registered", said, actor=actor, now=now)
    db.flush()
    return row


def draw_of(db: Db, studio_id: int) -> Draw | None:
    """The studio's latest holdout; None where it has none."""
    row = db.scalar(select(Holdout).where(Holdout.studio_id == studio_id).order_by(Holdout.id.desc()).limit(1))
    return None if row is None else Draw(row, ZoneInfo(db.get_one(Studio, studio_id).timezone))
