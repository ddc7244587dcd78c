"""What people set by hand: blackouts, numbers of spots, frozen rates; tried, set, taken back, and what each was worth
(N-18).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapter.people.permissions import Act
from adapter.statements.overrides import worth_of
from adapter.steering.foreseeing import Foreseen
from adapter.steering.overrides import set_override, withdraw_override
from adapter.store.calendar import one_session
from adapter.store.overrides import Wishes, check_override, every_override, wishes_of
from adapter.store.setting_rules import BadSetting
from adapter.store.tables import Override, OverrideKind, Scope, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.foreseeing import foresee
from adapter.web.places import key_of, names_of, place_of
from adapter.web.then import instant_asked_for

blueprint = Blueprint("by_hand", __name__)
UNKNOWABLE = (
    "What it had been worth: by what became of reservations as we know it now",
    "The names of classes and venues: as they are now",
)
FIELDS = ("kind", "of", "from_day", "from_time", "until_day", "until_time", "spots", "rate", "reason")


@dataclass
class Form:
    """What was filled in, as text, and what is wrong with it."""

    given: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)


@blueprint.get("/studios/<int:studio_id>/by-hand")
@needs(Act.SEE_SETTINGS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """What was set by hand, what it was worth, and the form for more; or how that stood at an earlier instant."""
    return _page(studio_id, Form(_begun(studio_id)))


@blueprint.post("/studios/<int:studio_id>/by-hand")
@needs(Act.CHANGE_SETTINGS)
def set_one(studio_id: int) -> ResponseReturnValue:
    """Try or set one."""
    form = Form({name: request.form.get(name, "").strip() for name in FIELDS})
    row = _read(studio_id, form)
    if row is None:
        return _page(studio_id, form), 422
    if "look" in request.form:
        return _page(studio_id, form, foreseen=_tried(studio_id, row))
    with context().store.write() as db:
        set_override(db, row, caller=caller(), now=context().now())
    context().wake_engine()
    flash("Set. The classes it concerns are decided again now.", "info")
    return redirect(url_for("by_hand.of_studio", studio_id=studio_id))


@blueprint.post("/overrides/<int:override_id>/withdraw")
@needs(Act.CHANGE_SETTINGS)
def take_back(override_id: int) -> ResponseReturnValue:
    """Take one back."""
    with context().store.write() as db:
        row = db.get_one(Override, override_id)
        withdraw_override(db, row, caller=caller(), now=context().now())
        studio_id = row.studio_id
    context().wake_engine()
    flash("Taken back: SmartTools decides again.", "info")
    return redirect(url_for("by_hand.of_studio", studio_id=studio_id))


def _tried(studio_id: int, row: Override) -> Foreseen:
    with context().store.read() as db:
        wishes = wishes_of(db, studio_id)
    return foresee(studio_id, Wishes(wishes.settings, wishes.overrides.with_one(row)))


def _begun(studio_id: int) -> dict[str, str]:
    """The form as it is first shown: today, or the class that the address names."""
    with context().store.read() as db:
        zone = ZoneInfo(db.get_one(Studio, studio_id).timezone)
        session_id = request.args.get("session", type=row_id)
        item = None if session_id is None else one_session(db, session_id)
    if item is not None and item.studio_id != studio_id:
        abort(404)
    start = (item.session.starts_at if item else context().now()).astimezone(zone)
    end = start + timedelta(minutes=1) if item else datetime.combine(start.date(), time(23, 59), zone)
    times = {"from_day": f"{start:%Y-%m-%d}", "until_day": f"{end:%Y-%m-%d}"}
    times |= {"from_time": f"{start:%H:%M}" if item else "00:00", "until_time": f"{end:%H:%M}"}
    of = key_of(Scope.SESSION, item.session.id) if item else ""
    return dict.fromkeys(FIELDS, "") | times | {"kind": request.args.get("kind", OverrideKind.BLACKOUT), "of": of}


def _read(studio_id: int, form: Form) -> Override | None:
    """The row that a form describes; None, with errors, where it describes none."""
    with context().store.read() as db:
        zone = ZoneInfo(db.get_one(Studio, studio_id).timezone)
        scope, scope_id = place_of(form.given["of"], among=tuple(Scope))
        row = Override(
            studio_id=studio_id,
            kind=_kind(form.given["kind"]),
            scope=scope,
            scope_id=scope_id,
            starts_at=_instant(form, "from", zone),
            ends_at=_instant(form, "until", zone),
            spots=_number(form, "spots", int),
            rate=_number(form, "rate", Decimal),
            reason=form.given["reason"],
            actor=caller().actor,
            created_at=context().now(),
        )
        if not form.errors:
            try:
                check_override(db, row)
            except BadSetting as error:
                form.errors[error.name] = error.words
    return None if form.errors else row


def _kind(text: str) -> OverrideKind:
    return OverrideKind(text) if text in tuple(OverrideKind) else abort(400)


def _instant(form: Form, side: str, zone: ZoneInfo) -> datetime:
    try:
        day, clock = form.given[f"{side}_day"], form.given[f"{side}_time"] or "00:00"
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        form.errors[f"{side}_day"] = "must be a day and a time, as 2027-03-01 and 18:00"
        return context().now()


def _number(form: Form, name: str, kind: type[int] | type[Decimal]) -> Any:
    text = form.given[name].replace(",", ".")
    if not text:
        return None
    try:
        return kind(text)
    except (ValueError, InvalidOperation):
        form.errors[name] = "must be a number"
        return None


def _page(studio_id: int, form: Form, *, foreseen: Foreseen | None = None) -> str:
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        then = instant_asked_for(studio.timezone)
        now = then or context().now()
        rows = every_override(db, studio_id, now)
        worth = worth_of(db, studio_id, now)
        places = names_of(db, studio_id, sessions=[row.scope_id for row in rows if row.scope is Scope.SESSION])
        if form.given["of"].startswith(Scope.SESSION):
            places |= names_of(db, studio_id, sessions=[place_of(form.given["of"], among=tuple(Scope))[1]])
    return render_template(
        "by_hand.html",
        studio=studio,
        rows=rows,
        worth=worth,
        places=places,
        key_of=key_of,
        form=form,
        foreseen=foreseen,
        now=now,
        then=then,
        unknowable=UNKNOWABLE,
    )
