"""What a sandbox may be told before it starts. Faults that come and go are in faults.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Window(StrEnum):
    """The two readings of the date window of ``updateclassschedule``: nobody knows which one is true."""

    REDEFINES = "redefines"  # the dates become the series' own range: what lies outside is gone
    EDITS = "edits"  # the dates only say which classes are meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of one sandbox. The defaults are a platform on a good day, but for the window's dangerous reading."""

    url: str = ""  # where it is reached, without a closing slash; empty: as each request says
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"  # noqa: S105  guards nothing but a simulation on loopback
    api_key: str = "sandbox-api-key"
    service_key: str = "sandbox-service-key"  # of the brands' service user
    engine_token: str = "sandbox-engine-token"  # noqa: S105  as above
    redirect_uris: tuple[str, ...] = ()  # empty: any callback on loopback
    window: Window = Window.REDEFINES
    utc_mode: bool = False  # times as the specification's prose says: UTC with Z
    drop_optional: float = 0.0  # share of optional keys that are left out
    short_pages: bool = False  # pages that bring fewer rows than they say
    most_rows: int = 200  # on one page, whatever is asked for
    list_cap: int | None = None  # rows after which every list ends, whatever it says there are
    access_token_seconds: int = 3600
    rotate_refresh: bool = True
    issuer_in_response: bool = True  # RFC 9207
    per_minute: int | None = None  # calls a minute and key before a 429
    free_calls_a_day: int = 1000  # for the meter's sake: beyond are counted, not refused
    webhook_retry_minutes: tuple[float, ...] = (15.0,) * 12  # the waits between attempts
    webhook_give_up_after: int = 3  # messages that failed for good before the subscription is switched off

    @property
    def retry_waits(self) -> tuple[timedelta, ...]:
        """How long a failed delivery waits before each further attempt."""
        return tuple(timedelta(minutes=minutes) for minutes in self.webhook_retry_minutes)


def read_options(given: Mapping[str, Any]) -> Options:
    """Options from plain JSON values. An unknown name or word is a ``TypeError`` or a ``ValueError``."""
    values = dict(given)
    if "window" in values:
        values["window"] = Window(values["window"])
    for name in ("redirect_uris", "webhook_retry_minutes"):
        if name in values:
            values[name] = tuple(values[name])
    return Options(**values)
