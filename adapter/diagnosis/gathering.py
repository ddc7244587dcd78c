"""The facts of a diagnosis, from the tables: asks no platform, writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as Db

from adapter.config import Config
from adapter.connecting import platforms
from adapter.connecting.token_row import seal_name
from adapter.context import Context
from adapter.diagnosis.cause import Diagnosis, diagnose
from adapter.diagnosis.facts import Facts, Trouble
from adapter.steering.events import events_of
from adapter.steering.resync import READS
from adapter.store.belonging import its_class_type, its_venue
from adapter.store.connection_health import health_of
from adapter.store.dialect import group_key
from adapter.store.freshness import freshness_of
from adapter.store.push_health import PushHealth, push_health_of
from adapter.store.readiness import engine_state
from adapter.store.sealing import Keyring, SealBroken
from adapter.store.seen_sources import seen_sources
from adapter.store.settings import effective_settings
from adapter.store.tables import (
    CallPace,
    ClassType,
    Connection,
    Reservation,
    Run,
    RunState,
    Scope,
    Session,
    SourceMapping,
    Venue,
    WebhookMessage,
)
from adapter.store.vitals import clock_skew
from connectors import registry
from connectors.records import SessionStatus

LATELY = timedelta(days=30)
RUNS_LOOKED_AT = 20
MESSAGES_LOOKED_AT = 20
_STATUS = re.compile(r"\((\d{3})\b")
_CALL = re.compile(r"(GET|POST|PUT|HEAD|DELETE|PATCH) /")  # an error of a call begins with its name


def diagnosis_of(db: Db, context: Context, connection_id: int, pushing: PushHealth | None = None) -> Diagnosis:
    """What is wrong with a connection, as of now; it must exist. ``pushing``: how it does, where that is known."""
    now = context.now()
    pushing = pushing or push_health_of(db, connection_id, now)
    return diagnose(facts_of(db, context.config, context.keys, connection_id, pushing, now))


def facts_of(db: Db, config: Config, keys: Keyring, connection_id: int, pushing: PushHealth, now: datetime) -> Facts:
    """Everything that the steps ask for."""
    row = db.get_one(Connection, connection_id)
    health = health_of(db, connection_id, now, platforms.calls_per_day(row.platform, config))
    events = events_of(db, row)
    ahead, hidden, excluded = _classes(db, row, now)
    sources, unmapped, lately = _bookings(db, connection_id, now)
    runs = _runs(db, connection_id)
    return Facts(
        now=now,
        platform=registry.get(row.platform).title,
        zone=row.timezone,
        state=row.state,
        state_reason=row.state_reason,
        has_token=row.access_token is not None,
        token_opens=_opens(keys, row),
        token_expires_at=row.token_expires_at,
        renewable=row.refresh_token is not None or row.by_login,
        scopes_missing=_scopes_missing(config, row),
        mode=row.push_mode,
        sources_unmapped=sources,
        bookings_unmapped=unmapped,
        bookings_lately=lately,
        classes_ahead=ahead,
        classes_hidden=hidden,
        classes_excluded=excluded,
        calls_today=health.calls_today - health.calls_asked_today,
        calls_allowed=health.calls_allowed,
        paused_until=_paused_until(db, row),
        breaker_since=pushing.breaker_open_since,
        next_probe_at=pushing.next_probe_at,
        trouble=_trouble(runs),
        set_aside=health.set_aside,
        last_read_at=row.last_pulled_at,
        nothing_after=freshness_of(row, effective_settings(db, row.studio_id).studio, now).nothing_after,
        our_skew=clock_skew(db, now),
        their_skew=_their_skew(db, row),
        events_offered=events is not None,
        events=events.state if events else None,
        events_since=events.since if events else None,
        last_event_at=health.last_webhook_at,
        events_waiting=health.webhooks_waiting,
        engine=engine_state(db, now),
        overdue=_overdue(db, connection_id, now),
        open_run=next((run.id for run in runs if run.state is RunState.RUNNING), None),
    )


def _opens(keys: Keyring, row: Connection) -> bool:
    try:
        if row.access_token is not None:
            keys.open(row.access_token, seal_name(row.id, "access_token"))
    except SealBroken:
        return False
    return True


def _scopes_missing(config: Config, row: Connection) -> tuple[str, ...]:
    declared = registry.get(row.platform).oauth
    granted = set(row.granted_scopes.split())
    if declared is None or row.by_login or not granted:  # a server that told none granted what was asked
        return ()
    asked = (config.platform(row.platform).get("SCOPES") or " ".join(declared.scopes)).split()
    return tuple(declared.scope_meanings[scope] for scope in asked if scope in declared.scope_meanings.keys() - granted)


def _classes(db: Db, row: Connection, now: datetime) -> tuple[int, int, int]:
    """Classes to come: all, hidden by the platform, left out by the settings (and not hidden)."""
    found = db.execute(
        select(Session.id, Venue.id, ClassType.id, or_(Session.hidden, func.coalesce(ClassType.hidden, False)))
        .outerjoin(Venue, its_venue())
        .outerjoin(ClassType, its_class_type())
        .where(Session.connection_id == row.id, Session.starts_at > now, Session.gone_at.is_(None))
        .where(Session.status != SessionStatus.CANCELLED)
    ).all()
    settings = effective_settings(db, row.studio_id)
    singled_out = {number for scope, number in settings.by_scope if scope is Scope.SESSION}

    @cache  # thousands of classes share a few venues and class types
    def left_out(venue: int | None, taught: int | None, number: int | None) -> bool:
        return bool(settings.of(venue_id=venue, class_type_id=taught, session_id=number).excluded)

    hidden = sum(bool(each[3]) for each in found)
    excluded = sum(
        left_out(venue, taught, number if number in singled_out else None)
        for number, venue, taught, secret in found
        if not secret
    )
    return len(found), hidden, excluded


def _bookings(db: Db, connection_id: int, now: datetime) -> tuple[int, int, int]:
    """In classes of the last 30 days and to come: unmapped sources, their bookings, all bookings."""
    lately = select(Session.external_id).where(Session.connection_id == connection_id, Session.starts_at > now - LATELY)
    mine = Reservation.connection_id == connection_id, Reservation.session_id.in_(lately)
    total = db.scalar(select(func.count()).select_from(Reservation).where(*mine)) or 0
    mapped = select(SourceMapping.source).where(SourceMapping.connection_id == connection_id)
    unmapped = set(seen_sources(db, connection_id)) - set(db.scalars(mapped))
    if not unmapped:
        return 0, 0, total
    source = group_key(Reservation.source)
    counted = select(source, func.count()).where(*mine, Reservation.source.in_(unmapped)).group_by(source)
    rows = db.execute(counted).all()
    return len(rows), sum(count for _, count in rows), total


def _paused_until(db: Db, row: Connection) -> datetime | None:
    """Until when the platform wants no calls, of our key or of this connection."""
    wanted = select(func.max(CallPace.paused_until)).where(CallPace.key.in_([row.platform, f"{row.platform}/{row.id}"]))
    return db.scalar(wanted)


def _runs(db: Db, connection_id: int) -> Sequence[Run]:
    mine = select(Run).where(Run.connection_id == connection_id, Run.kind.in_(READS))
    return db.scalars(mine.order_by(Run.id.desc()).limit(RUNS_LOOKED_AT)).all()


def _trouble(runs: Sequence[Run]) -> Trouble | None:
    """What the readings run into, the latest first, and since when: until the last one that went well."""
    found: list[tuple[Run, str]] = []
    for run in runs:
        if run.state is RunState.DONE:
            break
        words = _words(run)
        if words is not None:
            found.append((run, words))
        elif run.finished_at is not None:
            break
    if not found:
        return None
    (latest, words), (first, _) = found[0], found[-1]
    status = _STATUS.search(words)
    at = first.started_at or first.due_at
    return Trouble(at, words, int(status[1]) if status else None, latest.id)


def _words(run: Run) -> str | None:
    """What a reading ran into; None: nothing yet, or only records that could not be read."""
    if run.state is RunState.QUEUED:
        return run.step.removeprefix("waiting: ") if run.step.startswith("waiting: ") else None
    said = [str(error["message"]) for error in run.errors]
    if run.state is RunState.FAILED:
        return said[-1] if said else "it did not work, and did not say why"
    return next((words for words in said if _CALL.match(words)), None)


def _their_skew(db: Db, row: Connection) -> timedelta | None:
    """How far the platform's clock is ahead, by its answers or by its latest events: the worse of both.

    Of the events, the smallest delay speaks for the clock.
    """
    latest = select(WebhookMessage.received_at, WebhookMessage.hints).where(WebhookMessage.connection_id == row.id)
    found = db.execute(latest.order_by(WebhookMessage.id.desc()).limit(MESSAGES_LOOKED_AT))
    ahead = [
        datetime.fromisoformat(hint["occurred_at"]) - received
        for received, hints in found
        for hint in hints
        if hint.get("occurred_at")
    ]
    by_events = [max(ahead)] if ahead else []
    by_answers = [] if row.clock_ahead is None else [timedelta(seconds=row.clock_ahead)]
    return max(by_events + by_answers, key=abs, default=None)


def _overdue(db: Db, connection_id: int, now: datetime) -> timedelta:
    queued = select(func.min(Run.due_at)).where(Run.connection_id == connection_id, Run.state == RunState.QUEUED)
    due = db.scalar(queued)
    return max(timedelta(0), now - due) if due else timedelta(0)
