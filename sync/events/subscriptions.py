"""Webhook subscriptions: made where a platform can reach us, looked at, switched on again, renewed, ended.

A subscription that the platform has switched off or lost is found by asking; then it is seen to again, and the stretch
without events is read once more. Where one subscription of our own account serves every studio (``shared``), it can be
looked at and switched on here, but not made: its key belongs into the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_subscriptions
from adapter.context import Context
from adapter.store.inbox import secret_name
from adapter.store.sealing import SealBroken
from adapter.store.tables import Connection, ConnectionState, EventsState, Run, RunKind, RunOrigin
from adapter.work import request_by_clock
from connectors import registry
from connectors.errors import ConnectorError, Misconfigured, Rejected
from connectors.platform import Api, Subscription, SubscriptionState, Webhooks
from sync.engine.job import Job
from sync.events.reaching import Knock, knock, not_public
from sync.events.standings import LOST, NONE, Standing, given_up_more, note_standing, standing_of

AGAIN = timedelta(hours=1)  # what could not be mended is tried again after so long
OLD_KEY_HOLDS = timedelta(hours=4)  # longer than platforms go on trying to deliver what the old key has signed

log = structlog.get_logger(__name__)


def subscribe_run(ctx: Context, run: Run) -> None:
    """See to it that events come, as the run asks (``again``: renew what is in order, too). Raises ConnectorError."""
    job = Job.of(ctx, run)
    job.say("asking the platform whether events come")
    try:
        subscribe(ctx, job.connection_id, again=bool(run.params.get("again")))
    except Misconfigured:
        if run.origin is not RunOrigin.SCHEDULE:
            raise  # who asked is told; to nobody, what is to be set stands on the connection


def subscribe(ctx: Context, connection_id: int, *, again: bool = False) -> bool:
    """See to it that a connection's events come; False where there was nothing to do, or nothing that can be done here.

    Raises ConnectorError where it could not be done; why stands on the connection too.
    """
    with ctx.store.read() as db:
        row = db.get_one(Connection, connection_id)
    declared = registry.get(row.platform).webhooks
    if declared is None or declared.subscribe is None or declared.listed is None:
        return False
    if row.state is ConnectionState.DISCONNECTED:
        return _end(ctx, row, declared)
    if (words := not_public(ctx.config)) is not None:
        _note(ctx, connection_id, Standing(EventsState.UNREACHABLE, words))
        raise Misconfigured(words)
    try:
        with open_subscriptions(ctx, connection_id) as api:
            return _Errand(ctx, row, declared, api).see_to(again=again)
    except ConnectorError as error:
        _note_unasked(ctx, connection_id, str(error))
        raise


def watch_subscriptions(ctx: Context) -> None:
    """Ask each platform once how all our subscriptions stand; what is amiss is seen to by a run of its own."""
    with ctx.store.read() as db:
        wanted = select(Connection).where(Connection.state == ConnectionState.ACTIVE)
        rows = db.scalars(wanted.order_by(Connection.platform, Connection.id)).all()
    for platform, group in groupby(rows, key=lambda row: row.platform):
        declared = registry.get(platform).webhooks if platform in registry.names() else None
        if declared is None or declared.listed is None or not_public(ctx.config) is not None:
            continue
        try:
            _watch(ctx, list(group), declared)
        except ConnectorError as error:
            log.warning("subscriptions.not_seen", platform=platform, why=str(error))
    with ctx.store.write() as db:
        ended = select(Connection).where(Connection.state == ConnectionState.DISCONNECTED)
        for row in db.scalars(ended.where(Connection.webhook_id.is_not(None))).all():
            _ask(db, row, ctx.now())
    ctx.wake_engine()


def callback_of(ctx: Context, row: Connection, declared: Webhooks) -> str:
    """The address to which a connection's events go."""
    address = f"{ctx.config.public_url}/webhooks/{row.platform}"
    return address if declared.shared else f"{address}/{row.id}"


