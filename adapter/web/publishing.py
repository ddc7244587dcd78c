"""Open data: whether a studio publishes what it has on offer, where its venues are and what its classes are."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session as Db

from adapter.marketplace.activities import ACTIVITIES
from adapter.marketplace.agreeing import (
    ADDRESS,
    PublishRefused,
    agree_to_publish,
    place_venue,
    stop_publishing,
    word_class,
)
from adapter.marketplace.openactive import PATH
from adapter.marketplace.published import Published, published
from adapter.marketplace.publishing import publish
from adapter.people.permissions import Act
from adapter.store.tables import Studio
from adapter.web.access import caller, context, needs
from adapter.web.refused import at_fields

blueprint = Blueprint("publishing", __name__)


@blueprint.get("/studios/<int:studio_id>/open-data")
@needs(Act.SEE_SETTINGS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """What is public, what has to be said for the rest to be, and the forms for both."""
    return _page(studio_id)


@blueprint.post("/studios/<int:studio_id>/open-data")
@needs(Act.CHANGE_SETTINGS)
def save(studio_id: int) -> ResponseReturnValue:
    """Keep what the form says; publish from now on, or stop."""
    try:
        with context().store.write() as db:
            _save(db, studio_id)
            publish(db, context().now())
    except PublishRefused as error:
        return _page(studio_id, at_fields(str(error), error.fields)), 422
    flash("Saved. The feed says so from now on.", "info")
    return redirect(url_for("publishing.of_studio", studio_id=studio_id))


def _save(db: Db, studio_id: int) -> None:
    form, now, actor = request.form, context().now(), caller().actor
    stands = published(db, studio_id, now)
    if form.get("act") == "stop":
        return stop_publishing(db, studio_id, actor=actor, now=now)
    _save_places(db, studio_id, stands)
    for kind in stands.kinds:
        activity = form.get(f"class-{kind.id}", "")
        if activity and activity != stands.activities.get(kind.id):
            word_class(db, studio_id, kind.id, activity, actor=actor, now=now)
    if form.get("act") == "publish":
        agree_to_publish(db, studio_id, form.get("organizer", ""), form.get("url", ""), actor=actor, now=now)
    return None


def _save_places(db: Db, studio_id: int, stands: Published) -> None:
    """The addresses that changed; one that is left empty is none."""
    for venue in stands.venues:
        given = {name: request.form.get(f"venue-{venue.id}-{name}", "").strip() for name in ADDRESS}
        given["country"] = given["country"].upper()
        before = stands.places.get(venue.id)
        if any(given.values()) and (before is None or any(getattr(before, name) != given[name] for name in ADDRESS)):
            try:
                place_venue(db, studio_id, venue.id, given, actor=caller().actor, now=context().now())
            except PublishRefused as error:
                raise PublishRefused(str(error), *(f"venue-{venue.id}-{name}" for name in error.fields)) from error


def _page(studio_id: int, wrong: Mapping[str, str] | None = None) -> str:
    with context().store.read() as db:
        return render_template(
            "open_data.html",
            studio=db.get_one(Studio, studio_id),
            stands=published(db, studio_id, context().now()),
            activities=sorted(ACTIVITIES),
            feed=context().config.public_url + PATH,
            form=request.form,
            wrong=wrong or {},
        )
