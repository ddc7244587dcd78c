"""What the terms leave to people: what waits for a second person, what two agreed on, and how one asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session as Db

from adapter.people.permissions import Act
from adapter.statements.judging import NotAllowed, agree, agreed_judgements, ask, open_judgements
from adapter.statements.making import latest_statement
from adapter.statements.reservations import key
from adapter.store.audit import named
from adapter.store.calendar import class_types_of, venues_of
from adapter.store.tables import Judgement, JudgementKind, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.codes import BREACHES, REQUIREMENTS
from adapter.web.judgement_forms import FORMS, WHY, Choices, Control, nothing_to_choose, read_form, told
from adapter.web.languages import said
from adapter.web.wording import dated, money

blueprint = Blueprint("judgements", __name__)
AGREED_SHOWN = 30


@dataclass(frozen=True)
class Filled:
    """The form that is open, what was typed into it, and what is wrong with which field."""

    kind: JudgementKind | None
    given: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


@blueprint.get("/studios/<int:studio_id>/guarantee/judgements")
@needs(Act.SEE_GUARANTEE)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """What waits and what was agreed; a form for each kind, that of the address open."""
    kind = request.args.get("kind")
    return _page(studio_id, Filled(JudgementKind(kind) if kind in tuple(JudgementKind) else None))


@blueprint.post("/studios/<int:studio_id>/guarantee/judgements")
@needs(Act.JUDGE_GUARANTEE)
def put_up(studio_id: int) -> ResponseReturnValue:
    """Put something up for judgement: it changes nothing until somebody else agrees."""
    if request.form.get("kind") not in tuple(JudgementKind):
        abort(400)
    kind = JudgementKind(request.form["kind"])
    given = _given(kind)
    try:
        with context().store.write() as db:
            studio = db.get_one(Studio, studio_id)
            content = read_form(kind, given, _choices(db, studio), studio.timezone)
            why = {each.name: content.pop(each.name) for each in WHY}
            ask(db, context(), studio_id, kind, content, **why, actor=caller().actor)
    except ValidationError as error:
        return _page(studio_id, Filled(kind, given, error.messages_dict)), 422
    except NotAllowed as error:
        flash(str(error), "error")
        return _page(studio_id, Filled(kind, given)), 422
    flash("Asked. It holds once somebody else has agreed.", "info")
    return _back(studio_id)


@blueprint.post("/studios/<int:studio_id>/guarantee/agree")
@needs(Act.JUDGE_GUARANTEE)
def second(studio_id: int) -> ResponseReturnValue:
    """Agree, as the second person."""
    try:
        with context().store.write() as db:
            row = db.get(Judgement, request.form.get("judgement", 0, type=row_id))
            if row is None or row.studio_id != studio_id:
                abort(404)
            agree(db, context(), row, actor=caller().actor)
    except NotAllowed as error:
        flash(str(error), "error")
        return _back(studio_id)
    flash("Agreed. It holds from now on.", "info")
    return _back(studio_id)


def _given(kind: JudgementKind) -> dict[str, str]:
    """What was typed, by field; an amount with a comma is one with a point."""
    asked = (*FORMS[kind].fields, *WHY)
    typed = {each.name: request.form.get(f"{kind}-{each.name}", "").strip() for each in asked}
    amounts = {each.name: typed[each.name].replace(",", ".") for each in asked if each.control is Control.AMOUNT}
    return typed | amounts


def _page(studio_id: int, filled: Filled) -> str:
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        choices = _choices(db, studio)
        waiting, agreed = open_judgements(db, studio_id), agreed_judgements(db, studio_id, AGREED_SHOWN)
        people = {actor for row in (*waiting, *agreed) for actor in (row.asked_by, row.agreed_by) if actor}
        return render_template(
            "judgements.html",
            studio=studio,
            forms=FORMS,
            why=WHY,
            choices=choices,
            empty={kind for kind in FORMS if nothing_to_choose(kind, choices)},
            filled=filled,
            waiting=waiting,
            agreed=agreed,
            told=lambda row: told(row.kind, row.content, choices, studio.timezone),
            names=named(db, people),
        )


def _choices(db: Db, studio: Studio) -> Choices:
    """What there is to choose from at this studio."""
    venues = {
        key(row.connection_id, row.external_id): f"{row.name}, {row.currency}" for row in venues_of(db, studio.id)
    }
    classes = {key(row.connection_id, row.external_id): row.name for row in class_types_of(db, studio.id)}
    return {
        "versions": _versions(db, studio),
        "requirements": {code: said(words) for code, words in REQUIREMENTS.items()},
        "breaches": {code: said(words) for code, words in BREACHES.items()},
        "venues": venues,
        "classes": classes,
    }


def _versions(db: Db, studio: Studio) -> dict[int, str]:
    """The latest, if it is not final yet: no other can become it."""
    row = latest_statement(db, studio.id)
    if row is None or row.final:
        return {}
    made, payment = dated(row.made_at, studio.timezone), row.body["payment"]
    amount = said("unknown") if payment is None else money(payment, row.body["currency"])
    return {row.version: said("{1}, made {2}: payment {3}", row.version, made, amount)}


def _back(studio_id: int) -> ResponseReturnValue:
    return cast(ResponseReturnValue, redirect(url_for("judgements.of_studio", studio_id=studio_id)))
