"""SmartSpot and SmartRate settings of the studio, a venue or a class: shown, checked, tried, saved (SS-13)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from adapter.api import schemas
from adapter.people.permissions import Act
from adapter.steering.foreseeing import Foreseen
from adapter.steering.studio_settings import (
    FLOOR,
    SHOWN,
    FloorRefused,
    save_settings,
    settings_for,
    wishes_with,
    wrong_with,
)
from adapter.store.setting_rules import RULES, BadSetting, refuse
from adapter.store.tables import Scope, Studio
from adapter.web.access import caller, context, needs
from adapter.web.foreseeing import foresee
from adapter.web.places import key_of, names_of, place_of
from adapter.web.then import instant_asked_for
from adapter.web.wording import can, seen

blueprint = Blueprint("settings", __name__)
Errors = dict[str, list[str]]
Place = tuple[Scope, int]


@blueprint.get("/studios/<int:studio_id>/settings")
@needs(Act.SEE_SETTINGS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The settings as they stand, or stood at an earlier instant."""
    place = _place()
    with context().store.read() as db:
        then = instant_asked_for(db.get_one(Studio, studio_id).timezone)
        values = settings_for(db, studio_id, caller(), *place, then=then)
    return _page(studio_id, place, {name: _plain(value) for name, value in values.items()}, {})


@blueprint.post("/studios/<int:studio_id>/settings")
@needs(Act.CHANGE_SETTINGS)
def save(studio_id: int) -> ResponseReturnValue:
    """Save them, or show what is wrong with which field."""
    place = _place()
    given = {name: request.form.get(name, "").strip() for name in SHOWN if name in request.form}
    if not can(Act.CHANGE_FLOOR):
        given.pop(FLOOR, None)
    if "look" in request.form:
        foreseen, errors = _look(studio_id, place, given)
        return _page(studio_id, place, given, errors, foreseen=foreseen), 422 if errors else 200
    errors = _save(studio_id, place, given)
    if errors:
        return _page(studio_id, place, given, errors), 422
    context().wake_engine()
    flash("Saved. It holds from the next decision on.", "info")
    return redirect(url_for("settings.of_studio", studio_id=studio_id, of=key_of(*place) or None))


def _save(studio_id: int, place: Place, given: dict[str, str]) -> Errors:
    now = context().now()

    def save(values: dict[str, Any]) -> None:
        with context().store.write() as db:
            save_settings(db, studio_id, values, caller=caller(), now=now, scope=place[0], scope_id=place[1])

    return _checked(studio_id, place, given, save)


def _look(studio_id: int, place: Place, given: dict[str, str]) -> tuple[Foreseen | None, Errors]:
    """What these settings would do; nothing is saved."""
    found: list[Foreseen] = []

    def look(values: dict[str, Any]) -> None:
        with context().store.read() as db:
            wishes = wishes_with(db, studio_id, values, caller=caller(), scope=place[0], scope_id=place[1])
        found.append(foresee(studio_id, wishes))

    errors = _checked(studio_id, place, given, look)
    return next(iter(found), None), errors


def _checked(studio_id: int, place: Place, given: dict[str, str], act: Callable[[dict[str, Any]], None]) -> Errors:
    """Read the fields and act on them where all are right; else what is wrong with each that is not."""
    values, errors = _read(given)
    try:
        with context().store.read() as db:
            wrong = wrong_with(db, studio_id, values, caller=caller(), scope=place[0], scope_id=place[1])
        if not errors:
            refuse(wrong)
            act(values)
    except BadSetting as error:
        wrong = error.wrong
    except FloorRefused:
        abort(403)
    return {name: [seen(words)] for name, words in wrong.items()} | errors


def _read(given: dict[str, str]) -> tuple[dict[str, Any], Errors]:
    """The values of the fields that can be read, and what is wrong with the others."""
    try:
        return schemas.Settings().load({name: text.replace(",", ".") or None for name, text in given.items()}), {}
    except ValidationError as error:
        return dict(error.valid_data or {}), {name: [f"must be {RULES[name].allowed}"] for name in error.messages_dict}


def _place() -> Place:
    return place_of(request.args.get("of", ""), among=(Scope.VENUE, Scope.CLASS_TYPE))


def _page(
    studio_id: int, place: Place, values: dict[str, Any], errors: Errors, *, foreseen: Foreseen | None = None
) -> str:
    key = key_of(*place)
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        names = names_of(db, studio_id)
        wider = settings_for(db, studio_id, caller(), then=g.get("then")) if key else {}
    if key not in names:
        abort(404)
    shown = {name: values.get(name) for name in SHOWN}
    inherited = {name: _plain(value) for name, value in wider.items() if value is not None}
    return render_template(
        "settings.html",
        studio=studio,
        values=shown,
        errors=errors,
        places=names,
        place=key,
        inherited=inherited,
        foreseen=foreseen,
        then=g.get("then"),
    )


def _plain(value: Any) -> str | None:
    """As people write it: amounts to the cent, or finer where they are; other numbers without trailing zeros."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == round(value, 2) else f"{value.normalize():f}"
    return None if value is None else f"{value:g}"
