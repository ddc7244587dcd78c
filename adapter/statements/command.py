"""``adapter guarantee``: a studio's statement, and what it needs to know that no platform tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from adapter.command_line.asking import (
    check_share,
    exact,
    json_anyway,
    json_option,
    named,
    studio_named,
    venue_named,
)
from adapter.command_line.printing import as_json
from adapter.context import Context
from adapter.guarantee import CaseError
from adapter.guarantee.reading_case import REQUIREMENTS
from adapter.showing.currency import digits
from adapter.statements.entering import (
    AlreadyTakesPart,
    TakesNoPart,
    change_terms,
    enter_participation,
    record_fact,
)
from adapter.statements.files import ON_FILES
from adapter.statements.making import make_statement
from adapter.statements.rates_command import OF_RATES
from adapter.statements.reservations import OF_STUDIO, key
from adapter.store.holdouts import HoldoutRefused, register_holdout
from adapter.store.tables import Studio

TIMES = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@click.group()
def guarantee() -> None:
    """The Revenue Guarantee: statements that are right to the cent, and can be proved."""


@guarantee.command()
@click.argument("studio", type=int)
@click.option("--as-of", type=click.DateTime(TIMES), help="An instant (UTC unless it has an offset); now by default.")
@json_anyway
@click.pass_obj
def statement(context: Context, studio: int, as_of: datetime | None, _json: bool) -> None:
    """Print the statement of a STUDIO (its number), from the mirror as it is known now."""
    at = _aware(as_of) or context.now()
    with context.store.read() as db:
        studio_named(db, studio)
        made = make_statement(db, context.keys, studio, at)
    as_json(made.body)


@guarantee.command("take-part")
@click.argument("studio", type=int)
@click.option(
    "--acknowledged",
    type=click.DateTime(TIMES),
    help="When it was acknowledged, on the studio's clock; now by default.",
)
@click.option("--policy-hours", type=click.IntRange(0), required=True, help="Until when the studio lets people cancel.")
@click.option("--sign-up", type=click.Choice(["assisted", "online_tool"]), default="assisted", show_default=True)
@click.option("--again", is_flag=True, help="It took part before: not eligible unless that is waived in writing.")
@click.option("--by", required=True, metavar="NAME", callback=named, help="Who acknowledges it.")
@json_option
@click.pass_obj
def take_part(
    context: Context,
    studio: int,
    acknowledged: datetime | None,
    policy_hours: int,
    sign_up: str,
    again: bool,
    by: str,
    json_wanted: bool,
) -> None:
    """Enter the participation of a STUDIO in the guarantee, which happens once."""
    with context.store.write() as db:
        house = studio_named(db, studio)
        at = _at(house, acknowledged) or context.now()
        try:
            enter_participation(
                db,
                studio,
                policy_hours=policy_hours,
                sign_up=sign_up,
                earlier=again,
                acknowledged_at=at,
                actor=by,
                now=context.now(),
            )
        except AlreadyTakesPart as error:
            raise click.ClickException(str(error)) from error
        day = at.astimezone(ZoneInfo(house.timezone)).date()
    _print({"studio": studio, "since": day}, f"Studio {studio} takes part since {day}, on its own clock.", json_wanted)


@guarantee.command()
@click.argument("studio", type=int)
@click.argument("requirement", type=click.Choice(REQUIREMENTS))
@click.option("--from", "since", type=click.DateTime(TIMES), required=True, help="On the studio's clock.")
@click.option("--until", type=click.DateTime(TIMES), help="Absent: it still holds.")
@click.option("--venue", type=int, help="Our number of the venue, for smarttools.")
@click.option(
    "--evidence", required=True, callback=named, help="Where somebody else can see it: a document, a reference."
)
@click.option("--by", required=True, metavar="NAME", callback=named, help="Who records it.")
@click.pass_obj
def record(
    context: Context,
    studio: int,
    requirement: str,
    since: datetime,
    until: datetime | None,
    venue: int | None,
    evidence: str,
    by: str,
) -> None:
    """Record that a REQUIREMENT held at a STUDIO in an interval (2.1)."""
    if (venue is None) == (requirement == "smarttools"):
        raise click.UsageError("--venue goes with smarttools, and with nothing else.")
    with context.store.write() as db:
        house = studio_named(db, studio)
        span = _at(house, since) or context.now(), _at(house, until)
        if span[1] is not None and span[1] <= span[0]:
            raise click.UsageError("--until lies before --from.")
        if venue is not None:
            venue_named(db, studio, venue)
        record_fact(db, studio, requirement, span, venue, evidence=evidence, actor=by, now=context.now())
    click.echo("Recorded.")


@guarantee.command("set")
@click.argument("studio", type=int)
@click.option("--owes", type=Decimal, help="What the studio owes, in its currency: set off against a payment.")
@click.option(
    "--reading", "chosen", multiple=True, metavar="NAME=VALUE", help="How the terms are read; may be repeated."
)
@click.option("--tax-rate", type=Decimal, help="The tax on payouts, as a share: 0.19. 0 where it was never set.")
@click.option(
    "--venue", type=int, help="Our number of the venue whose --tax-rate it is; absent: all without their own."
)
@click.option("--floor-share", type=Decimal, help="The floor that was agreed, as a share of the direct price: 0.4.")
@click.option("--by", required=True, metavar="NAME", callback=named, help="Who decides it.")
@json_option
@click.pass_obj
def set_terms(
    context: Context,
    studio: int,
    owes: Decimal | None,
    chosen: tuple[str, ...],
    tax_rate: Decimal | None,
    venue: int | None,
    floor_share: Decimal | None,
    by: str,
    json_wanted: bool,
) -> None:
    """Set what a STUDIO owes, how the terms are read for it, the tax on its payouts, or the floor that was agreed."""
    for option, share in (("--tax-rate", tax_rate), ("--floor-share", floor_share)):
        if share is not None:
            check_share(f"{option}: a share", share)
    asked = {name: _reading(value) for name, _, value in (each.partition("=") for each in chosen)}
    with context.store.write() as db:
        places = digits(money := studio_named(db, studio).currency)
        if owes is not None and not exact(owes, places):
            raise click.UsageError(f"--owes: an amount in {money}, 0 or more, of {places} decimal places at most.")
        try:
            part = change_terms(
                db,
                studio,
                owes=owes,
                readings=asked,
                tax_rates={} if tax_rate is None else {_venue_key(db, studio, venue): tax_rate},
                floor_share=floor_share,
                actor=by,
                now=context.now(),
            )
        except TakesNoPart as error:
            raise click.ClickException(str(error)) from error
        except CaseError as error:
            raise click.UsageError(f"--reading {error}") from error
    readings = part.readings or "as they are by default"
    owed = f"{part.owes or 0:.{places}f}"
    words = f"Owes {owed}; readings {readings}; tax on payouts {_taxes(part.tax_rates)}."
    _print({"owes": owed, "readings": part.readings, "tax_rates": part.tax_rates}, words, json_wanted)


def _taxes(rates: Mapping[str, str]) -> str:
    """What was set: for the studio, and for venues of their own, as a case names them."""
    own = [f"{rate} at {venue}" for venue, rate in sorted(rates.items()) if venue != OF_STUDIO]
    return ", ".join([rates.get(OF_STUDIO, "0"), *own])


def _venue_key(db: Session, studio: int, number: int | None) -> str:
    """The venue as a case names it."""
    if number is None:
        return OF_STUDIO
    venue = venue_named(db, studio, number)
    return key(venue.connection_id, venue.external_id)


def _reading(value: str) -> str | bool:
    return {"true": True, "false": False}.get(value, value)


@guarantee.command()
@click.argument("studio", type=int)
@click.option("--share", type=float, default=0.1, show_default=True, help="Of the slots, each week.")
@click.option("--weeks", type=int, required=True, help="From next Monday on.")
@click.option("--by", required=True, metavar="NAME", callback=named, help="Who registers it.")
@json_option
@click.pass_obj
def holdout(context: Context, studio: int, share: float, weeks: int, by: str, json_wanted: bool) -> None:
    """Register a randomised holdout at a STUDIO, which measures what listing brings."""
    with context.store.write() as db:
        studio_named(db, studio)
        try:
            row = register_holdout(db, studio, share, weeks, actor=by, now=context.now())
        except HoldoutRefused as error:
            raise click.ClickException(str(error)) from error
    told = {"from": row.starts_on, "to": row.ends_on, "measured": row.metric}
    _print(told, f"From {row.starts_on} to {row.ends_on}. Measured: {row.metric}.", json_wanted)


def _print(told: Mapping[str, Any], words: str, json_wanted: bool) -> None:
    if json_wanted:
        as_json(told)
    else:
        click.echo(words)


def _at(house: Studio, when: datetime | None) -> datetime | None:
    """A time without an offset is meant on the studio's clock: its days are those that count."""
    told = _aware(when, ZoneInfo(house.timezone))
    return told and told.astimezone(UTC)


def _aware(when: datetime | None, zone: tzinfo = UTC) -> datetime | None:
    """A time without an offset is meant in the zone."""
    return when.replace(tzinfo=zone) if when is not None and when.tzinfo is None else when


for command in (*ON_FILES, *OF_RATES):
    guarantee.add_command(command)

COMMANDS: tuple[click.Command, ...] = (guarantee,)
