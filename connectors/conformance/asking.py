"""The questions by which a platform is tried out, and what its answers hold. Knows no check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.platform import Api, Ask, Everything, OfSession, Platform, Since, Window
from connectors.records import Page, Stream

BACK, AHEAD = timedelta(days=21), timedelta(days=14)
ROSTERS = 5  # how many are read


def asks(platform: Platform, stream: Stream, api: Api) -> list[Any]:
    """The questions by which a stream is tried out."""
    kind: type[Ask] = platform.streams[stream].ask
    if kind is OfSession:
        sessions = [each for each in records(platform, api, Stream.SESSIONS) if each.starts_at < api.now]
        return [OfSession(each.external_id) for each in sessions[-ROSTERS:]]
    return [{Everything: Everything(), Since: Since(None), Window: window(api)}[kind]]


def records(platform: Platform, api: Api, stream: Stream) -> list[Any]:
    """All records that a stream's questions bring."""
    return [
        item.record
        for ask in asks(platform, stream, api)
        for page in platform.streams[stream].read(api, ask)
        for item in page.items
    ]


def ids_of(pages: list[Page]) -> list[str]:
    """The records' ids, in the order in which they came."""
    return [item.record.external_id for page in pages for item in page.items]


def window(api: Api) -> Window:
    """The time that is looked at."""
    return Window(api.now - BACK, api.now + AHEAD)
