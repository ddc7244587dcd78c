"""The numbers for Prometheus, asked of the tables at the time of asking: right with any number of processes, and after
a restart.

Each measure is a line of a table: its name, what it means, its labels, and the question. A connection is told by its
number, never by a name. Every question is answered by an index, by what is open, or by the latest few thousand rows:
the cost does not grow with the past.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from adapter.store.tables import (
    OPEN,
    WAITING,
    Alert,
    ApiCalls,
    Connection,
    ConnectionState,
    Listing,
    Push,
    PushState,
    Quarantine,
    Run,
    RunKind,
    RunState,
    Session,
    WebhookMessage,
)

LATELY = timedelta(hours=1)
MOST_PUSHES, MOST_MESSAGES = 2000, 500  # of the latest, that quantiles are taken from
QUANTILES = (0.5, 0.95, 0.99)

Values = Iterator[tuple[tuple[object, ...], float]]


class Look:
    """One look at the tables; what several measures need is asked for once."""

    def __init__(self, db: Db, now: datetime) -> None:
        self.db, self.now = db, now

    @cached_property
    def connections(self) -> Mapping[int, Any]:
        """What is connected, or was and should be again."""
        columns = (
            Connection.id,
            Connection.platform,
            Connection.state,
            Connection.connected_at,
            Connection.last_pulled_at,
            Connection.clock_ahead,
        )
        wanted = select(*columns).where(Connection.state != ConnectionState.DISCONNECTED)
        return {row.id: row for row in self.db.execute(wanted.order_by(Connection.id))}

    @cached_property
    def calls(self) -> Sequence[Any]:
        """Calls of today (UTC): (connection, calls, errors)."""
        today = (ApiCalls.connection_id == Connection.id) & (ApiCalls.day == self.now.date())
        sums = select(Connection.id, func.sum(ApiCalls.calls), func.sum(ApiCalls.errors))
        return self.db.execute(sums.join(ApiCalls, today).group_by(Connection.id)).all()

    @cached_property
    def open_runs(self) -> Sequence[Any]:
        """Runs that wait or are at work: (connection, kind, state, how many, the earliest due)."""
        counted = select(Run.connection_id, Run.kind, Run.state, func.count(), func.min(Run.due_at))
        counted = counted.where(Run.state.in_(OPEN))
        return self.db.execute(counted.group_by(Run.connection_id, Run.kind, Run.state)).all()

    @cached_property
    def inbox(self) -> Sequence[Any]:
        """Messages that wait: (connection, how many, the oldest)."""
        counted = select(WebhookMessage.connection_id, func.count(), func.min(WebhookMessage.received_at))
        counted = counted.where(WebhookMessage.processed_at.is_(None))
        return self.db.execute(counted.group_by(WebhookMessage.connection_id)).all()

    @cached_property
    def pushes(self) -> Sequence[Any]:
        """The latest pushes that ended within the hour: (connection, the platform's session id, state,
        created_at, settled_at)."""
        columns = (Push.connection_id, Session.external_id, Push.state, Push.created_at, Push.settled_at)
        wanted = select(*columns).join(Session, Session.id == Push.session_id)
        latest = self.db.execute(wanted.order_by(Push.id.desc()).limit(MOST_PUSHES))
        return [row for row in latest if row.settled_at is not None and row.settled_at >= self.now - LATELY]

    @cached_property
    def listings(self) -> Sequence[Any]:
        """Offers that stand at the platform: (connection, drifted, looked at again)."""
        drifted, checked = func.count(Listing.drift_since), func.count(Listing.checked_at)
        counted = select(Listing.connection_id, drifted, checked).group_by(Listing.connection_id)
        return self.db.execute(counted).all()

    def seconds_since(self, at: datetime) -> float:
        """How long ago; never less than nothing."""
        return max(0.0, (self.now - at).total_seconds())

    def of(self, connection_id: int | None) -> tuple[str, str]:
        """The labels of a connection."""
        row = self.connections.get(connection_id or 0)
        return str(connection_id or ""), row.platform if row else ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric, a gauge."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    ask: Callable[[Look], Values]


def _up(look: Look) -> Values:
    for row in look.connections.values():
        yield look.of(row.id), float(row.state == ConnectionState.ACTIVE)


def _mirror_age(look: Look) -> Values:
    for row in look.connections.values():
        yield look.of(row.id), look.seconds_since(row.last_pulled_at or row.connected_at)


def _clock_ahead(look: Look) -> Values:
    for row in look.connections.values():
        if row.clock_ahead is not None:
            yield look.of(row.id), float(row.clock_ahead)


def _decision_lag(look: Look) -> Values:
    """Since when the last complete read waits to be decided on."""
    latest = select(Run.started_at).where(Run.connection_id == Connection.id, Run.kind == RunKind.DECIDE)
    latest = latest.where(Run.state.in_((RunState.DONE, RunState.INCOMPLETE))).order_by(Run.id.desc()).limit(1)
    read = select(Connection.id, latest.scalar_subquery()).where(Connection.last_pulled_at.is_not(None))
    for connection_id, decided_at in look.db.execute(read):
        if connection_id in look.connections:
            pulled_at = look.connections[connection_id].last_pulled_at
            waits = decided_at is None or decided_at < pulled_at
            yield look.of(connection_id), look.seconds_since(pulled_at) if waits else 0.0


def _calls(look: Look) -> Values:
    for connection_id, calls, _ in look.calls:
        yield look.of(connection_id), float(calls)


def _call_errors(look: Look) -> Values:
    for connection_id, _, errors in look.calls:
        yield look.of(connection_id), float(errors)


def _runs(look: Look) -> Values:
    for connection_id, kind, state, count, _ in look.open_runs:
        yield (*look.of(connection_id), kind, state), float(count)


def _failed_runs(look: Look) -> Values:
    failed = select(Run.connection_id, Run.kind, func.count()).where(
        Run.state == RunState.FAILED, Run.due_at >= look.now - LATELY
    )
    for connection_id, kind, count in look.db.execute(failed.group_by(Run.connection_id, Run.kind)):
        yield (*look.of(connection_id), kind), float(count)


def _oldest_due(look: Look) -> Values:
    oldest: dict[RunKind, datetime] = {}
    for _, kind, state, _, due_at in look.open_runs:
        if state == RunState.QUEUED:
            oldest[kind] = min(due_at, oldest.get(kind, due_at))
    for kind in RunKind:
        yield (kind,), look.seconds_since(oldest.get(kind, look.now))


def _inbox(look: Look) -> Values:
    for connection_id, count, _ in look.inbox:
        yield look.of(connection_id), float(count)


def _inbox_age(look: Look) -> Values:
    for connection_id, _, oldest in look.inbox:
        yield look.of(connection_id), look.seconds_since(oldest)


def _webhook_to_push(look: Look) -> Values:
    """From an event's arrival to the end of the push that came of it: of those that changed an offer."""
    columns = (WebhookMessage.connection_id, WebhookMessage.hints, WebhookMessage.received_at)
    done = select(*columns, WebhookMessage.processed_at).where(WebhookMessage.processed_at >= look.now - LATELY)
    messages = look.db.execute(done.order_by(WebhookMessage.processed_at.desc()).limit(MOST_MESSAGES)).all()
    pushed: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for push in look.pushes:
        pushed[push.connection_id, push.external_id].append(push)
    waited = [
        (push.settled_at - message.received_at).total_seconds()
        for message in messages
        for hint in message.hints
        for push in pushed.get((message.connection_id, str(hint.get("session_id") or hint.get("external_id"))), ())
        if message.received_at <= push.created_at <= message.processed_at
    ]
    for quantile, value in quantiles(waited):
        yield (quantile,), value