def make_shared(ctx: Context, connection_id: int) -> tuple[str, str]:
    """Make the one subscription that serves every studio of a platform; its address and its key, which is told once.

    Raises ConnectorError; Rejected where there is one already.
    """
    with ctx.store.read() as db:
        row = db.get_one(Connection, connection_id)
    declared = registry.get(row.platform).webhooks
    if declared is None or declared.subscribe is None or declared.listed is None or not declared.shared:
        raise Rejected(f"{registry.get(row.platform).title} has no subscription that serves every studio.")
    if (words := not_public(ctx.config)) is not None:
        raise Misconfigured(words)
    with open_subscriptions(ctx, connection_id) as api:
        errand = _Errand(ctx, row, declared, api)
        if errand.mine(declared.listed(api)):
            raise Rejected(f"There is a subscription for {errand.callback} already.")
        errand.check_reach()
        return errand.callback, errand.make()[1]


def _watch(ctx: Context, rows: Sequence[Connection], declared: Webhooks) -> None:
    with open_subscriptions(ctx, rows[0].id) as api:
        found = declared.listed(api) if declared.listed else ()
    for row in rows:
        mine = _mine(found, row, declared, callback_of(ctx, row, declared))
        standing = standing_of(mine, _missing(ctx, row, declared))
        with ctx.store.write() as db:
            fresh = db.get_one(Connection, row.id)
            stopped = fresh.webhook_state is EventsState.ACTIVE
            if fresh.webhook_state is EventsState.UNREACHABLE and standing.state is EventsState.MISSING:
                standing = Standing(fresh.webhook_state, fresh.webhook_why, fresh.webhook_since)
            note_standing(db, fresh, standing, ctx.now(), missed=given_up_more(fresh, standing))
            if standing.state is not EventsState.ACTIVE and not (declared.shared and not mine):
                _ask(db, fresh, ctx.now(), at_once=stopped)


def _ask(db: Database, row: Connection, now: datetime, *, at_once: bool = False) -> None:
    """Ask for a run that sees to it: at once where events have just stopped, else not again and again."""
    last = select(func.max(Run.due_at)).where(Run.connection_id == row.id, Run.kind == RunKind.SUBSCRIBE)
    asked = db.scalar(last)
    if at_once or asked is None or now - asked >= AGAIN:
        why = row.webhook_why or "no events come"
        request_by_clock(db, RunKind.SUBSCRIBE, row.id, now=now, why=why)


def _mine(found: Iterable[Subscription], row: Connection, declared: Webhooks, callback: str) -> list[Subscription]:
    if declared.shared:
        return [each for each in found if each.callback == callback]
    return [each for each in found if each.id == row.webhook_id and row.webhook_secret is not None]


def _note(ctx: Context, connection_id: int, standing: Standing) -> None:
    with ctx.store.write() as db:
        note_standing(db, db.get_one(Connection, connection_id), standing, ctx.now())


def _note_unasked(ctx: Context, connection_id: int, words: str) -> None:
    """Say why nothing is known of a connection that could not be asked for even once."""
    with ctx.store.write() as db:
        row = db.get_one(Connection, connection_id)
        if row.webhook_state is None:
            note_standing(db, row, Standing(EventsState.MISSING, words), ctx.now())


def _end(ctx: Context, row: Connection, declared: Webhooks) -> bool:
    """End the subscription of a connection that has ended; a shared one goes on for the others."""
    if row.webhook_id is None or declared.delete is None or declared.shared:
        return False
    with open_subscriptions(ctx, row.id) as api:
        declared.delete(api, row.webhook_id)
    with ctx.store.write() as db:
        fresh = db.get_one(Connection, row.id)
        if fresh.state is ConnectionState.DISCONNECTED and fresh.webhook_id == row.webhook_id:
            fresh.webhook_id = None
    return True


