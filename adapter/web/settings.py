"""SmartSpot and SmartRate settings of the studio, a venue or a class: shown, checked field by field, saved (SS-13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from adapter.api import schemas
from adapter.confidential import without_floor
from adapter.permissions import Act
from adapter.store.calendar import class_types_of, venues_of
from adapter.store.settings import BadSetting
from adapter.store.tables import Scope, Studio
from adapter.studio_settings import FLOOR, SHOWN, FloorRefused, save_settings, settings_for
from adapter.web.access import caller, context, needs
from adapter.web.wording import can

blueprint = Blueprint("settings", __name__)
Errors = dict[str, list[str]]


@dataclass(frozen=True)
class Place:
    """What settings hold for; its key stands in the address."""

    scope: Scope = Scope.STUDIO
    scope_id: int = 0

    @property
    def key(self) -> str:
        """``venue-3``; nothing for the studio."""
        return "" if self.scope is Scope.STUDIO else f"{self.scope}-{self.scope_id}"


@blueprint.get("/studios/<int:studio_id>/settings")
@needs(Act.SEE_SETTINGS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The settings as they stand."""
    place = _place()
    with context().store.read() as db:
        values = settings_for(db, studio_id, caller(), place.scope, place.scope_id)
    return _page(studio_id, place, {name: _plain(value) for name, value in values.items()}, {})


@blueprint.post("/studios/<int:studio_id>/settings")
@needs(Act.CHANGE_SETTINGS)
def save(studio_id: int) -> ResponseReturnValue:
    """Save them, or show what is wrong with which field."""
    place = _place()
    given = {name: request.form.get(name, "").strip() for name in SHOWN if name in request.form}
    if not can(Act.CHANGE_FLOOR):
        given.pop(FLOOR, None)
    errors = _save(studio_id, place, given)
    if errors:
        return _page(studio_id, place, given, errors), 422
    context().wake_engine()
    flash("Saved. It holds from the next decision on.", "info")
    return redirect(url_for("settings.of_studio", studio_id=studio_id, of=place.key or None))


def _save(studio_id: int, place: Place, given: dict[str, str]) -> Errors:
    try:
        values = schemas.Settings().load({name: text.replace(",", ".") or None for name, text in given.items()})
        with context().store.write() as db:
            save_settings(
                db,
                studio_id,
                values,
                caller=caller(),
                now=context().now(),
                scope=place.scope,
                scope_id=place.scope_id,
            )
    except ValidationError as error:
        return {str(name): list(texts) for name, texts in dict(error.messages_dict).items()}
    except BadSetting as error:
        sentence = str(error).removeprefix(f"{error.name}: ")
        return {error.name: [without_floor(sentence[:1].upper() + sentence[1:])]}
    except FloorRefused:
        abort(403)
    return {}


def _place() -> Place:
    """What the address names; 404 for nonsense. Whether it is this studio's is looked up when the page is made."""
    scope, _, number = request.args.get("of", "").rpartition("-")
    if not scope and not number:
        return Place()
    if scope not in (Scope.VENUE, Scope.CLASS_TYPE) or not number.isdecimal():
        abort(404)
    return Place(Scope(scope), int(number))


def _page(studio_id: int, place: Place, values: dict[str, Any], errors: Errors) -> str:
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        names = {"": "The whole studio"}
        names |= {Place(Scope.VENUE, row.id).key: row.name for row in venues_of(db, studio_id)}
        names |= {Place(Scope.CLASS_TYPE, row.id).key: row.name for row in class_types_of(db, studio_id)}
        wider = settings_for(db, studio_id, caller()) if place.key else {}
    if place.key not in names:
        abort(404)
    shown = {name: values.get(name) for name in SHOWN}
    inherited = {name: _plain(value) for name, value in wider.items() if value is not None}
    return render_template(
        "settings.html",
        studio=studio,
        values=shown,
        errors=errors,
        places=names,
        place=place.key,
        inherited=inherited,
    )


def _plain(value: Any) -> str | None:
    """As people write it: amounts to the cent, or finer where they are; other numbers without trailing zeros."""
    if isinstance(value, bool):
        return "yes" if value else None
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == round(value, 2) else f"{value.normalize():f}"
    return None if value is None else f"{value:g}"