def _push_seconds(look: Look) -> Values:
    waited: dict[str, list[float]] = defaultdict(list)
    for push in look.pushes:
        if push.state != PushState.SUPERSEDED:
            seconds = (push.settled_at - push.created_at).total_seconds()
            waited[look.of(push.connection_id)[1]].append(seconds)
    for platform, all_seconds in waited.items():
        for quantile, value in quantiles(all_seconds):
            yield (platform, quantile), value


def _pushes_waiting(look: Look) -> Values:
    counted = select(Push.connection_id, Push.state, func.count()).where(Push.state.in_(WAITING))
    for connection_id, state, count in look.db.execute(counted.group_by(Push.connection_id, Push.state)):
        yield (*look.of(connection_id), state), float(count)


def _pushes_ended(look: Look) -> Values:
    for (connection_id, state), count in Counter((push.connection_id, push.state) for push in look.pushes).items():
        yield (*look.of(connection_id), state), float(count)


def _set_aside(look: Look) -> Values:
    counted = select(Quarantine.connection_id, func.count()).group_by(Quarantine.connection_id)
    for connection_id, count in look.db.execute(counted):
        yield look.of(connection_id), float(count)


def _drifted(look: Look) -> Values:
    for connection_id, drifted, _ in look.listings:
        yield look.of(connection_id), float(drifted)


