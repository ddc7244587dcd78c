"""Studios, their settings and what their booking sources mean."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnprocessableEntity

from adapter.api import schemas
from adapter.api.paging import PageQuery, cursor_of, place_of
from adapter.people.permissions import Act
from adapter.showing.confidential import without_floor
from adapter.steering.studio_settings import FloorRefused, confirm_sources, save_settings, settings_for
from adapter.store.connection_health import connections_of
from adapter.store.settings import BadSetting, sources
from adapter.store.tables import Studio
from adapter.web.access import caller, context, needs

blueprint = Blueprint("api-studios", __name__, description="Studios and what they decided")


@blueprint.get("/studios")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.page_of(schemas.Studio))
def many(query: dict[str, Any]) -> dict[str, Any]:
    """The studios that exist for the caller."""
    if caller().marketplace is not None:  # which has the channel alone
        abort(403)
    wanted = select(Studio).order_by(Studio.id).limit(query["limit"])
    if caller().studio_ids is not None:
        wanted = wanted.where(Studio.id.in_(caller().studio_ids or ()))
    if place := place_of(query["cursor"], int):
        wanted = wanted.where(Studio.id > place[0])
    with context().store.read() as db:
        found = db.scalars(wanted).all()
    more = len(found) == query["limit"]
    return {"items": found, "next_cursor": cursor_of(found[-1].id) if more else None}


@blueprint.get("/studios/<int:studio_id>/settings")
@needs(Act.SEE_SETTINGS)
@blueprint.response(200, schemas.Settings)
def settings(studio_id: int) -> dict[str, Any]:
    """The studio's settings; the floor only for owner and finance."""
    with context().store.read() as db:
        return settings_for(db, studio_id, caller())


@blueprint.put("/studios/<int:studio_id>/settings")
@needs(Act.CHANGE_SETTINGS)
@blueprint.arguments(schemas.Settings)
@blueprint.response(200, schemas.Settings)
@blueprint.alt_response(403, response="FORBIDDEN")
def put_settings(body: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """Replace the studio's settings; what is left out is taken back, but the floor, which stays as it is."""
    try:
        with context().store.write() as db:
            saved = save_settings(db, studio_id, body, caller=caller(), now=context().now())
    except FloorRefused as error:
        abort(403, str(error))
    except BadSetting as error:
        raise _wrong(error) from None
    context().wake_engine()
    return saved


@blueprint.get("/studios/<int:studio_id>/sources")
@needs(Act.SEE_CONNECTION)
@blueprint.response(200, schemas.Sources)
def get_sources(studio_id: int) -> dict[str, Any]:
    """The booking sources seen at the studio's connections, with counts and what they mean."""
    with context().store.read() as db:
        return _sources(db, studio_id)


@blueprint.put("/studios/<int:studio_id>/sources")
@needs(Act.MAP_SOURCES)
@blueprint.arguments(schemas.Sources)
@blueprint.response(200, schemas.Sources)
def put_sources(body: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """Say what booking sources mean; those left out stay as they are."""
    with context().store.write() as db:
        mine = {connection.id for connection in connections_of(db, studio_id)}
        if not {item["connection_id"] for item in body["items"]} <= mine:
            abort(404)
        for connection_id in mine:
            said = {item["source"]: item["channel"] for item in body["items"] if item["connection_id"] == connection_id}
            confirm_sources(db, connection_id, said, caller=caller(), now=context().now())
        answer = _sources(db, studio_id)
    context().wake_engine()
    return answer


def _wrong(error: BadSetting) -> UnprocessableEntity:
    told = {name: [without_floor(f"{name}: {words}")] for name, words in error.wrong.items()}
    refused = UnprocessableEntity()
    refused.__dict__["data"] = {"errors": {"json": told}}
    return refused


def _sources(db: Session, studio_id: int) -> dict[str, Any]:
    items = [
        {"connection_id": connection.id, "source": use.source, "channel": use.channel, "count": use.count}
        for connection in connections_of(db, studio_id)
        for use in sources(db, connection.id)
    ]
    return {"items": items}