class _Errand:
    """Seeing to one connection's subscription, with the subscriptions API open."""

    def __init__(self, ctx: Context, row: Connection, declared: Webhooks, api: Api) -> None:
        self.ctx, self.row, self.declared, self.api = ctx, row, declared, api
        self.callback = callback_of(ctx, row, declared)
        self.knocked = Knock()

    def mine(self, found: Iterable[Subscription]) -> list[Subscription]:
        """Which of these is this connection's."""
        return _mine(found, self.row, self.declared, self.callback)

    def see_to(self, *, again: bool) -> bool:
        """Look, and do what has to be done; whether anything was."""
        found = self.declared.listed(self.api) if self.declared.listed else ()
        mine = self.mine(found)
        standing = standing_of(mine, _missing(self.ctx, self.row, self.declared))
        _note(self.ctx, self.row.id, standing)
        if not self.declared.shared:
            self._clear_away(each for each in found if each.callback == self.callback and each not in mine)
        if standing.state is EventsState.ACTIVE and not (again and not self.declared.shared):
            return False
        self.check_reach()
        if standing.state is EventsState.OFF and self._switched_on(mine):
            return True
        if self.declared.shared:
            raise Misconfigured(standing.why or "")
        self._renew()
        return True

    def make(self) -> tuple[str, str]:
        """A new subscription: its id and its key."""
        subscribe_to = self.declared.subscribe
        if subscribe_to is None:
            raise Misconfigured(f"{self.row.platform} declares no way to subscribe")
        try:
            return subscribe_to(self.api, self.callback)
        except Rejected as error:
            raise self._refused(" ".join(filter(None, (self.knocked.words, str(error))))) from error

    def check_reach(self) -> None:
        """Knock at our own address. Where nobody opens, the platform may still get there: its word is told beside."""
        self.knocked = knock(self.callback)
        if self.knocked.sure:
            raise self._refused(self.knocked.words or "")

    def _refused(self, words: str) -> Rejected:
        _note(self.ctx, self.row.id, Standing(EventsState.UNREACHABLE, words))
        return Rejected(words)

    def _switched_on(self, mine: Sequence[Subscription]) -> bool:
        """Whether the subscription that is off could be switched on again; one that has ended never can."""
        off = next((each for each in mine if each.state is SubscriptionState.OFF), None)
        if off is None or self.declared.resume is None:
            return False
        try:
            self.declared.resume(self.api, off.id)
        except Rejected as error:
            log.warning("subscriptions.not_resumed", connection=self.row.id, why=str(error))
            return False
        _note(self.ctx, self.row.id, Standing(EventsState.ACTIVE))
        return True

    def _renew(self) -> None:
        """A new subscription in the old one's place; what the old key has signed is believed for a while."""
        number, secret = self.make()
        now, keys = self.ctx.now(), self.ctx.keys
        with self.ctx.store.write() as db:
            row = db.get_one(Connection, self.row.id)
            old = row.webhook_id
            if (before := self._old_key(row)) is not None:
                row.webhook_secret_before = keys.seal(before, secret_name(row.id, "webhook_secret_before"))
                row.webhook_secret_before_until = now + OLD_KEY_HOLDS
            row.webhook_id, row.webhook_secret = number, keys.seal(secret, secret_name(row.id))
            note_standing(db, row, Standing(EventsState.ACTIVE), now)
        if old is not None and self.declared.delete is not None:
            self.declared.delete(self.api, old)

    def _old_key(self, row: Connection) -> str | None:
        """The key so far; None where there is none, or none that opens: what it has signed is not believed then."""
        try:
            return None if row.webhook_secret is None else self.ctx.keys.open(row.webhook_secret, secret_name(row.id))
        except SealBroken as error:
            log.error("subscriptions.key_lost", connection=row.id, why=str(error))
            return None

    def _clear_away(self, left_over: Iterable[Subscription]) -> None:
        """End subscriptions to our address whose key we don't have: a process died between making and keeping one."""
        for each in left_over:
            if self.declared.delete is not None:
                self.declared.delete(self.api, each.id)


def _missing(ctx: Context, row: Connection, declared: Webhooks) -> str:
    """What is to be said where a connection has no subscription."""
    if not declared.shared:
        return NONE if row.webhook_id is None else LOST
    return (
        f"No subscription of our account sends events to {callback_of(ctx, row, declared)}. `adapter events {row.id} "
        f"--make` makes one and prints its key, which belongs into ADAPTER_{row.platform.upper()}_WEBHOOK_SECRET."
    )
