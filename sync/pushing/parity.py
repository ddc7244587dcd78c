"""The parity check: what the platform holds against what is wanted. Drift is recorded and mended, not fought for ever.

A push is read back when it is sent; later somebody else may change what it set. So each session is looked at again,
those that start soon more often, all at once where the platform lists its offers. If the same drift comes back again
and again, the studio means it: then the smaller of both numbers is listed, and it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.marketplace.feed import announce
from adapter.store.listing_steps import note_listing
from adapter.store.mirror import Counts
from adapter.store.tables import Connection, Listing, Push, PushMode, PushState, RunKind, Session
from adapter.work import request_by_clock
from connectors import registry
from connectors.errors import TryAgain
from connectors.platform import Api, OfferPush, ReadBack
from connectors.records import SessionStatus
from sync.engine.job import Job
from sync.pushing import listings, outbox
from sync.pushing.held import BULK_PAYS, all_held
from sync.pushing.wanted import compare

SOON, SOON_EVERY, EVERY = timedelta(hours=24), timedelta(minutes=15), timedelta(hours=1)
"""Sessions that start soon are looked at every quarter of an hour, the others every hour."""
SAME_DRIFT = 3  # times: then it is meant
PATIENCE = timedelta(minutes=1)  # reads may trail writes: what was confirmed just now is not looked at
REMOVED = {"limit": 0, "rate": None, "premium_limit": None, "premium_rate": None}  # no offer sells nothing
A_RUN = 60  # sessions looked at one by one in one run, where the platform can't list them


def is_due(db: Database, connection: Connection, now: datetime) -> bool:
    """Whether a session of the connection is to be looked at now."""
    if connection.push_mode is not PushMode.LIVE or registry.get(connection.platform).offers is None:
        return False
    return db.execute(_due(connection.id, now).limit(1)).first() is not None


def check(ctx: Context, job: Job) -> bool:
    """Look at what is due; whether something is to be pushed again. Gives way to whatever waits in the outbox."""
    with ctx.store.read() as db:
        if not is_due(db, job.connection, ctx.now()) or outbox.is_due(db, job.connection_id, ctx.now()):
            return False
    looks = _looks(ctx, job)
    again = 0

    def keep(db: Database) -> Counts:
        nonlocal again
        sent = [push.session_id for push, held in looks if _keep(db, push, held, ctx.now())]
        again = len(sent)
        announce(db, sent, ctx.now())  # until it is mended, the platform lets through less
        return Counts(read=len(looks), changed=again, unchanged=len(looks) - again)

    job.commit("parity", keep)
    return again > 0


def _looks(ctx: Context, job: Job) -> list[tuple[Push, ReadBack | None]]:
    """Pushes in force with what the platform holds; what could not be read waits for the next check."""
    push = registry.get(job.connection.platform).offers
    found: list[tuple[Push, ReadBack | None]] = []
    if push is None:
        return found
    job.say("comparing with the platform")
    with open_connection(ctx, job.connection_id) as api:
        try:
            found.extend(_looked_at(ctx, job.connection_id, push, api))
        except TryAgain as error:
            job.fail("parity check", str(error))
    return found


def _looked_at(ctx: Context, connection_id: int, push: OfferPush, api: Api) -> Iterator[tuple[Push, ReadBack | None]]:
    """A difference seen in a list is looked at once more by itself."""
    with ctx.store.read() as db:
        due = db.scalars(_due(connection_id, ctx.now())).all()
        every = db.scalars(_in_force(connection_id, ctx.now())).all()
    listed = all_held(partial(push.read_all, api)) if push.read_all and len(due) >= BULK_PAYS else None
    for row in due[:A_RUN] if listed is None else every:
        session = row.wanted["session_id"]
        if listed is not None and compare(row.wanted, listed.get(session)).equal:
            yield row, listed.get(session)
            continue
        with ctx.store.read() as db:
            if outbox.is_due(db, connection_id, ctx.now()):
                return
        yield row, push.read_back(api, session)


def _in_force(connection_id: int, now: datetime) -> Select[Push]:
    """The latest push of each session to come, where it was confirmed, or given up after a passing fault."""
    return (
        select(Push)
        .join(Session, Session.id == Push.session_id)
        .outerjoin(Listing, Listing.session_id == Push.session_id)
        .where(
            Push.connection_id == connection_id,
            Push.state.in_([PushState.CONFIRMED, PushState.FAILED]),
            Push.settled_at <= now - PATIENCE,
            ~Push.urgent,
            ~outbox.is_followed(),
            Session.starts_at > now,
            Session.status == SessionStatus.SCHEDULED,
            Session.gone_at.is_(None),
        )
        .order_by(Session.starts_at, Push.id)
    )


def _due(connection_id: int, now: datetime) -> Select[Push]:
    soon = Session.starts_at <= now + SOON
    return _in_force(connection_id, now).where(
        or_(and_(soon, _looked_before(now - SOON_EVERY)), _looked_before(now - EVERY))
    )


def _looked_before(instant: datetime) -> Any:
    return and_(Push.settled_at <= instant, or_(Listing.checked_at.is_(None), Listing.checked_at <= instant))


def _keep(db: Database, push: Push, held: ReadBack | None, now: datetime) -> bool:
    """Write down one look; whether the push is to be sent again."""
    row = listings.listing_of(db, push.session_id)
    if row is None:  # it was pushed before such rows were kept
        row = listings.begin(db, push, held, maybe_sent=True, now=now)
        row.before = None
    row.checked_at = now
    row.sequence = max(row.sequence, held.sequence or 0 if held else 0)
    found = compare(push.wanted, held)
    if found.equal and push.state is PushState.CONFIRMED:
        listings.set_right(db, row, now)
        return False
    if not found.equal and push.state is PushState.CONFIRMED:
        stood = row.drift_since, row.own, row.mended
        _note_drift(db, row, push, held, now)
        row.mended += row.own is None
        if stood != (row.drift_since, row.own, row.mended):
            note_listing(db, row, now)
        if row.own is not None:
            return False
    return outbox.send_again(db, push, push.state, now, due=now)


def _note_drift(db: Database, row: Listing, push: Push, held: ReadBack | None, now: datetime) -> None:
    state = None if held is None else asdict(held)
    row.drifts = row.drifts + 1 if _shown(row.drift) == _shown(state) and row.drifts else 1
    row.drift, row.drift_since = state, row.drift_since or now
    row.suspect = _suspect(db, row, push, held)
    meant = row.own is not None or row.drifts >= SAME_DRIFT
    own = state if state is not None and state["limit"] is not None else REMOVED
    if meant and _shown(own) != _shown(row.own):
        row.own = own
        _ask_to_decide(db, push, now)


def _shown(state: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    """What of a state counts: not its sequence."""
    return None if state is None else tuple(state[name] for name in ("limit", "rate", "premium_limit", "premium_rate"))


def _suspect(db: Database, row: Listing, push: Push, held: ReadBack | None) -> str:
    """Who may have changed it, in words."""
    if held is None:
        return "somebody removed the offer at the platform"
    earlier = select(Push.wanted).where(Push.session_id == push.session_id, Push.id < push.id, Push.attempts > 0)
    if any(compare(wanted, held).equal for wanted in db.scalars(earlier)):
        return "an earlier state of ours came back: the platform restored it, or took it late"
    if held.sequence is not None and held.sequence > (push.sequence or 0):
        return "another system that writes offers to the platform"
    return "somebody at the studio, or another system with access to the platform"


def _ask_to_decide(db: Database, push: Push, now: datetime) -> None:
    why = "the studio sets its own number at the platform"
    request_by_clock(db, RunKind.DECIDE, push.connection_id, now=now, why=why)
