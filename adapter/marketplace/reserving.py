"""The life of a reservation on the channel: asked for, settled, cancelled, looked up again where an answer was lost.

Each step is one transaction; the calls to the platform lie between two. What a process that dies leaves open is taken
up by the engine (``resolve_due``): it looks at the platform, and never books a second time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.marketplace import booking
from adapter.marketplace.booking import Denied, Outcome, Placed, Unknown
from adapter.marketplace.cancelling import is_late
from adapter.marketplace.feed import announce
from adapter.marketplace.holding import CALLS_TAKE, Order, hold, kept
from adapter.marketplace.ledger import tell_studio
from adapter.marketplace.messages import tell
from adapter.store.redaction import scrub
from adapter.store.tables import (
    ChannelReservation,
    Connection,
    Marketplace,
    Participation,
    Refusal,
    ReservationState,
    RunKind,
    RunOrigin,
    Session,
)
from adapter.work import request_run
from connectors.errors import ConnectorError, Rejected
from connectors.platform import Guest

LOOKS = (timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2))
"""When a lost answer is looked up; after the last look that finds nothing, the reservation is refused."""

CANCEL_AGAIN = timedelta(seconds=30)


class CannotCancel(Exception):
    """The reservation stands: it is over, was refused, or the platform will not. The message is fit to show."""


def reserve(
    ctx: Context, marketplace: Marketplace, order: Order, studios: frozenset[int] | None
) -> tuple[ChannelReservation, bool]:
    """Make a reservation, once for each of the marketplace's ids; the answer is its state, and whether it is new.

    Raises what ``hold`` raises.
    """
    try:
        row, new = _held(ctx, marketplace, order, studios)
    except IntegrityError:  # the same id at the same instant, for another session: one of them is there by now
        row, new = _held(ctx, marketplace, order, studios)
    if new and row.state is ReservationState.REQUESTED:
        outcome = booking.book(ctx, row, Guest(order.guest_name, order.guest_email))
        row = _settled(ctx, row.id, outcome)
    return row, new


def cancel(ctx: Context, marketplace_id: int, caller_id: str) -> ChannelReservation:
    """Cancel a reservation; early or late by the instant at which it was first asked for.

    Raises LookupError where there is none, CannotCancel. REQUESTED or CONFIRMED with ``cancel_asked_at`` in the answer:
    it will be carried out.
    """
    with ctx.store.write() as db:
        row = kept(db, marketplace_id, caller_id)
        if row is None:
            raise LookupError(caller_id)
        row = _locked(db, row.id)
        asked_now = _ask_cancel(db, row, ctx.now())
    return _carry_out_cancel(ctx, row, from_caller=True) if asked_now else row


def resolve_due(ctx: Context, connection_id: int) -> int:
    """Take up what is open on a connection and due: lost answers, cancellations, places nobody wants; how many."""
    with ctx.store.read() as db:
        mine = ChannelReservation.connection_id == connection_id, ChannelReservation.look_at <= ctx.now()
        due = db.scalars(select(ChannelReservation).where(*mine).order_by(ChannelReservation.look_at).limit(200)).all()
    return sum(_resolve(ctx, row) for row in due)


def move_on(db: Database, row: ChannelReservation, state: ReservationState, now: datetime) -> None:
    """Bring a reservation into its next state, and tell its marketplace; the caller announces what is on offer."""
    row.state, row.changed_at = state, now
    if state is ReservationState.CONFIRMED:
        row.confirmed_at = now
    if state in (ReservationState.CANCELLED, ReservationState.LATE_CANCELLED):
        row.cancelled_at = row.cancel_asked_at or now
    tell(db, row, now)


def _held(
    ctx: Context, marketplace: Marketplace, order: Order, studios: frozenset[int] | None
) -> tuple[ChannelReservation, bool]:
    with ctx.store.write() as db:
        row, new = hold(db, ctx.keys, marketplace, order, ctx.now(), studios)
        if new and row.state is ReservationState.REFUSED:
            tell(db, row, ctx.now())
        return row, new


def _settled(ctx: Context, row_id: int, outcome: Outcome) -> ChannelReservation:
    """Write down what became of the place."""
    with ctx.store.write() as db:
        row, now = _locked(db, row_id), ctx.now()
        if row.state is not ReservationState.REQUESTED:
            _too_late(row, outcome, now)
            return row
        if isinstance(outcome, Placed) and _is_anothers(db, row, outcome):
            outcome = Denied(Refusal.ALREADY_BOOKED)
        _settle(db, row, outcome, now)
    ctx.wake_engine()
    return _carry_out_cancel(ctx, row) if _is_to_cancel(row) else row


def _is_to_cancel(row: ChannelReservation) -> bool:
    return row.state is ReservationState.CONFIRMED and row.cancel_asked_at is not None


def _settle(db: Database, row: ChannelReservation, outcome: Outcome, now: datetime) -> None:
    if isinstance(outcome, Unknown):
        row.words = outcome.words
        row.look_at = now + LOOKS[min(row.looks, len(LOOKS) - 1)]
        return
    row.look_at = None
    if isinstance(outcome, Placed):
        row.platform_id, row.on_ledger, row.words = outcome.platform_id, outcome.platform_id is None, None
        move_on(db, row, ReservationState.CONFIRMED, now)
        if row.on_ledger:
            tell_studio(db, row.connection_id, now)
    else:
        row.refusal, row.words = outcome.refusal, outcome.words
        move_on(db, row, ReservationState.REFUSED, now)
    _ask_for_decision(db, row, now)
    if row.state is ReservationState.REFUSED:
        announce(db, [row.session_id], now)


def _too_late(row: ChannelReservation, outcome: Outcome, now: datetime) -> None:
    """The answer came after the reservation had been given up: a place that was taken after all is given back."""
    if row.state is ReservationState.REFUSED and isinstance(outcome, Placed) and outcome.platform_id is not None:
        row.platform_id, row.look_at = outcome.platform_id, now


def _is_anothers(db: Database, row: ChannelReservation, placed: Placed) -> bool:
    """Whether the place that was found is that of another reservation of ours."""
    if placed.platform_id is None:
        return False
    same = ChannelReservation.connection_id == row.connection_id, ChannelReservation.platform_id == placed.platform_id
    return db.scalar(select(ChannelReservation.id).where(*same, ChannelReservation.id != row.id)) is not None


def _ask_cancel(db: Database, row: ChannelReservation, now: datetime) -> bool:
    """Note that it is to be cancelled; whether that is to be carried out now."""
    if row.state in (ReservationState.CANCELLED, ReservationState.LATE_CANCELLED):
        return False
    if row.state not in (ReservationState.REQUESTED, ReservationState.CONFIRMED):
        raise CannotCancel(f"The reservation is {row.state.value.replace('_', ' ')}: there is nothing to cancel.")
    if db.get_one(Session, row.session_id).starts_at <= now:
        raise CannotCancel("The class has begun.")
    if row.cancel_asked_at is not None:
        return False
    row.cancel_asked_at = now
    if row.state is ReservationState.CONFIRMED:
        row.look_at = now + CALLS_TAKE
    return row.state is ReservationState.CONFIRMED


def _carry_out_cancel(ctx: Context, row: ChannelReservation, *, from_caller: bool = False) -> ChannelReservation:
    """Cancel at the platform and write it down; where it does not answer, the engine goes on."""
    refused: Rejected | None = None
    try:
        booking.cancel(ctx, row)
    except Rejected as error:
        refused = error
    except ConnectorError as error:
        return _open(ctx, row.id, str(error))
    with ctx.store.write() as db:
        row = _locked(db, row.id)
        if row.state is ReservationState.CONFIRMED:
            _settle_cancel(db, row, refused, ctx)
    ctx.wake_engine()
    if refused is not None and from_caller:
        raise CannotCancel(row.words or "The booking platform refuses to cancel it.")
    return row


def _settle_cancel(db: Database, row: ChannelReservation, refused: Rejected | None, ctx: Context) -> None:
    now, asked = ctx.now(), row.cancel_asked_at
    row.look_at = None
    if refused is not None:
        row.cancel_asked_at, row.words = None, scrub(str(refused), ctx.keys)
        return
    starts_at = db.get_one(Session, row.session_id).starts_at
    late = is_late(starts_at, asked or now, _policy_hours(db, row.connection_id))
    move_on(db, row, ReservationState.LATE_CANCELLED if late else ReservationState.CANCELLED, now)
    if row.on_ledger:
        tell_studio(db, row.connection_id, now)
    _ask_for_decision(db, row, now)
    announce(db, [row.session_id], now)


def _open(ctx: Context, row_id: int, words: str) -> ChannelReservation:
    with ctx.store.write() as db:
        row = _locked(db, row_id)
        row.look_at, row.words = ctx.now() + CANCEL_AGAIN, scrub(words, ctx.keys)
        return row


def _resolve(ctx: Context, row: ChannelReservation) -> bool:
    """Go on with one that is open, unless another has taken it up."""
    mine = ChannelReservation.id == row.id, ChannelReservation.look_at == row.look_at
    with ctx.store.write() as db:
        values = {"look_at": ctx.now() + CALLS_TAKE, "looks": ChannelReservation.looks + 1}
        taken = cast("CursorResult[None]", db.execute(update(ChannelReservation).where(*mine).values(values)))
    if taken.rowcount != 1:
        return False
    if row.state is ReservationState.REQUESTED:
        outcome = booking.find(ctx, row)
        lost = isinstance(outcome, Denied) and row.looks + 1 < len(LOOKS)
        _settled(ctx, row.id, Unknown(outcome.words or "") if lost and isinstance(outcome, Denied) else outcome)
    elif _is_to_cancel(row):
        _carry_out_cancel(ctx, row)
    else:
        _give_back(ctx, row)
    return True


def _give_back(ctx: Context, row: ChannelReservation) -> None:
    """A place that the platform gave to a reservation that was refused meanwhile."""
    try:
        booking.cancel(ctx, row)
    except Rejected:
        pass  # nothing is held there any more
    except ConnectorError as error:
        _open(ctx, row.id, str(error))
        return
    with ctx.store.write() as db:
        _locked(db, row.id).look_at = None


def _locked(db: Database, row_id: int) -> ChannelReservation:
    return db.get_one(ChannelReservation, row_id, with_for_update=True, populate_existing=True)


def _policy_hours(db: Database, connection_id: int) -> int | None:
    """The cancellation policy that the studio told, where it did."""
    studio = select(Connection.studio_id).where(Connection.id == connection_id).scalar_subquery()
    return db.scalar(select(Participation.cancellation_policy_hours).where(Participation.studio_id == studio))


def _ask_for_decision(db: Database, row: ChannelReservation, now: datetime) -> None:
    why = "a place was sold or came back"
    request_run(db, RunKind.SELL, row.connection_id, origin=RunOrigin.SCHEDULE, actor="channel", now=now, why=why)
