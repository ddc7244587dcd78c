"""The calendar and its reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, g
from flask_smorest import Blueprint

from adapter.api import schemas
from adapter.api.bounds import Instant, RowId
from adapter.api.paging import PageQuery, cursor_of, place_of
from adapter.overbooking import facts_of, find_cause, tell
from adapter.people.permissions import Act, may, studios_for
from adapter.showing.confidential import without_floor
from adapter.store.calendar import Upcoming, decisions_of, upcoming
from adapter.store.tables import Decision
from adapter.store.timeline import timeline_of
from adapter.web.access import allow, caller, context, needs

blueprint = Blueprint("api-sessions", __name__, description="Sessions, decisions and why")
AHEAD = timedelta(days=14)
_NUMBERS = frozenset(schemas.Decision().fields)
_REASONS = _NUMBERS | {"explanation"}


class SessionQuery(PageQuery):
    """Which sessions: those that start at or after ``from`` and before ``to``. A day is its first instant in UTC."""

    from_ = Instant(data_key="from", load_default=None)
    to = Instant(load_default=None)
    studio_id = RowId(load_default=None)


@blueprint.get("/sessions")
@blueprint.arguments(SessionQuery, location="query")
@blueprint.response(200, schemas.page_of(schemas.Session))
def many(query: dict[str, Any]) -> dict[str, Any]:
    """Sessions with their places and latest decision; without ``from`` and ``to``, those of the next 14 days."""
    start = query["from_"] or context().now()
    end = query["to"] or start + AHEAD
    place = place_of(query["cursor"], str, int)
    after = (_instant(place[0]), place[1]) if place else None
    with context().store.read() as db:
        found = upcoming(db, _studios(query["studio_id"]), start, end, after=after, limit=query["limit"])
    last = found[-1].session if len(found) == query["limit"] else None
    following = cursor_of(last.starts_at.isoformat(), last.id) if last else None
    return {"items": [_session(item) for item in found], "next_cursor": following}


@blueprint.get("/sessions/<int:session_id>/decisions")
@needs(Act.SEE_CALENDAR)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.page_of(schemas.ExplainedDecision))
def decisions(query: dict[str, Any], session_id: int) -> dict[str, Any]:
    """Every decision made for a session, the latest first, each with its reasons and its push."""
    place = place_of(query["cursor"], int)
    with context().store.read() as db:
        found = decisions_of(db, session_id, before=place[0] if place else None, limit=query["limit"])
    more = len(found) == query["limit"]
    following = cursor_of(found[-1][0].sequence) if more else None
    seen = [{**_seen(decision, g.studio_id, _REASONS), "push": push} for decision, push in found]
    return {"items": seen, "next_cursor": following}


@blueprint.get("/sessions/<int:session_id>/timeline")
@needs(Act.SEE_TIMELINE)
@blueprint.response(200, schemas.Timeline)
def timeline(session_id: int) -> dict[str, Any]:
    """Why a session is overbooked, and all that happened to it: readings, decisions, pushes, events, bookings."""
    with context().store.read() as db:
        events = timeline_of(db, session_id)
    found = find_cause(events, until=context().now())
    told = [
        {"at": one.at, "kind": one.kind, "words": tell(one), "facts": without_floor(facts_of(one))} for one in events
    ]
    cause = {"cause": found.cause, "words": found.words, "overbooked_at": found.at}
    return {"session_id": session_id, **cause, "events": told}


def _studios(studio_id: int | None) -> frozenset[int] | None:
    if studio_id is not None:
        allow(Act.SEE_CALENDAR, studio_id)
        return frozenset({studio_id})
    studios = studios_for(caller(), Act.SEE_CALENDAR)
    return studios if studios is None or studios else abort(403)


def _session(item: Upcoming) -> dict[str, Any]:
    own = {name: getattr(item.session, name, None) for name in schemas.Session().fields}
    return {
        **own,
        "venue": item.venue,
        "class_name": item.class_name,
        "category": item.category,
        "places": item.places,
        "decision": _seen(item.decision, item.studio_id, _NUMBERS) if item.decision else None,
        "push_state": item.push.state if item.push else None,
    }


def _seen(decision: Decision, studio_id: int, names: frozenset[str]) -> dict[str, Any]:
    """A decision as the caller may see it (SR-11)."""
    plain = {name: getattr(decision, name) for name in names}
    return plain if may(caller(), Act.SEE_FLOOR, studio_id) else without_floor(plain)


def _instant(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        abort(400, "cursor: not one of ours")
