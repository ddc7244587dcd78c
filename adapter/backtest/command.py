"""``adapter backtest``: what SmartTools would have forecast and listed on a history, exported or mirrored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from pandas import DataFrame

from adapter.backtest.facts import facts_of_history
from adapter.backtest.history import History, HistoryError, read_history
from adapter.backtest.outcome import Outcome
from adapter.backtest.walk import Backtest, TooShort, run_backtest
from adapter.command_line.asking import connection_named, json_option
from adapter.command_line.printing import as_json, as_table
from adapter.context import Context
from adapter.smarttools import BadTable
from adapter.store.campaigns import spotlights_of, unlit
from adapter.store.facts import facts_of_connection

BAD_LINES_SHOWN = 10
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@click.command()
@click.argument("connection", type=int, required=False)
@click.option("--history", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A class history (CSV).")
@click.option("--columns", multiple=True, metavar="NAME=HEADER", help="What the file calls a column; may be repeated.")
@click.option("--timezone", default="UTC", show_default=True, help="The time zone of the file's times (IANA name).")
@click.option("--retail-rate", default=20.0, show_default=True, help="The file's direct price of one reservation.")
@click.option("--weeks", type=click.IntRange(1, 52), default=4, show_default=True, help="The last weeks to forecast.")
@json_option
@click.pass_obj
def backtest(
    context: Context,
    connection: int | None,
    history: Path | None,
    columns: tuple[str, ...],
    timezone: str,
    retail_rate: float,
    weeks: int,
    json_wanted: bool,
) -> None:
    """Forecast and list the last weeks of a CONNECTION, or of a history in a file, without looking ahead."""
    if (connection is None) == (history is None):
        raise click.UsageError("Name a CONNECTION or a --history FILE.csv, one of the two.")
    read = History() if history is None else _read(history, _mapping(columns), timezone)
    if connection is None:
        facts, spotlit, currency = facts_of_history(read, timezone, retail_rate), 0, "the currency of --retail-rate"
    else:
        facts, spotlit, currency = _mirrored(context, connection)
    try:
        result = run_backtest(facts, weeks=weeks)
    except (TooShort, BadTable) as error:
        raise click.ClickException(str(error)) from error
    if json_wanted:
        bad = [{"line": line.line, "column": line.column, "what": line.what} for line in read.bad]
        as_json(result.as_dict() | {"lines_set_aside": bad, "spotlit": spotlit})
    else:
        _print(result, read, currency)
        if spotlit:
            click.echo(f"\n{spotlit} classes on days of Spotlight campaigns are left out: no days like others.")


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in columns]
    wrong = next((name for name, equals, header in pairs if not (equals and name and header)), None)
    if wrong is not None:
        raise click.UsageError(f"--columns {wrong}: write NAME=HEADER, for example --columns class=Title")
    return {name.strip(): header.strip() for name, _, header in pairs}


def _read(path: Path, columns: dict[str, str], timezone: str) -> History:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.UsageError(f"--timezone {timezone}: no IANA time zone, such as Europe/London") from error
    try:
        return read_history(path, timezone=timezone, columns=columns)
    except HistoryError as error:
        raise click.UsageError(str(error)) from error


def _mirrored(context: Context, connection: int) -> tuple[dict[str, DataFrame], int, str]:
    """The history without the days of Spotlight campaigns, which confound it, how many classes go (SP-02), and in
    which currency it is.
    """
    with context.store.read() as db:
        known = connection_named(db, connection)
        facts = facts_of_connection(db, connection, since=BEGINNING, until=context.now())
        clear = unlit(facts, spotlights_of(db, known.studio_id), connection)
    return clear, len(facts["sessions"]) - len(clear["sessions"]), known.currency


def _print(result: Backtest, read: History, currency: str) -> None:
    click.echo(
        f"The last {result.weeks} weeks: {result.classes} classes, {result.reservations} direct reservations. "
        f"Each week is forecast from what had finished when it began. Amounts are in {currency}, times are UTC."
    )
    as_table(
        [
            {
                "forecast of final direct reservations": score.forecast,
                "error a class (MAE)": f"{score.mae:.2f}",
                "error in all (WAPE)": f"{score.wape:.1%}",
                "bias": f"{score.bias:+.2f}",
            }
            for score in result.scores
        ],
        "No forecasts.",
    )
    click.echo("\nWhat would have been listed" + ("" if result.timed else _UNTIMED))
    as_table(
        [
            {
                "hours before the day": listing.lead_hours,
                "places free": listing.free,
                "listed": listing.spots,
                "of these stayed empty": listing.would_have_stayed_empty,
                "direct turned away if all sold": listing.direct_turned_away,
                "mean rate": f"{listing.mean_rate:.2f}",
                "expected value": f"{listing.expected_value:.2f}",
            }
            for listing in result.listings
        ],
        "Nothing.",
    )
    _print_outcome(result.outcome)
    _print_bad(read)


def _print_outcome(outcome: Outcome) -> None:
    click.echo(
        f"\nWhat it would have brought: {outcome.value:+,.2f} "
        f"(80 % interval {outcome.low:,.2f} to {outcome.high:,.2f}): "
        f"{outcome.sold:,.0f} places sold for {outcome.payouts:,.2f}, {outcome.turned_away:,.1f} direct clients turned "
        "away at the retail rate."
        + (" No marketplace booking is on record: how many would have come is assumed." if outcome.assumed else "")
    )
    as_table(
        [
            {
                "would have hurt": one.starts_at[:16],
                "sold": one.sold,
                "turned away": one.turned_away,
                "value": one.value,
            }
            for one in outcome.hurt
        ],
        "No class at which it would have hurt.",
    )


_UNTIMED = " (booking times are unknown: decided once, before bookings begin)"


def _print_bad(read: History) -> None:
    if not read.bad:
        return
    click.echo(f"\n{len(read.bad)} lines were set aside:", err=True)
    for bad in read.bad[:BAD_LINES_SHOWN]:
        click.echo(f"  line {bad.line}, column {bad.column!r}: {bad.what}", err=True)
    if len(read.bad) > BAD_LINES_SHOWN:
        click.echo(f"  and {len(read.bad) - BAD_LINES_SHOWN} more (--json lists all)", err=True)


COMMANDS: tuple[click.Command, ...] = (backtest,)
