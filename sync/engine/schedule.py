"""What runs when: declared data, and what each line asks for. Keeps no clock: an engine does.

Whether a thing is due is read from the run table, so a restart keeps the rhythm and two clocks ask once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.marketplace.feed import announce_due
from adapter.marketplace.publishing import publish
from adapter.planning.cadence import ROUND, SLACK
from adapter.statements.watch import watch_guarantees
from adapter.store.tables import (
    OPEN,
    WAITING,
    ChannelReservation,
    Connection,
    ConnectionState,
    Participation,
    Push,
    PushMode,
    Run,
    RunKind,
    RunState,
    SourceMapping,
    WebhookMessage,
)
from adapter.work import request_by_clock
from connectors import registry
from connectors.records import Channel
from sync.deciding import freshness
from sync.pushing import circuit, parity, write_back
from sync.selling.telling import messages_due

PULL_EVERY = ROUND
APART = timedelta(seconds=2)  # between pulls that become due at the same look
TRAIN_EVERY = timedelta(hours=24)
LOOK_BACK_EVERY = timedelta(days=7)
LEARNED_BEFORE = timedelta(minutes=2)
STATE_EVERY = timedelta(hours=24)
SETTLE_EVERY = timedelta(hours=1)
GUARD_EVERY = timedelta(minutes=5)
WRITE_BACK_EVERY = timedelta(minutes=5)
PARITY_EVERY = timedelta(minutes=1)
BACKFILL_AGAIN = timedelta(hours=1)
SUBSCRIBE_AGAIN = timedelta(minutes=5)
FURTHEST = timedelta(hours=2)  # no run waits longer: what is due later is from a clock that ran ahead (F19)
MIRRORED = (RunState.DONE, RunState.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the schedule: how often the clock looks, and what it asks for then."""

    name: str
    every: timedelta
    ask: Callable[[Database, datetime], int]  # requests runs; how many


def ask(ctx: Context, line: Line) -> int:
    """Look at one line now; how many runs were requested."""
    with ctx.store.write() as db:
        return line.ask(db, ctx.now())


def ask_for_pulls(db: Database, now: datetime) -> int:
    """A pull for each connection whose last one is ten minutes old; a backfill where none has come to an end.

    After an outage all are due at once: they begin one after the other, each with one pull for all that was missed, and
    keep their distance from then on (F23).
    """
    asked = 0
    for connection in _active(db):
        asked += _ask_for_pull(db, connection, now, now + min(APART * asked, PULL_EVERY))
    return asked


def _ask_for_pull(db: Database, connection: Connection, now: datetime, due_at: datetime) -> bool:
    if _latest(db, connection, (RunKind.BACKFILL,), MIRRORED) is None:
        why = "the mirror is not complete yet"
        return _ask(db, connection, RunKind.BACKFILL, now, BACKFILL_AGAIN, why, due_at=due_at)
    return _ask(db, connection, RunKind.PULL, now, PULL_EVERY, "", beside=(RunKind.BACKFILL,), due_at=due_at)


def ask_for_training(db: Database, now: datetime) -> int:
    """A training each day for each connection that is mirrored."""
    mirrored = [c for c in _active(db) if _latest(db, c, (RunKind.BACKFILL,), MIRRORED) is not None]
    return sum(_ask(db, connection, RunKind.TRAIN, now, TRAIN_EVERY, "once a day") for connection in mirrored)


def ask_for_looking_back(db: Database, now: datetime) -> int:
    """A backtest each week for each connection that pushes nothing yet, soon after its first training (N-02)."""
    until = now - LEARNED_BEFORE
    shadow = [connection for connection in _active(db) if connection.push_mode is PushMode.SHADOW]
    waiting = [c for c in shadow if _latest(db, c, (RunKind.TRAIN,), MIRRORED, until) is not None]
    why = "before it is switched on"
    return sum(_ask(db, connection, RunKind.BACKTEST, now, LOOK_BACK_EVERY, why) for connection in waiting)


def ask_for_guard(db: Database, now: datetime) -> int:
    """Decisions for live connections whose mirror grows old: a platform that can't be read must not be sold (SS-19)."""
    freshness.watch(db, now)
    old = [c for c in _active(db, any_state=True) if c.last_pulled_at and now - c.last_pulled_at > PULL_EVERY]
    live = [connection for connection in old if connection.push_mode is PushMode.LIVE]
    return sum(_ask(db, connection, RunKind.DECIDE, now, GUARD_EVERY, "the mirror is old") for connection in live)


def ask_for_pushes(db: Database, now: datetime) -> int:
    """A push run for each connection that has something due in the outbox."""
    due = select(Push.connection_id).where(Push.state.in_(WAITING), Push.next_try_at <= now)
    urgent = due.where(Push.urgent)
    ready = Connection.id.in_(due) & (circuit.lets_through(now) | Connection.id.in_(urgent))
    wanted = db.scalars(select(Connection).where(ready, _may_be_called())).all()
    return sum(_ask(db, connection, RunKind.PUSH, now, timedelta(0), "") for connection in wanted)


def ask_for_writing_back(db: Database, now: datetime) -> int:
    """A push run for each connection whose price or online capacities are to be written, not more often than that."""
    due = [connection for connection in _active(db) if write_back.is_due(db, connection.id, now)]
    return sum(_ask(db, connection, RunKind.PUSH, now, WRITE_BACK_EVERY, "write back") for connection in due)


def ask_for_parity(db: Database, now: datetime) -> int:
    """A push run for each live connection of which the platform's state is to be compared with ours again."""
    due = [connection for connection in _active(db) if parity.is_due(db, connection, now)]
    return sum(_ask(db, connection, RunKind.PUSH, now, PARITY_EVERY, "parity check") for connection in due)


