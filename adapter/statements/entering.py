"""Entering what a statement needs to know and no platform tells: participation, and when a requirement held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session as Db

from adapter.guarantee.readings import read_readings
from adapter.guarantee.terms import TERMS
from adapter.statements.kept import GUARANTEE, forget
from adapter.statements.recorded import participation_of
from adapter.store.audit import note_studio
from adapter.store.tables import EligibilityFact, Participation

Span = tuple[datetime, datetime | None]


class AlreadyTakesPart(ValueError):
    """A studio takes part once."""


class TakesNoPart(LookupError):
    """Nobody entered the studio's participation."""


def enter_participation(
    db: Db,
    studio_id: int,
    *,
    policy_hours: int,
    sign_up: str,
    earlier: bool,
    acknowledged_at: datetime,
    actor: str,
    now: datetime,
) -> Participation:
    """Enter a participation under the terms in force when it was acknowledged (GT-01). Raises AlreadyTakesPart."""
    if participation_of(db, studio_id) is not None:
        raise AlreadyTakesPart(f"Studio {studio_id} takes part already: one may take part only once (2.1).")
    row = Participation(
        studio_id=studio_id,
        terms=max(version for version in TERMS if version <= max(f"{acknowledged_at:%Y-%m-%d}", min(TERMS))),
        acknowledged_at=acknowledged_at,
        acknowledged_by=actor,
        earlier_participation=earlier,
        sign_up=sign_up,
        cancellation_policy_hours=policy_hours,
        readings={},
        tax_rates={},
    )
    db.add(row)
    entered = {"acknowledged_at": acknowledged_at.isoformat(), "terms": row.terms, "policy_hours": policy_hours}
    note_studio(db, studio_id, "guarantee.participation", entered, actor=actor, now=now)
    forget(db, studio_id, GUARANTEE)
    db.flush()
    return row


def record_fact(
    db: Db,
    studio_id: int,
    requirement: str,
    span: Span,
    venue_id: int | None,
    *,
    evidence: str,
    actor: str,
    now: datetime,
) -> EligibilityFact:
    """Record that a requirement held in an interval, with evidence."""
    row = EligibilityFact(
        studio_id=studio_id,
        requirement=requirement,
        venue_id=venue_id,
        since=span[0],
        until=span[1],
        evidence=evidence,
        recorded_by=actor,
        recorded_at=now,
    )
    db.add(row)
    recorded = {"requirement": requirement, "from": span[0].isoformat(), "evidence": evidence}
    note_studio(db, studio_id, "guarantee.fact", recorded, actor=actor, now=now)
    forget(db, studio_id, GUARANTEE)
    db.flush()
    return row


def change_terms(
    db: Db,
    studio_id: int,
    *,
    owes: Decimal | None = None,
    readings: Mapping[str, str | bool] | None = None,
    tax_rates: Mapping[str, Decimal] | None = None,
    floor_share: Decimal | None = None,
    actor: str,
    now: datetime,
) -> Participation:
    """Set what is given: what the studio owes (for set-off), readings, taxes on payouts by venue, the floor's share.

    Raises TakesNoPart, and CaseError.
    """
    part = participation_of(db, studio_id)
    if part is None:
        raise TakesNoPart(f"Studio {studio_id} does not take part; `adapter guarantee take-part` enters it.")
    chosen = {**part.readings, **(readings or {})}
    read_readings(chosen)
    part.readings = chosen
    part.owes = part.owes if owes is None else owes
    part.tax_rates = {**part.tax_rates, **{venue: f"{rate:f}" for venue, rate in (tax_rates or {}).items()}}
    part.floor_share = part.floor_share if floor_share is None else floor_share  # confidential: not in the audit
    owed = None if part.owes is None else str(part.owes)
    changed = {"readings": chosen, "owes": owed, "tax_rates": part.tax_rates}
    note_studio(db, studio_id, "guarantee.terms", changed, actor=actor, now=now)
    forget(db, studio_id, GUARANTEE)
    db.flush()
    return part
