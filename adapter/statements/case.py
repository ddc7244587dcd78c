"""From the mirror to the case: everything a studio's statement is made from, with the gaps named.

Knows where facts are kept; knows no rule of the guarantee. The case holds addresses and is never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as Db

from adapter.guarantee.qualifying import LONGEST_POLICY
from adapter.guarantee.terms import TERMS
from adapter.statements.gaps import Gaps
from adapter.statements.people import merges_of, people_of
from adapter.statements.purchases import fund, till_of
from adapter.statements.rates import rates_of
from adapter.statements.recorded import (
    breaches_of,
    eligibility_of,
    equivalents_of,
    participation_of,
    prices_of_today,
    waivers_of,
)
from adapter.statements.reservations import Json, key, plain, reservations_of, rows_of
from adapter.store.connection_health import connections_of
from adapter.store.sealing import Keyring
from adapter.store.tables import Audit, Connection, Participation, Session, Studio, Venue

KEPT_WITHIN = 4  # days: the five have settled after two, and the next day's statement finds it
LONG_AGO = "2000-01-01"  # today's prices stand in for those of any start date, where none were kept


def terms_of(db: Db, studio_id: int) -> Participation:
    """Under which terms a studio is; of one that nobody entered it is assumed that nothing starts."""
    return participation_of(db, studio_id) or _assumed(studio_id)


def terms_then(db: Db, studio_id: int, then: datetime) -> Participation:
    """The same as of an earlier instant: a picture with the readings and taxes of then."""
    part = participation_of(db, studio_id)
    entered = db.scalar(_told(studio_id, "guarantee.participation", Audit.at).order_by(Audit.id).limit(1))
    if part is None or (entered is not None and entered > then):
        return _assumed(studio_id)
    set_then = _told(studio_id, "guarantee.terms", Audit.after).where(Audit.at <= then).order_by(Audit.id.desc())
    chosen = db.scalar(set_then.limit(1)) or {}
    unset = not chosen and db.scalar(_told(studio_id, "guarantee.terms", Audit.id).limit(1)) is None
    return Participation(
        studio_id=studio_id,
        terms=part.terms,
        cancellation_policy_hours=part.cancellation_policy_hours,
        readings=part.readings if unset else chosen.get("readings", {}),
        tax_rates=part.tax_rates if unset else chosen.get("tax_rates", {}),
    )


def _told(studio_id: int, act: str, column: Any) -> Select[Any]:
    return select(column).where(Audit.studio_id == studio_id, Audit.act == act)


def _assumed(studio_id: int) -> Participation:
    return Participation(
        studio_id=studio_id,
        terms=max(TERMS),
        earlier_participation=False,
        sign_up="assisted",
        cancellation_policy_hours=TERMS[max(TERMS)].cancel_hours,
        readings={},
        tax_rates={},
    )


def build_case(db: Db, keys: Keyring, studio_id: int, as_of: datetime) -> tuple[Json, Gaps]:
    """The case of a studio as known at an instant, and what is not known."""
    studio, part = db.get_one(Studio, studio_id), terms_of(db, studio_id)
    connections = connections_of(db, studio_id)
    gaps = Gaps()
    case = {
        "case_version": 1,
        "as_of": as_of.isoformat(),
        "terms": part.terms,
        "readings": part.readings,
        "business": _business(db, studio, part, connections),
        "venues": _venues(db, connections),
        "participation": _participation(part),
        "eligibility": eligibility_of(db, studio_id, connections, as_of),
        "waivers": waivers_of(db, studio_id, as_of),
        "breaches": breaches_of(db, studio_id, as_of),
        "pricing": _pricing(db, part, connections, gaps) + equivalents_of(db, studio_id, as_of),
        "fx": rates_of(db, as_of),
    }
    return case | _reservations(db, keys, studio, part, as_of, gaps), gaps


def usual_cutoff(part: Participation) -> timedelta:
    """How long before class a cancellation without a time is taken to have been early: early under every reading."""
    return timedelta(hours=max(min(part.cancellation_policy_hours, LONGEST_POLICY), TERMS[part.terms].cancel_hours))


def _business(db: Db, studio: Studio, part: Participation, connections: Sequence[Connection]) -> Json:
    numbers = [connection.id for connection in connections]
    first = db.scalar(select(func.min(Session.starts_at)).where(Session.connection_id.in_(numbers)))
    business: Json = {
        "id": str(studio.id),
        "currency": studio.currency,
        "timezone": studio.timezone,
        "cancellation_policy_hours": part.cancellation_policy_hours,
        "sign_up": part.sign_up,
        "platform": ", ".join(sorted({connection.platform for connection in connections})) or "none",
        "owes": None if part.owes is None else plain(part.owes),
    }
    return business if first is None else {**business, "history_from": first.date().isoformat()}


def _venues(db: Db, connections: Sequence[Connection]) -> list[Json]:
    numbers = [connection.id for connection in connections]
    rows = db.scalars(select(Venue).where(Venue.connection_id.in_(numbers)).order_by(Venue.id))
    return [
        {"id": key(row.connection_id, row.external_id), "timezone": row.timezone, "currency": row.currency}
        for row in rows
    ]


def _participation(part: Participation) -> Json:
    displayed = part.displayed_start_date
    return {
        "acknowledged_at": part.acknowledged_at.isoformat() if part.acknowledged_at else None,
        "displayed_start_date": displayed.isoformat() if displayed else None,
        "earlier_participation": part.earlier_participation,
    }


def _pricing(db: Db, part: Participation, connections: Sequence[Connection], gaps: Gaps) -> list[Json]:
    """The prices kept when the period started; until then, today's."""
    if part.prices is not None:
        _note_late(part, gaps)
        return list(part.prices)
    if part.displayed_start_date is not None:
        gaps.note("prices")
    return prices_of_today(db, connections, LONG_AGO)


def _note_late(part: Participation, gaps: Gaps) -> None:
    """Say so where the prices kept are not of the days around the start: it was entered, or corrected, later."""
    if part.prices_at is not None and part.displayed_start_date is not None:
        apart = abs((part.prices_at.date() - part.displayed_start_date).days)
        if apart > KEPT_WITHIN:
            gaps.note("late_prices", apart)


def _reservations(
    db: Db, keys: Keyring, studio: Studio, part: Participation, as_of: datetime, gaps: Gaps
) -> dict[str, Any]:
    found = reservations_of(db, studio.id, as_of, gaps)
    rows = list(rows_of(found, as_of, usual_cutoff(part), gaps, part.tax_rates))
    by_key = {row["id"]: row for row in rows}
    purchases = fund(((each, by_key[each.key]) for each in found), till_of(db, studio.id, studio.timezone, as_of), gaps)
    for row in rows:  # a guest's seat was paid with whoever brought them: what for, nobody says
        if row["channel"] == "direct" and row["funding"] is None:
            row["funding"] = {"kind": "free"}
    merges = merges_of(db, studio.id, as_of)
    clients = {row["client_id"] for row in rows} | {purchase["client_id"] for purchase in purchases}
    clients |= {client for merge in merges for client in merge["client_ids"]}
    return {
        "people": people_of(db, keys, studio.id, sorted(clients)),
        "merges": merges,
        "reservations": rows,
        "purchases": purchases,
    }
