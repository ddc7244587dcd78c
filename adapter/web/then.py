"""The time machine's control: the instant that a page is asked to be shown as of, and how links carry it on (N-23)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from flask import Flask, abort, flash, g, has_request_context, redirect, request, url_for
from sqlalchemy.orm import Session as Db

from adapter.store.connection_health import connections_of
from adapter.store.readings import LOOKED_BACK
from adapter.web.access import context

ASKED = "as_of"
PAGES = frozenset(
    {
        "today.of_studio",
        "calendar.of_studio",
        "calendar.of_session",
        "payouts.of_studio",
        "payouts.as_lines",
        "guarantee.of_studio",
        "connections.one",
        "settings.of_studio",
        "by_hand.of_studio",
        "spotlight.of_studio",
    }
)
"""The pages that can be shown as of an earlier instant."""


def instant_asked_for(zone: str) -> datetime | None:
    """The instant in the address, on the clock of ``zone`` unless it says otherwise; None: now. UTC.

    What cannot be shown leads back to now, and says why.
    """
    text, now = request.args.get(ASKED, ""), context().now()
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
        then = (given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        _to_now("That is no date and time. This is as of now.")
    if then >= now:
        _to_now("That instant has not come yet. This is as of now.")
    if then < now - LOOKED_BACK:
        _to_now(f"What was believed is kept for {LOOKED_BACK.days} days. This is as of now.")
    g.then = then
    return then


def not_kept_yet(db: Db, studio_id: int, then: datetime | None) -> tuple[str, ...]:
    """What cannot be shown of an instant before all that a page as of then shows was kept, in words."""
    connections = [] if then is None else connections_of(db, studio_id)
    begun = [each for each in connections if each.history_since is not None and then and then < each.history_since]
    return tuple(
        f"What was written over at {each.site_name} before {each.history_since:%Y-%m-%d %H:%M} UTC, when we began to "
        "keep it: moved classes, other sources and rates of reservations, numbers set at the platform"
        for each in begun
    )


def not_known_yet(zone: str) -> NoReturn:
    """What the page is about was not known here at that instant."""
    _to_now("This was not known here yet at that instant. This is as of now.")


def install(app: Flask) -> None:
    """Let links from a page as of then lead to pages as of then; tell the templates which pages can be."""
    app.url_defaults(_carry)
    app.jinja_env.globals.update(can_be_then=lambda: request.endpoint in PAGES, looked_back=LOOKED_BACK)


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    then: datetime | None = g.get("then") if has_request_context() else None
    if then is not None and endpoint in PAGES:
        values.setdefault(ASKED, then.isoformat())


def _to_now(words: str) -> NoReturn:
    flash(words, "error")
    g.pop("then", None)  # else the way back carries the instant on, and leads here again
    others: dict[str, Any] = {name: value for name, value in request.args.items() if name != ASKED}
    abort(redirect(url_for(request.endpoint or "home.front", **((request.view_args or {}) | others))))
