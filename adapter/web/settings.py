"""The studio's SmartSpot and SmartRate settings: shown, checked field by field, saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from adapter.api import schemas
from adapter.confidential import without_floor
from adapter.permissions import Act
from adapter.store.settings import BadSetting
from adapter.store.tables import Studio
from adapter.studio_settings import FLOOR, SHOWN, FloorRefused, save_settings, settings_for
from adapter.web.access import caller, context, needs
from adapter.web.wording import can

blueprint = Blueprint("settings", __name__)
Errors = dict[str, list[str]]


@blueprint.get("/studios/<int:studio_id>/settings")
@needs(Act.SEE_SETTINGS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The settings as they stand."""
    with context().store.read() as db:
        values = settings_for(db, studio_id, caller())
    return _page(studio_id, {name: _plain(value) for name, value in values.items()}, {})


@blueprint.post("/studios/<int:studio_id>/settings")
@needs(Act.CHANGE_SETTINGS)
def save(studio_id: int) -> ResponseReturnValue:
    """Save them, or show what is wrong with which field."""
    given = {name: request.form.get(name, "").strip() for name in SHOWN if name in request.form}
    if not can(Act.CHANGE_FLOOR):
        given.pop(FLOOR, None)
    errors = _save(studio_id, given)
    if errors:
        return _page(studio_id, given, errors), 422
    flash("Saved. It holds from the next decision on.", "info")
    return redirect(url_for("settings.of_studio", studio_id=studio_id))


def _save(studio_id: int, given: dict[str, str]) -> Errors:
    try:
        values = schemas.Settings().load({name: text.replace(",", ".") or None for name, text in given.items()})
        with context().store.write() as db:
            save_settings(db, studio_id, values, caller=caller(), now=context().now())
    except ValidationError as error:
        return {str(name): list(texts) for name, texts in dict(error.messages_dict).items()}
    except BadSetting as error:
        sentence = str(error).removeprefix(f"{error.name}: ")
        return {error.name: [without_floor(sentence[:1].upper() + sentence[1:])]}
    except FloorRefused:
        abort(403)
    context().wake_engine()
    return {}


def _page(studio_id: int, values: dict[str, Any], errors: Errors) -> str:
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
    shown = {name: values.get(name) for name in SHOWN}
    return render_template("settings.html", studio=studio, values=shown, errors=errors)


def _plain(value: Any) -> str | None:
    """As people write it: amounts to the cent, or finer where they are; other numbers without trailing zeros."""
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == round(value, 2) else f"{value.normalize():f}"
    return None if value is None else f"{value:g}"
