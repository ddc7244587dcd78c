"""``adapter payouts``: the payout ledger of a studio, compared with a marketplace's statement, and given out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session as Db

from adapter.command_line.asking import DAY, check_share, json_option, studio_named, venue_named
from adapter.command_line.printing import as_json, as_table
from adapter.context import Context
from adapter.marketplace.payouts.days import BadDays, Days, days_from
from adapter.marketplace.payouts.exports import period_as_csv
from adapter.marketplace.payouts.reading import BadStatement
from adapter.marketplace.payouts.shares import set_share
from adapter.marketplace.payouts.statements import compare_file, differences_of, keep_compared
from adapter.marketplace.payouts.sums import change_of
from adapter.marketplace.payouts.telling import tell_difference, tell_period, tell_place, tell_statement
from adapter.marketplace.payouts.view import Period, period_of

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def payouts() -> None:
    """What each marketplace reservation pays: shown, compared with a payout statement, given out."""


def _spanned(command: Any) -> Any:
    """The options of a period."""
    last = click.option("--to", "last", type=DAY, help="The last day of class; the end of this month by default.")
    first = click.option("--from", "first", type=DAY, help="The first day of class; this month by default.")
    return first(last(command))


@payouts.command()
@click.argument("studio", type=int)
@_spanned
@json_option
@click.pass_obj
def show(context: Context, studio: int, first: datetime | None, last: datetime | None, json_wanted: bool) -> None:
    """The totals of a STUDIO's payouts, final and provisional, and why they differ from the period before."""
    period, before = _periods(context, studio, first, last)
    told = tell_period(period, change_of(before.places, period.places))
    if json_wanted:
        as_json(told)
        return
    click.echo(
        f"{told['from']} to {told['to']}, by day of class. Payouts include the franchisor's part; tax is on top."
    )
    as_table(
        [{"currency": total["currency"], "": part, **total[part]} for total in told["totals"] for part in _STATES],
        "No marketplace reservations.",
    )
    if period.unpriced:
        click.echo(f"{period.unpriced} more have a rate that is not known here: they are in no total.")
    changes = [
        {name: value for name, value in row.items() if name not in ("cells", "against")} for row in told["change"]
    ]
    as_table(changes, "Nothing to compare with.")


_STATES = ("final", "provisional", "whole")


@payouts.command()
@click.argument("studio", type=int)
@_spanned
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON, with the ledger's lines.")
@click.pass_obj
def export(context: Context, studio: int, first: datetime | None, last: datetime | None, json_wanted: bool) -> None:
    """Print a STUDIO's places of a period as CSV, one a line: `> payouts.csv` keeps it."""
    with context.store.read() as db:
        period = period_of(db, studio, _days(context, db, studio, first, last), context.now())
    if json_wanted:
        as_json([tell_place(place) for place in period.places])
    else:
        click.echo(period_as_csv(period), nl=False)


@payouts.command()
@click.argument("studio", type=int)
@click.argument("file", type=FILE)
@_spanned
@click.option("--by", required=True, metavar="NAME", help="Who compares it.")
@json_option
@click.pass_obj
def reconcile(
    context: Context,
    studio: int,
    file: Path,
    first: datetime | None,
    last: datetime | None,
    by: str,
    json_wanted: bool,
) -> None:
    """Compare a marketplace's payout statement in FILE (CSV) with a STUDIO's ledger, and keep what came of it."""
    now = context.now()
    try:
        with context.store.read() as db:
            given = None if first is None and last is None else _days(context, db, studio, first, last)
            studio_named(db, studio)
            compared = compare_file(db, studio, file.read_bytes(), file.name, given, now)
    except (BadStatement, BadDays) as error:
        raise click.UsageError(f"{file}: {error}") from error
    with context.store.write() as db:
        row, new = keep_compared(db, compared, actor=by, now=now)
        told = tell_statement(row) | {
            "new": new,
            "differences": [tell_difference(d) for d in differences_of(db, row.id)],
        }
    if json_wanted:
        as_json(told)
        return
    click.echo(f"Statement {row.id}, {row.rows} rows, classes of {row.first_day} to {row.last_day}.")
    if not new:
        click.echo("This file was compared before: nothing has changed, and this is what came of it then.")
    shown = ("class", "words", "currency", "entries", "ours", "theirs", "difference")
    as_table([{name: found[name] for name in shown} for found in told["sums"]], "There was nothing to compare.")


@payouts.command()
@click.argument("studio", type=int)
@click.argument("share", type=Decimal)
@click.option("--from", "since", type=DAY, required=True, help="The first day of class for which it holds.")
@click.option("--venue", type=int, help="Our number of the venue; absent: all that have no share of their own.")
@click.option("--by", required=True, metavar="NAME", help="Who sets it.")
@click.pass_obj
def share(context: Context, studio: int, share: Decimal, since: datetime, venue: int | None, by: str) -> None:
    """Set the franchisor's SHARE of a STUDIO's payouts, 0 to 1 (0.13), from a day of class on."""
    check_share("SHARE:", share)
    with context.store.write() as db:
        studio_named(db, studio)
        if venue is not None:
            venue_named(db, studio, venue)
        set_share(db, studio, venue, share, since.date(), actor=by, now=context.now())
    click.echo("Set. Payouts that are final already are corrected within the hour.")


def _periods(context: Context, studio: int, first: datetime | None, last: datetime | None) -> tuple[Period, Period]:
    with context.store.read() as db:
        days, now = _days(context, db, studio, first, last), context.now()
        return period_of(db, studio, days, now), period_of(db, studio, days.before, now)


def _days(context: Context, db: Db, studio: int, first: datetime | None, last: datetime | None) -> Days:
    zone = ZoneInfo(studio_named(db, studio).timezone)
    try:
        return days_from(_date(first), _date(last), context.now().astimezone(zone).date())
    except BadDays as error:
        raise click.UsageError(str(error)) from error


def _date(when: datetime | None) -> date | None:
    return when.date() if when else None


COMMANDS: tuple[click.Command, ...] = (payouts,)