def _parity(look: Look) -> Values:
    for connection_id, drifted, checked in look.listings:
        if checked:
            yield look.of(connection_id), 1 - drifted / checked


def _alerts(look: Look) -> Values:
    counted = select(Alert.connection_id, Alert.kind, func.count()).where(Alert.until.is_(None))
    for connection_id, kind, count in look.db.execute(counted.group_by(Alert.connection_id, Alert.kind)):
        yield (*look.of(connection_id), kind), float(count)


ONE = ("connection", "platform")
MEASURES: Sequence[Measure] = (
    Measure("adapter_connection_up", "1: we have access to the platform; 0: the studio must reconnect", ONE, _up),
    Measure("adapter_mirror_age_seconds", "Since the start of the last complete read", ONE, _mirror_age),
    Measure("adapter_platform_clock_ahead_seconds", "How far the platform's clock is ahead of ours", ONE, _clock_ahead),
    Measure("adapter_decision_lag_seconds", "How long a complete read waits to be decided on", ONE, _decision_lag),
    Measure("adapter_calls_today", "Calls to the platform on this day (UTC)", ONE, _calls),
    Measure("adapter_call_errors_today", "Of these, without an answer or with an error", ONE, _call_errors),
    Measure("adapter_runs", "Pieces of work that wait or are at work", (*ONE, "kind", "state"), _runs),
    Measure("adapter_runs_failed", "Failed within the last hour", (*ONE, "kind"), _failed_runs),
    Measure("adapter_run_overdue_seconds", "By how much the oldest waiting run is late", ("kind",), _oldest_due),
    Measure("adapter_inbox_waiting", "Events received and not worked off", ONE, _inbox),
    Measure("adapter_inbox_oldest_seconds", "Since the oldest of these came", ONE, _inbox_age),
    Measure(
        "adapter_event_to_push_seconds",
        "From an event to the end of the push that came of it, within the last hour",
        ("quantile",),
        _webhook_to_push,
    ),
    Measure(
        "adapter_push_seconds",
        "From decision to settled push, within the last hour",
        ("platform", "quantile"),
        _push_seconds,
    ),
    Measure("adapter_pushes_waiting", "Offers not yet settled", (*ONE, "state"), _pushes_waiting),
    Measure("adapter_pushes_ended", "Offers settled within the last hour", (*ONE, "state"), _pushes_ended),
    Measure("adapter_offers_drifted", "Offers that the platform holds otherwise than we sent them", ONE, _drifted),
    Measure("adapter_parity_share", "Offers found as we sent them, of those looked at again", ONE, _parity),
    Measure("adapter_alerts_open", "Alerts that are open", (*ONE, "kind"), _alerts),
    Measure("adapter_records_set_aside", "Records that could not be read", ONE, _set_aside),
)


def quantiles(values: Iterable[float]) -> Iterator[tuple[float, float]]:
    """The nearest-rank quantiles; none of nothing."""
    ordered = sorted(values)
    for share in QUANTILES if ordered else ():
        yield share, ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measured(db: Db, now: datetime) -> Iterator[tuple[Measure, list[tuple[tuple[object, ...], float]]]]:
    """Every measure with its values at ``now``."""
    look = Look(db, now)
    for measure in MEASURES:
        yield measure, list(measure.ask(look))
