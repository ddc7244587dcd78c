"""Whether a studio publishes what it has on offer, and what lacks for all of it to be public."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from adapter.marketplace.agreeing import PublishRefused, agree_to_publish, stop_publishing
from adapter.marketplace.openactive import PATH
from adapter.marketplace.published import published
from adapter.marketplace.publishing import publish
from adapter.people.permissions import Act
from adapter.web.access import caller, context, needs

blueprint = Blueprint("api-open-data", __name__, description="Open data: what is on offer, for anybody to read")


class Agreement(Schema):
    """Under which name, with which page of its own, a studio publishes; ``published`` false: nothing is public."""

    published = fields.Boolean(required=True)
    organizer = fields.String(load_default=None, allow_none=True)
    url = fields.String(load_default=None, allow_none=True)


class Publishing(Agreement):
    """How it stands. Venues without an address and class types without an activity are not published."""

    since = fields.AwareDateTime(allow_none=True, required=True)
    feed = fields.String(allow_none=True, required=True)
    classes = fields.Integer(required=True, metadata={"description": "On offer in the feed"})
    venues_without_address = fields.List(fields.String(), required=True)
    class_types_without_activity = fields.List(fields.String(), required=True)


@blueprint.get("/studios/<int:studio_id>/open-data")
@needs(Act.SEE_SETTINGS)
@blueprint.response(200, Publishing)
def one(studio_id: int) -> dict[str, Any]:
    """What is public, and what lacks."""
    return _told(studio_id)


@blueprint.put("/studios/<int:studio_id>/open-data")
@needs(Act.CHANGE_SETTINGS)
@blueprint.arguments(Agreement)
@blueprint.response(200, Publishing)
@blueprint.alt_response(409, response="CONFLICT")
def agree(body: dict[str, Any], studio_id: int) -> dict[str, Any]:
    """Publish from now on, or nothing any more."""
    who: dict[str, Any] = {"actor": caller().actor, "now": context().now()}
    try:
        with context().store.write() as db:
            if body["published"]:
                agree_to_publish(db, studio_id, body["organizer"] or "", body["url"] or "", **who)
            else:
                stop_publishing(db, studio_id, **who)
            publish(db, context().now())
    except PublishRefused as error:
        abort(409, str(error))
    return _told(studio_id)


def _told(studio_id: int) -> dict[str, Any]:
    with context().store.read() as db:
        stands = published(db, studio_id, context().now())
    row = stands.publisher
    return {
        "published": row is not None,
        "organizer": row and row.organizer,
        "url": row and row.url,
        "since": row and row.since,
        "feed": row and context().config.public_url + PATH,
        "classes": stands.classes,
        "venues_without_address": [venue.name for venue in stands.unplaced],
        "class_types_without_activity": [kind.name for kind in stands.unworded],
    }
