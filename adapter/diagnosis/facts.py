"""What is known of a connection at an instant. Plain values: no person, no amount, no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapter.store.tables.connections import ConnectionState, EventsState, PushMode


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the latest reading, or the latest of its tries, ran into. ``words``: as it was noted."""

    at: datetime
    words: str
    status: int | None = None  # of HTTP, where the platform answered
    run: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the steps ask for; the defaults are those of a connection that is well."""

    now: datetime
    platform: str  # its title
    zone: str = "UTC"  # in which instants are told
    state: ConnectionState = ConnectionState.ACTIVE
    state_reason: str | None = None
    has_token: bool = True
    token_opens: bool = True  # with our keys
    token_expires_at: datetime | None = None
    renewable: bool = True  # there is a refresh token, or a staff login
    scopes_missing: tuple[str, ...] = ()  # asked for and not granted, in plain words
    mode: PushMode = PushMode.LIVE
    sources_unmapped: int = 0
    bookings_unmapped: int = 0  # in classes of the last 30 days and to come
    bookings_lately: int = 0  # in all, in the same classes
    classes_ahead: int = 1
    classes_hidden: int = 0  # at the platform, from the public
    classes_excluded: int = 0  # by the studio's settings
    calls_today: int = 0
    calls_allowed: int | None = None
    paused_until: datetime | None = None  # the platform wants no calls before then
    breaker_since: datetime | None = None
    next_probe_at: datetime | None = None
    trouble: Trouble | None = None
    set_aside: int = 0
    last_read_at: datetime | None = None  # the start of the last complete read
    nothing_after: timedelta = timedelta(minutes=60)  # SS-19
    our_skew: timedelta = timedelta(0)
    their_skew: timedelta | None = None  # positive: the platform's clock is ahead; None: it does not tell the time
    events_offered: bool = True  # the platform sends events at all
    events: EventsState | None = EventsState.ACTIVE
    events_since: datetime | None = None
    last_event_at: datetime | None = None
    events_waiting: int = 0  # for longer than ten minutes
    engine: str = "ok"  # else what is missing, in words
    overdue: timedelta = timedelta(0)  # how late the connection's oldest waiting work is
    open_run: int | None = None  # a reading that is going on

    def at(self, instant: datetime) -> str:
        """``2 Mar 2026, 04:00 EST``."""
        return instant.astimezone(ZoneInfo(self.zone)).strftime("%-d %b %Y, %H:%M %Z")
