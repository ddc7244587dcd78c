"""Spotlight: paid placement, what it cost, and what it brought beyond comparable days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapter.marketplace.campaigns import CampaignRefused, Wanted, register_campaign, withdraw_campaign
from adapter.marketplace.spotlight import results_of
from adapter.people.permissions import Act
from adapter.store.calendar import venues_of
from adapter.store.tables import Campaign, Studio
from adapter.store.tenancy import row_id
from adapter.web.access import caller, context, needs
from adapter.web.refused import at_fields
from adapter.web.then import instant_asked_for

blueprint = Blueprint("spotlight", __name__)
UNKNOWABLE = ("What classes until then brought: by what became of their reservations as we know it now",)


@blueprint.get("/studios/<int:studio_id>/spotlight")
@needs(Act.SEE_SETTINGS)
def of_studio(studio_id: int) -> ResponseReturnValue:
    """The campaigns, and a form for the next one; or those that were registered by an earlier instant."""
    return _page(studio_id)


@blueprint.post("/studios/<int:studio_id>/spotlight")
@needs(Act.CHANGE_SETTINGS)
def save(studio_id: int) -> ResponseReturnValue:
    """Register a campaign; or withdraw one that does not take place."""
    now, form = context().now(), request.form
    try:
        with context().store.write() as db:
            if "withdraw" in form:
                row = db.get(Campaign, form.get("withdraw", 0, type=row_id))
                if row is None or row.studio_id != studio_id:
                    abort(404)
                withdraw_campaign(db, row, actor=caller().actor, now=now)
            else:
                register_campaign(db, studio_id, _wanted(), actor=caller().actor, now=now)
    except CampaignRefused as error:
        return _page(studio_id, at_fields(str(error), error.fields)), 422
    flash("Withdrawn: its days are days like others." if "withdraw" in form else "Registered.", "info")
    return redirect(url_for("spotlight.of_studio", studio_id=studio_id))


def _wanted() -> Wanted:
    """What the form says. Raises CampaignRefused where it says no day or no amount."""
    form = request.form
    first, last = form.get("starts_on", type=date.fromisoformat), form.get("ends_on", type=date.fromisoformat)
    if first is None or last is None:
        missing = [name for name, day in (("starts_on", first), ("ends_on", last)) if day is None]
        raise CampaignRefused("Give the first and the last day.", *missing)
    try:
        fee = Decimal(form.get("fee", "").strip().replace(",", "."))
    except InvalidOperation:
        raise CampaignRefused("Give the fee as an amount, such as 100.00.", "fee") from None
    venues = frozenset(form.getlist("venue", type=row_id))
    return Wanted(form.get("name", ""), first, last, fee, venues, form.get("marketplace"))


def _page(studio_id: int, wrong: Mapping[str, str] | None = None) -> str:
    with context().store.read() as db:
        studio = db.get_one(Studio, studio_id)
        then = instant_asked_for(studio.timezone)
        return render_template(
            "spotlight.html",
            studio=studio,
            venues=venues_of(db, studio_id),
            results=results_of(db, studio_id, then or context().now()),
            then=then,
            unknowable=UNKNOWABLE,
            form=request.form,
            wrong=wrong or {},
        )
