"""Making statements and keeping them: signed, never changed, each version saying what changed since the one before.

Every day a provisional one; a final one once everything is settled and two people have agreed (`judging`). A version
that would say the same again is not made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.guarantee import assess
from adapter.guarantee.changes import changes
from adapter.guarantee.signing import canonical, sign
from adapter.statements.case import LONG_AGO, build_case
from adapter.statements.gaps import Gaps
from adapter.statements.recorded import participation_of, prices_of_today
from adapter.store.audit import note_studio
from adapter.store.connection_health import connections_of
from adapter.store.kept_keys import signing_key
from adapter.store.sealing import Keyring
from adapter.store.tables import GuaranteeStatement

Statement = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A statement from the mirror, and what the mirror does not know."""

    body: Statement
    gaps: Gaps

    @property
    def may_be_final(self) -> bool:
        """Everything is settled, and no gap could change the money."""
        return self.body["status"] == "final" and not self.gaps.blocking


def make_statement(db: Db, keys: Keyring, studio_id: int, as_of: datetime) -> Made:
    """The statement of a studio as of an instant."""
    case, gaps = build_case(db, keys, studio_id, as_of)
    return Made(note_unpaid(assess(case), gaps), gaps)


def note_unpaid(body: Statement, gaps: Gaps) -> Statement:
    """The statement with the mirror's gaps among its warnings; payouts that are unknown matter where they count: in the
    period and, until there is one, to the five that begin it."""
    if body["start_date"] is None and gaps.without_payout:
        gaps.note("unpaid_start", len(gaps.without_payout))
    unpaid = [line for line in body["lines"] if line["qualifying"] and line["reservation_id"] in gaps.without_payout]
    if unpaid:
        gaps.note("payout", len(unpaid))
    return {**body, "warnings": body["warnings"] + gaps.warnings()}


def sign_made(db: Db, context: Context, studio_id: int, body: Statement) -> GuaranteeStatement:
    """A statement, signed, as it would be kept; not kept yet."""
    signed = sign(body, signing_key(db, context.config.encryption_keys))
    return GuaranteeStatement(
        studio_id=studio_id,
        version=0,
        made_at=context.now(),
        final=False,
        body=body,
        digest=hashlib.sha256(canonical(body)).hexdigest(),
        public_key=signed["public_key"],
        signature=signed["signature"],
        changes=[],
    )


def keep_statement(db: Db, context: Context, studio_id: int, made: Made, *, final: bool) -> GuaranteeStatement:
    """Keep a statement as the next version; the last one where it says the same."""
    last = latest_statement(db, studio_id)
    differences = [] if last is None else changes(last.body, made.body)
    if last is not None and not differences and last.final >= final:
        return last
    row = sign_made(db, context, studio_id, made.body)
    row.version, row.final, row.changes = (1 if last is None else last.version + 1), final, differences
    db.add(row)
    db.flush()
    return row


def latest_statement(db: Db, studio_id: int) -> GuaranteeStatement | None:
    """The version in force."""
    kept = select(GuaranteeStatement).where(GuaranteeStatement.studio_id == studio_id)
    return db.scalar(kept.order_by(GuaranteeStatement.version.desc()).limit(1))


def statement_then(db: Db, studio_id: int, then: datetime) -> GuaranteeStatement | None:
    """The version in force at an earlier instant: versions are never changed. None: there was none yet."""
    kept = select(GuaranteeStatement).where(GuaranteeStatement.studio_id == studio_id)
    return db.scalar(
        kept.where(GuaranteeStatement.made_at <= then).order_by(GuaranteeStatement.version.desc()).limit(1)
    )


def one_statement(db: Db, context: Context, studio_id: int, version: int | None) -> GuaranteeStatement | None:
    """A kept version, or the one in force; where none was kept, what would be said now. None: no such version."""
    if version is not None:
        kept = select(GuaranteeStatement).where(GuaranteeStatement.studio_id == studio_id)
        return db.scalar(kept.where(GuaranteeStatement.version == version))
    latest = latest_statement(db, studio_id)
    return latest or sign_made(db, context, studio_id, make_statement(db, context.keys, studio_id, context.now()).body)


def signed_statement(row: GuaranteeStatement) -> Statement:
    """A kept version as `adapter guarantee verify` takes it."""
    return {"statement": row.body, "public_key": row.public_key, "signature": row.signature}


def state_daily(db: Db, context: Context, studio_id: int) -> GuaranteeStatement:
    """The day's statement. The day the start is known, it is displayed, which binds, and its prices are kept."""
    now = context.now()
    made = make_statement(db, context.keys, studio_id, now)
    if _display_start(db, studio_id, made.body["start_date"], now):
        made = make_statement(db, context.keys, studio_id, now)
    return keep_statement(db, context, studio_id, made, final=False)


def _display_start(db: Db, studio_id: int, start: str | None, now: datetime) -> bool:
    """From now on the start date is what the dashboard shows (GP-05), and prices are those of that day (GR-04)."""
    part = participation_of(db, studio_id)
    if part is None or start is None or part.displayed_start_date is not None:
        return False
    part.displayed_start_date, part.displayed_at = datetime.fromisoformat(start).date(), now
    part.prices, part.prices_at = prices_of_today(db, connections_of(db, studio_id), LONG_AGO), now
    note_studio(db, studio_id, "guarantee.start_displayed", {"start_date": start}, actor="clock", now=now)
    return True
