"""What people recorded for a case: participation, requirements, judgements. And the direct prices.

A judgement counts once two people stand behind it. SmartTools are deployed where decisions go live: the audit log says
when that was, and an operator may record more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.statements.reservations import Json, key, plain
from adapter.store.tables import (
    Audit,
    ClassType,
    Connection,
    EligibilityFact,
    Judgement,
    JudgementKind,
    Participation,
    PriceOption,
    PushMode,
    Venue,
)
from connectors.records import PriceKind

KINDS = {PriceKind.DROP_IN: "drop_in", PriceKind.PACKAGE: "package"}


def participation_of(db: Db, studio_id: int) -> Participation | None:
    """The studio's participation; None where nobody asked for one."""
    return db.scalar(select(Participation).where(Participation.studio_id == studio_id))


def judgements_of(db: Db, studio_id: int, kind: JudgementKind, as_of: datetime) -> Sequence[Judgement]:
    """What two people had decided by then."""
    held = select(Judgement).where(Judgement.studio_id == studio_id, Judgement.kind == kind)
    return db.scalars(held.where(Judgement.agreed_at <= as_of).order_by(Judgement.id)).all()


def waivers_of(db: Db, studio_id: int, as_of: datetime) -> list[Json]:
    """Requirements waived in writing."""
    return [
        {"requirement": row.content["requirement"], "reference": row.evidence, "agreed_by": row.agreed_by}
        for row in judgements_of(db, studio_id, JudgementKind.WAIVER, as_of)
    ]


def breaches_of(db: Db, studio_id: int, as_of: datetime) -> list[Json]:
    """What makes the guarantee void."""
    return [
        {"kind": row.content["kind"], "at": row.content["at"], "reason": row.reason, "recorded_by": row.asked_by}
        for row in judgements_of(db, studio_id, JudgementKind.BREACH, as_of)
    ]


def eligibility_of(db: Db, studio_id: int, connections: Sequence[Connection], as_of: datetime) -> list[Json]:
    """The intervals in which each requirement held, as recorded by then."""
    query = select(EligibilityFact, Venue).outerjoin(Venue, Venue.id == EligibilityFact.venue_id)
    rows = db.execute(query.where(EligibilityFact.studio_id == studio_id, EligibilityFact.recorded_at <= as_of))
    recorded = [_interval(fact, venue) for fact, venue in rows]
    return recorded + [row for connection in connections for row in _deployed(db, connection, as_of)]


def _interval(fact: EligibilityFact, venue: Venue | None) -> Json:
    until = fact.until.isoformat() if fact.until else None
    row: Json = {"requirement": fact.requirement, "from": fact.since.isoformat(), "until": until}
    return row if venue is None else {**row, "venue_id": key(venue.connection_id, venue.external_id)}


def _deployed(db: Db, connection: Connection, as_of: datetime) -> Iterator[Json]:
    """SmartTools at every venue of a connection while its decisions are pushed live."""
    venues = db.scalars(select(Venue.external_id).where(Venue.connection_id == connection.id)).all()
    for since, until in _live(db, connection, as_of):
        for venue in venues:
            row = {"requirement": "smarttools", "venue_id": key(connection.id, venue), "from": since.isoformat()}
            yield {**row, "until": until.isoformat() if until else None}


def _live(db: Db, connection: Connection, as_of: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    changes = select(Audit).where(Audit.about == f"connection:{connection.id}", Audit.act == "push_mode.changed")
    since: datetime | None = None
    for change in db.scalars(changes.where(Audit.at <= as_of).order_by(Audit.at, Audit.id)):
        live = (change.after or {}).get("push_mode") == PushMode.LIVE
        if live and since is None:
            since = change.at
        elif not live and since is not None:
            yield since, change.at
            since = None
    if since is not None:
        yield since, None


def prices_of_today(db: Db, connections: Sequence[Connection], since: str) -> list[Json]:
    """The direct prices of every class type at every venue as the mirror has them now."""
    return [row for connection in connections for row in _prices(db, connection, since)]


def _prices(db: Db, connection: Connection, since: str) -> Iterator[Json]:
    venues = db.scalars(select(Venue.external_id).where(Venue.connection_id == connection.id)).all()
    types = db.scalars(select(ClassType.external_id).where(ClassType.connection_id == connection.id)).all()
    options = select(PriceOption).where(PriceOption.connection_id == connection.id, PriceOption.gone_at.is_(None))
    for option in db.scalars(options.order_by(PriceOption.id)):
        if option.kind not in KINDS or (option.kind is PriceKind.PACKAGE and not option.sessions):
            continue
        for venue in venues:
            for class_type in dict.fromkeys(option.class_type_ids or types):
                yield _price(connection.id, option, venue, class_type, since)


def _price(connection_id: int, option: PriceOption, venue: str, class_type: str, since: str) -> Json:
    return {
        "id": f"{key(connection_id, option.external_id)}@{venue}/{class_type}",
        "class_type": key(connection_id, class_type),
        "venue_id": key(connection_id, venue),
        "kind": KINDS[option.kind],
        "price": plain(option.price),
        "sessions": option.sessions if option.kind is PriceKind.PACKAGE else None,
        "from": since,
        "until": None,
        "intro_only": option.intro_only,
        "hidden": option.hidden,
    }


def equivalents_of(db: Db, studio_id: int, as_of: datetime) -> list[Json]:
    """Close equivalents that two people approved (GR-03)."""
    rows = judgements_of(db, studio_id, JudgementKind.EQUIVALENT, as_of)
    return [
        {"id": f"equivalent {row.id}", "kind": "equivalent", "until": None, "approved_by": row.agreed_by, **row.content}
        for row in rows
    ]
