"""How a connection's subscription stands, kept on the connection; and the stretch without events, read once more.

Knows what a platform says of its subscriptions and what follows here; calls nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database

from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.tables import AlertKind, Connection, EventsState, RunKind, WebhookMessage
from adapter.work import request_by_clock
from connectors.platform import Subscription, SubscriptionState

LOST = "The platform has no subscription of ours any more."
NONE = "No subscription has been made yet."
STOPPED = "Events no longer come: changes are seen at each update only, and what was missed is read again."
LONGEST_GAP = timedelta(days=14)  # what lies further back, the daily reading has seen since
AHEAD = timedelta(days=14)  # bookings that were made in a gap are for classes up to so far ahead, nearly all
TRIED_FOR = timedelta(hours=4)  # longer than platforms go on trying to deliver one message


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether events come; ``why`` not, in plain words; ``since`` when, by the platform's word."""

    state: EventsState
    why: str | None = None
    since: datetime | None = None
    given_up: int = 0  # messages that could not be delivered for good


def standing_of(mine: Sequence[Subscription], missing: str) -> Standing:
    """How a connection stands by its subscriptions; ``missing``: what is to be said where there is none."""
    if not mine:
        return Standing(EventsState.MISSING, missing)
    best = next((each for each in mine if each.state is SubscriptionState.ACTIVE), mine[0])
    if best.state is SubscriptionState.ACTIVE:
        return Standing(EventsState.ACTIVE, None, best.since, best.given_up)
    return Standing(EventsState.OFF, f"The platform's word: {best.why or 'it is off'}.", best.since, best.given_up)


def given_up_more(row: Connection, standing: Standing) -> bool:
    """Whether messages were given up since we looked last, though the subscription is on."""
    active = row.webhook_state is EventsState.ACTIVE and standing.state is EventsState.ACTIVE
    return active and standing.given_up > row.webhook_given_up


def note_standing(db: Database, row: Connection, standing: Standing, now: datetime, *, missed: bool = False) -> None:
    """Write down how a connection stands. When events stop, a gap opens; when they come again, it is read.

    ``missed``: some messages were lost although events come.
    """
    was = row.webhook_state
    if was is EventsState.ACTIVE and standing.state is not EventsState.ACTIVE:
        row.webhook_gap = {"from": _last_good(db, row).isoformat(), "to": None, "run": None}
    if was is not standing.state:
        row.webhook_since = now if standing.since is None or standing.since > now else standing.since
    if standing.state is EventsState.ACTIVE and row.webhook_gap and row.webhook_gap["to"] is None:
        _read_gap(db, row, datetime.fromisoformat(row.webhook_gap["from"]), now)
    elif missed:
        _read_gap(db, row, (row.webhook_checked_at or now) - TRIED_FOR, now)
    row.webhook_state, row.webhook_why = standing.state, standing.why
    row.webhook_checked_at, row.webhook_given_up = now, standing.given_up
    _tell(db, row, now)


def _tell(db: Database, row: Connection, now: datetime) -> None:
    """An alert while events that once came do not; where none ever came there is nothing to be alarmed about."""
    if row.webhook_state is EventsState.ACTIVE:
        resolve_alert(db, row.id, AlertKind.SUBSCRIPTION, now=now)
    elif row.webhook_gap is not None:
        open_alert(db, row.id, AlertKind.SUBSCRIPTION, f"{STOPPED} {row.webhook_why}", now=now, since=row.webhook_since)


def _last_good(db: Database, row: Connection) -> datetime:
    """Until when events have surely come: the last one that did, or when the subscription was switched on."""
    last = db.scalar(select(func.max(WebhookMessage.received_at)).where(WebhookMessage.connection_id == row.id))
    return max(at for at in (last, row.webhook_since, row.connected_at) if at is not None)


def _read_gap(db: Database, row: Connection, start: datetime, now: datetime) -> None:
    """Ask for the days that the gap is about to be read again, rosters and all."""
    zone = ZoneInfo(row.timezone)
    start = max(start, now - LONGEST_GAP)
    days = {"from": start.astimezone(zone).date().isoformat(), "to": (now + AHEAD).astimezone(zone).date().isoformat()}
    why = f"events were missing from {start:%-d %b %H:%M} to {now:%-d %b %H:%M} UTC"
    run, _ = request_by_clock(db, RunKind.RESYNC, row.id, now=now, why=why, params=days)
    row.webhook_gap = {"from": start.isoformat(), "to": now.isoformat(), "run": run.id}
