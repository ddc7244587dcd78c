"""Reading rosters: many of them with a few calls at a time, each whole or not at all.

Knows the calls. Whose roster is due is told by the store; writing happens in one place, the caller's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from adapter.logs import carrying
from connectors.errors import ConnectorError, TryAgain
from connectors.platform import Api, OfSession, Resource
from connectors.records import Page

FETCHERS = 4
AHEAD = 32  # answers that may wait to be written


@dataclass(frozen=True, slots=True)
class RosterKey:
    """A session, as far as reading its roster goes."""

    id: int  # ours
    external_id: str


Roster = tuple[Page, ...]


def fetch_all(
    api: Api, resource: Resource, keys: Sequence[RosterKey]
) -> Iterator[tuple[RosterKey, Roster | ConnectorError]]:
    """Each roster, whole, or why it could not be read; in the order asked, a few calls at a time."""
    waiting: deque[tuple[RosterKey, Future[Roster | ConnectorError]]] = deque()
    with ThreadPoolExecutor(FETCHERS, thread_name_prefix="roster") as pool:
        try:
            for key in keys:
                waiting.append((key, pool.submit(carrying(fetch), api, resource, key.external_id)))
                if len(waiting) >= AHEAD:
                    first, answer = waiting.popleft()
                    yield first, answer.result()
            while waiting:
                first, answer = waiting.popleft()
                yield first, answer.result()
        finally:
            for _, answer in waiting:
                answer.cancel()


def fetch(api: Api, resource: Resource, session_id: str) -> Roster | ConnectorError:
    """One session's roster, whole; a part of one is an error: what is absent from it would be taken as cancelled."""
    try:
        pages = tuple(resource.read(api, OfSession(session_id)))
    except ConnectorError as error:
        return error
    if not pages or not pages[-1].final:
        return TryAgain("the platform's answer was not complete")
    return pages
