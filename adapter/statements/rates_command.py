"""``adapter guarantee rate`` and ``correct-rate``: the exchange rates that statements are made with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click
from sqlalchemy.exc import IntegrityError

from adapter.command_line.asking import DAY, exact, named
from adapter.context import Context
from adapter.guarantee import CaseError
from adapter.guarantee.shapes import currency
from adapter.statements.rates import NothingToCorrect, correct_rate, record_rate

RATE_PLACES = 8  # as finely as the table keeps it


@click.command()
@click.argument("base")
@click.argument("quote")
@click.argument("day", type=DAY)
@click.argument("rate", type=Decimal)
@click.option("--source", required=True, callback=named, help="Who published it.")
@click.pass_obj
def rate(context: Context, base: str, quote: str, day: datetime, rate: Decimal, source: str) -> None:
    """Record an exchange rate: on DAY one BASE was RATE QUOTE. A missing rate blocks a statement."""
    _check(base, quote, rate)
    try:
        with context.store.write() as db:
            record_rate(db, base, quote, day.date(), rate, source=source)
    except IntegrityError as error:
        raise click.ClickException(
            f"There is a rate of {base} in {quote} for {day:%Y-%m-%d} already; "
            "`adapter guarantee correct-rate` corrects it."
        ) from error
    click.echo("Recorded.")


@click.command("correct-rate")
@click.argument("base")
@click.argument("quote")
@click.argument("day", type=DAY)
@click.argument("rate", type=Decimal)
@click.option("--source", required=True, callback=named, help="Who published it.")
@click.option("--why", required=True, callback=named, help="What was wrong; it stays in the audit log.")
@click.option("--by", required=True, metavar="NAME", callback=named, help="Who corrects it.")
@click.pass_obj
def correct(
    context: Context, base: str, quote: str, day: datetime, rate: Decimal, source: str, why: str, by: str
) -> None:
    """Correct a recorded exchange rate. What was signed stays; the next statement says what moved."""
    _check(base, quote, rate)
    right = {"source": source, "why": why, "actor": by}
    try:
        with context.store.write() as db:
            correct_rate(db, base, quote, day.date(), rate, **right, now=context.now())
    except NothingToCorrect as error:
        raise click.ClickException(str(error)) from error
    context.wake_engine()
    click.echo("Corrected. Whoever takes part gets the next statement now; what was signed stays as it is.")


def _check(base: str, quote: str, rate: Decimal) -> None:
    try:
        for code in (base, quote):
            currency(code)
    except CaseError as error:
        raise click.UsageError(f"A currency {error.what}.") from error
    if base == quote:
        raise click.UsageError(f"{base} in {quote} is always 1: name two currencies.")
    if not (exact(rate, RATE_PLACES, 10**10) and rate > 0):
        raise click.UsageError(f"RATE must be above 0, of {RATE_PLACES} decimal places at most: so it is kept.")


OF_RATES: tuple[click.Command, ...] = (rate, correct)