def ask_for_webhooks(db: Database, now: datetime) -> int:
    """A run for each connection with messages in the inbox."""
    waiting = select(WebhookMessage.connection_id).where(WebhookMessage.processed_at.is_(None)).distinct()
    wanted = db.scalars(select(Connection).where(Connection.id.in_(waiting), _may_be_called())).all()
    return sum(_ask(db, connection, RunKind.WEBHOOKS, now, timedelta(0), "") for connection in wanted)


def ask_for_statements(db: Database, now: datetime) -> int:
    """A guarantee statement each day for each studio that takes part; the run is its first connection's."""
    firsts = select(func.min(Connection.id)).join(Participation, Participation.studio_id == Connection.studio_id)
    wanted = select(Connection).where(Connection.id.in_(firsts.group_by(Connection.studio_id)))
    return sum(_ask(db, row, RunKind.STATE, now, STATE_EVERY, "once a day") for row in db.scalars(wanted).all())


def ask_for_settling(db: Database, now: datetime) -> int:
    """The payout ledger brought up to date each hour, for each connection whose marketplace sources are known."""
    sold = select(SourceMapping.connection_id).where(SourceMapping.channel == Channel.MARKETPLACE)
    wanted = db.scalars(select(Connection).where(Connection.id.in_(sold)).order_by(Connection.id)).all()
    return sum(_ask(db, connection, RunKind.SETTLE, now, SETTLE_EVERY, "once an hour") for connection in wanted)


def look_after_guarantees(db: Database, now: datetime) -> int:
    """Tell of requirements that are not met, or soon won't be, while there is time to act; asks for no run."""
    watch_guarantees(db, now)
    return 0


def publish_what_is_on_offer(db: Database, now: datetime) -> int:
    """Bring the open feeds up to date; asks for no run."""
    publish(db, now)
    return 0


def ask_for_subscriptions(db: Database, now: datetime) -> int:
    """A first look whether events come, for each connection that has just been made; the sweep looks from then on."""
    new = [c for c in _active(db) if c.webhook_checked_at is None and registry.get(c.platform).webhooks is not None]
    return sum(_ask(db, connection, RunKind.SUBSCRIBE, now, SUBSCRIBE_AGAIN, "connected") for connection in new)


def ask_for_sales(db: Database, now: datetime) -> int:
    """A run for each connection with a reservation to be looked up; what time alone closed is taken off the offer."""
    announce_due(db, now)
    waiting = select(ChannelReservation.connection_id).where(ChannelReservation.look_at <= now).distinct()
    wanted = db.scalars(select(Connection).where(Connection.id.in_(waiting), _may_be_called())).all()
    return sum(_ask(db, connection, RunKind.SELL, now, timedelta(0), "") for connection in wanted)


def ask_for_messages(db: Database, now: datetime) -> int:
    """A run where a message to a marketplace is due."""
    if not messages_due(db, now):
        return 0
    return request_by_clock(db, RunKind.TELL, None, now=now)[1]


SCHEDULE = (
    Line("pull", timedelta(seconds=30), ask_for_pulls),
    Line("push", timedelta(seconds=15), ask_for_pushes),
    Line("write back", timedelta(minutes=1), ask_for_writing_back),
    Line("parity", timedelta(minutes=1), ask_for_parity),
    Line("webhooks", timedelta(seconds=5), ask_for_webhooks),
    Line("sales", timedelta(seconds=10), ask_for_sales),
    Line("messages", timedelta(seconds=5), ask_for_messages),
    Line("subscriptions", timedelta(seconds=30), ask_for_subscriptions),
    Line("guard", timedelta(minutes=1), ask_for_guard),
    Line("train", timedelta(minutes=30), ask_for_training),
    Line("look back", timedelta(minutes=1), ask_for_looking_back),
    Line("state", timedelta(minutes=30), ask_for_statements),
    Line("settle", timedelta(minutes=5), ask_for_settling),
    Line("guarantees", timedelta(minutes=30), look_after_guarantees),
    Line("open data", timedelta(minutes=1), publish_what_is_on_offer),
)


def _active(db: Database, *, any_state: bool = False) -> Iterator[Connection]:
    wanted = select(Connection).order_by(Connection.id)
    return iter(db.scalars(wanted if any_state else wanted.where(_may_be_called())).all())


def _may_be_called() -> ColumnElement[bool]:
    return Connection.state == ConnectionState.ACTIVE


def _latest(
    db: Database,
    connection: Connection,
    kinds: tuple[RunKind, ...],
    states: tuple[RunState, ...],
    until: datetime | None = None,
) -> datetime | None:
    wanted = select(func.max(Run.due_at)).where(
        Run.connection_id == connection.id, Run.kind.in_(kinds), Run.state.in_(states)
    )
    return db.scalar(wanted if until is None else wanted.where(Run.due_at <= until))


def _ask(
    db: Database,
    connection: Connection,
    kind: RunKind,
    now: datetime,
    every: timedelta,
    why: str,
    *,
    beside: tuple[RunKind, ...] = (),
    due_at: datetime | None = None,
) -> bool:
    """Request a run unless one is open or the last is younger than ``every``; ``beside``: kinds that do as well."""
    kinds = (kind, *beside)
    last = _latest(db, connection, kinds, tuple(RunState), now + SLACK)  # one that is over was due before it began
    waits = _latest(db, connection, kinds, OPEN, now + FURTHEST) is not None
    if waits or (last is not None and now - last < every):
        return False
    request_by_clock(db, kind, connection.id, now=due_at or now, why=why)
    return True
