"""The franchisor's share of each payout, with the days of class from which it holds (GC-02, J8).

A payout includes the share; the ledger shows it apart. A share that is set for days gone by is booked as corrections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.audit import note_studio
from adapter.store.tables import FranchisorShare

NONE = Decimal(0)


@dataclass(frozen=True)
class Shares:
    """The shares of a studio, the latest recorded first where two begin on one day."""

    rows: Sequence[FranchisorShare]

    def on(self, venue_id: int, day: date) -> Decimal:
        """The share of a payout at a venue for a class of that day: the venue's own, else the studio's, else none."""
        for wanted in (venue_id, None):
            held = [row for row in self.rows if row.venue_id == wanted and row.since <= day]
            if held:
                return max(held, key=lambda row: (row.since, row.id)).share
        return NONE


def shares_of(db: Db, studio_id: int, *, then: datetime | None = None) -> Shares:
    """Every share that was set at a studio, or had been ``then``."""
    rows = select(FranchisorShare).where(FranchisorShare.studio_id == studio_id).order_by(FranchisorShare.id)
    return Shares(db.scalars(rows if then is None else rows.where(FranchisorShare.recorded_at <= then)).all())


def set_share(
    db: Db, studio_id: int, venue_id: int | None, share: Decimal, since: date, *, actor: str, now: datetime
) -> FranchisorShare:
    """Set the share from a day of class on: of one venue of the studio's, or of all that have none of their own."""
    row = FranchisorShare(studio_id=studio_id, venue_id=venue_id, since=since, share=share)
    row.recorded_by, row.recorded_at = actor, now
    db.add(row)
    after = {"share": f"{share:f}", "since": since.isoformat(), "venue": venue_id}
    note_studio(db, studio_id, "payouts.share", after, actor=actor, now=now)
    db.flush()
    return row
