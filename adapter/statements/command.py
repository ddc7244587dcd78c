"""``adapter guarantee``: a statement from a file or from the mirror, its signature, and the proof of one.

``assess`` and ``verify`` need the file alone: no database, no settings.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import click
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adapter.command_line.asking import json_option, studio_named
from adapter.command_line.printing import as_json
from adapter.context import Context
from adapter.guarantee import CaseError, assess
from adapter.guarantee.reading_case import REQUIREMENTS
from adapter.guarantee.shapes import currency
from adapter.guarantee.signing import NotSigned
from adapter.guarantee.signing import sign as sign_statement
from adapter.guarantee.signing import verify as is_signed
from adapter.statements.entering import (
    AlreadyTakesPart,
    TakesNoPart,
    change_terms,
    enter_participation,
    record_fact,
    record_rate,
)
from adapter.statements.making import make_statement
from adapter.statements.reservations import OF_STUDIO, key
from adapter.store.connection_health import connections_of
from adapter.store.holdouts import HoldoutRefused, register_holdout
from adapter.store.kept_keys import signing_key
from adapter.store.tables import Venue
from connectors.strict_json import NotJson, loads

TIMES = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]
FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group()
def guarantee() -> None:
    """The Revenue Guarantee: statements that are right to the cent, and can be proved."""


@guarantee.command("assess")
@click.argument("case", type=FILE)
@click.option("--json", "_json", is_flag=True, help="It is JSON anyway.")
def assess_file(case: Path, _json: bool) -> None:
    """Print the statement of the CASE in a file (- for standard input)."""
    try:
        statement = assess(cast("dict[str, Any]", _read(case)))
    except CaseError as error:
        raise click.UsageError(f"{case}: {error}") from error
    as_json(statement)


@guarantee.command()
@click.argument("studio", type=int)
@click.option("--as-of", type=click.DateTime(TIMES), help="An instant (UTC unless it has an offset); now by default.")
@click.option("--json", "_json", is_flag=True, help="It is JSON anyway.")
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
@click.option("--acknowledged", type=click.DateTime(TIMES), help="When participation was acknowledged; now by default.")
@click.option("--policy-hours", type=click.IntRange(0), required=True, help="Until when the studio lets people cancel.")
@click.option("--sign-up", type=click.Choice(["assisted", "online_tool"]), default="assisted", show_default=True)
@click.option("--again", is_flag=True, help="It took part before: not eligible unless that is waived in writing.")
@click.option("--by", required=True, metavar="NAME", help="Who acknowledges it.")
@click.pass_obj
def take_part(
    context: Context,
    studio: int,
    acknowledged: datetime | None,
    policy_hours: int,
    sign_up: str,
    again: bool,
    by: str,
) -> None:
    """Enter the participation of a STUDIO in the guarantee, which happens once."""
    at = _aware(acknowledged) or context.now()
    with context.store.write() as db:
        studio_named(db, studio)
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
    click.echo(f"Studio {studio} takes part since {at:%Y-%m-%d}.")


@guarantee.command()
@click.argument("studio", type=int)
@click.argument("requirement", type=click.Choice(REQUIREMENTS))
@click.option("--from", "since", type=click.DateTime(TIMES), required=True)
@click.option("--until", type=click.DateTime(TIMES), help="Absent: it still holds.")
@click.option("--venue", type=int, help="Our number of the venue, for smarttools.")
@click.option("--evidence", required=True, help="Where somebody else can see it: a document, a reference.")
@click.option("--by", required=True, metavar="NAME", help="Who records it.")
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
    span = _aware(since) or context.now(), _aware(until)
    with context.store.write() as db:
        studio_named(db, studio)
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
@click.option("--by", required=True, metavar="NAME", help="Who decides it.")
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
) -> None:
    """Set what a STUDIO owes, how the terms are read for it, the tax on its payouts, or the floor that was agreed."""
    if owes is not None and not (owes.is_finite() and owes >= 0):
        raise click.UsageError("--owes: an amount may not be below 0.")
    for option, share in (("--tax-rate", tax_rate), ("--floor-share", floor_share)):
        if share is not None and not (share.is_finite() and 0 <= share <= 1):
            raise click.UsageError(f"{option}: a share from 0 to 1.")
    readings = {name: _reading(value) for name, _, value in (each.partition("=") for each in chosen)}
    with context.store.write() as db:
        studio_named(db, studio)
        try:
            part = change_terms(
                db,
                studio,
                owes=owes,
                readings=readings,
                tax_rates={} if tax_rate is None else {_venue_key(db, studio, venue): tax_rate},
                floor_share=floor_share,
                actor=by,
                now=context.now(),
            )
        except TakesNoPart as error:
            raise click.ClickException(str(error)) from error
        except CaseError as error:
            raise click.UsageError(f"--reading {error}") from error
    click.echo(f"Owes {part.owes or 0}; readings {part.readings or 'as they are by default'}.")


def _venue_key(db: Session, studio: int, number: int | None) -> str:
    """The venue as a case names it."""
    if number is None:
        return OF_STUDIO
    venue = db.get(Venue, number)
    if venue is None or venue.connection_id not in {connection.id for connection in connections_of(db, studio)}:
        raise click.UsageError(f"--venue: studio {studio} has no venue {number}.")
    return key(venue.connection_id, venue.external_id)


def _reading(value: str) -> str | bool:
    return {"true": True, "false": False}.get(value, value)


@guarantee.command()
@click.argument("base")
@click.argument("quote")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("rate", type=Decimal)
@click.option("--source", required=True, help="Who published it.")
@click.pass_obj
def rate(context: Context, base: str, quote: str, day: datetime, rate: Decimal, source: str) -> None:
    """Record an exchange rate: on DAY one BASE was RATE QUOTE. A missing rate blocks a statement."""
    try:
        for code in (base, quote):
            currency(code)
    except CaseError as error:
        raise click.UsageError(f"A currency {error.what}.") from error
    if not (rate.is_finite() and rate > 0):
        raise click.UsageError("RATE must be above 0.")
    try:
        with context.store.write() as db:
            record_rate(db, base, quote, day.date(), rate, source=source)
    except IntegrityError as error:
        raise click.ClickException(f"There is a rate of {base} in {quote} for {day:%Y-%m-%d} already.") from error
    click.echo("Recorded.")


@guarantee.command()
@click.argument("studio", type=int)
@click.option("--share", type=float, default=0.1, show_default=True, help="Of the slots, each week.")
@click.option("--weeks", type=int, required=True, help="From next Monday on.")
@click.option("--by", required=True, metavar="NAME", help="Who registers it.")
@click.pass_obj
def holdout(context: Context, studio: int, share: float, weeks: int, by: str) -> None:
    """Register a randomised holdout at a STUDIO, which measures what listing brings."""
    with context.store.write() as db:
        studio_named(db, studio)
        try:
            row = register_holdout(db, studio, share, weeks, actor=by, now=context.now())
        except HoldoutRefused as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"From {row.starts_on} to {row.ends_on}. Measured: {row.metric}.")


def _aware(when: datetime | None) -> datetime | None:
    """A time without an offset is meant in UTC."""
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


@guarantee.command()
@click.argument("statement", type=FILE)
@click.option("--json", "_json", is_flag=True, help="It is JSON anyway.")
@click.pass_obj
def sign(context: Context, statement: Path, _json: bool) -> None:
    """Print the STATEMENT in a file with our signature and the public key that proves it."""
    with context.store.write() as db:
        key = signing_key(db, context.config.encryption_keys)
    read = _read(statement)
    if not isinstance(read, dict):
        raise click.UsageError(f"{statement}: a statement is an object")
    try:
        as_json(sign_statement(read, key))
    except NotSigned as error:
        raise click.UsageError(f"{statement}: {error}") from error


@guarantee.command()
@click.argument("signed", type=FILE)
@click.option("--key", required=True, metavar="K", help="The signer's public key in base64, or a file that holds it.")
@json_option
def verify(signed: Path, key: str, json_wanted: bool) -> None:
    """Say whether whoever has the key signed exactly this file: exit status 0, or 1 where it does not match."""
    try:
        matches = is_signed(_read(signed), _key(key))
    except NotSigned as error:
        raise click.UsageError(f"{signed}: {error}") from error
    if json_wanted:
        as_json({"file": str(signed), "matches": matches})
    if not matches:
        raise click.ClickException(f"{signed} does not match: it was changed, or somebody else signed it.")
    if not json_wanted:
        click.echo(f"{signed} is what was signed with this key.")


def _key(given: str) -> str:
    path = Path(given)
    try:
        return path.read_text(encoding="ascii").strip() if path.is_file() else given
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--key {given}: cannot be read ({error})") from error


def _read(path: Path) -> Any:
    try:
        return loads(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes())
    except (NotJson, OSError) as error:
        raise click.UsageError(f"{path}: {error}") from error


COMMANDS: tuple[click.Command, ...] = (guarantee,)
