"""``adapter spotlight``: campaigns of paid placement, what each brought; register or withdraw one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from adapter.command_line.asking import ACTOR, DAY, json_option, studio_named
from adapter.command_line.printing import as_rows
from adapter.context import Context
from adapter.marketplace.campaigns import CampaignRefused, Wanted, register_campaign, withdraw_campaign
from adapter.marketplace.spotlight import Result, results_of
from adapter.store.tables import Campaign


@click.command()
@click.argument("studio", type=int)
@click.option("--register", "name", metavar="NAME", help="Register a campaign, with --from, --to and --fee.")
@click.option("--from", "first", type=DAY, help="Its first day, at the venue.")
@click.option("--to", "last", type=DAY, help="Its last day, included.")
@click.option("--fee", help="What it costs, in the studio's currency.")
@click.option("--venue", "venues", type=int, multiple=True, help="Our number of a venue; may be repeated. None: all.")
@click.option("--marketplace", help="Who places it.")
@click.option("--withdraw", type=int, metavar="N", help="Campaign N does not take place.")
@json_option
@click.pass_obj
def spotlight(
    context: Context,
    studio: int,
    name: str | None,
    first: datetime | None,
    last: datetime | None,
    fee: str | None,
    venues: tuple[int, ...],
    marketplace: str | None,
    withdraw: int | None,
    json_wanted: bool,
) -> None:
    """A STUDIO's Spotlight campaigns, each with what it brought beyond comparable days."""
    with context.store.write() as db:
        studio_named(db, studio)
        if name is not None:
            if first is None or last is None or fee is None:
                raise click.UsageError("--register needs --from, --to and --fee.")
            wanted = Wanted(name, first.date(), last.date(), _amount(fee), frozenset(venues), marketplace)
            try:
                register_campaign(db, studio, wanted, actor=ACTOR, now=context.now())
            except CampaignRefused as error:
                raise click.ClickException(str(error)) from error
        if withdraw is not None:
            row = db.get(Campaign, withdraw)
            if row is None or row.studio_id != studio:
                raise click.ClickException(f"Studio {studio} has no campaign {withdraw}.")
            withdraw_campaign(db, row, actor=ACTOR, now=context.now())
    with context.store.read() as db:
        rows = [_row(result) for result in results_of(db, studio, context.now())]
    as_rows(rows, "No campaigns yet.", json_wanted)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise click.UsageError(f"--fee {text}: an amount, such as 100.00.") from error


def _row(result: Result) -> dict[str, Any]:
    row, found = result.campaign, result.lift
    net = None if found is None else result.net(found.extra)
    return {
        "id": row.id,
        "name": row.name,
        "from": row.starts_on.isoformat(),
        "to": row.ends_on.isoformat(),
        "venues": ", ".join(venue.name for venue in result.venues),
        "fee": f"{row.fee:.2f} {row.currency}",
        "bookings more": None if found is None else f"{found.extra:+.1f} ({found.low:+.1f} to {found.high:+.1f})",
        "left after the fee": None if net is None else f"{net:+.2f}",
    }


COMMANDS: tuple[click.Command, ...] = (spotlight,)
