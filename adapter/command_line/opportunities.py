"""``adapter opportunities``: spots that a studio's own limits keep back; accept, dismiss or snooze one."""

from __future__ import annotations

from typing import Any

import click

from adapter.command_line.asking import ACTOR, json_option, studio_named
from adapter.command_line.printing import as_json, as_table
from adapter.context import Context
from adapter.steering.opportunities import ANSWERS, AnswerRefused, answer
from adapter.store.opportunities import Brought, Card, answered_cards, brought, one_card, open_cards


@click.command()
@click.argument("studio", type=int)
@click.option("--answer", "given", type=click.Choice(list(ANSWERS)), help="Answer one, named by --id.")
@click.option("--id", "number", type=int, help="The one that is answered.")
@click.option("--why", default="", help="The reason, which is kept in the audit log.")
@json_option
@click.pass_obj
def opportunities(
    context: Context, studio: int, given: str | None, number: int | None, why: str, json_wanted: bool
) -> None:
    """Spots that a STUDIO's own limits keep back, what they should bring, and what accepted ones brought."""
    if (given is None) != (number is None):
        raise click.UsageError("--answer and --id go together.")
    with context.store.read() as db:
        studio_named(db, studio)
    if given is not None and number is not None:
        _answer(context, studio, number, given, why)
    now = context.now()
    with context.store.read() as db:
        waiting, answered = open_cards(db, studio, now), answered_cards(db, studio, now)
        over = brought(db, studio, now)
    if json_wanted:
        as_json(
            {
                "open": [_row(card) for card in waiting],
                "answered": [_row(card) for card in answered],
                "brought": [_over(one) for one in over],
            }
        )
        return
    as_table([_row(card) for card in waiting], "Nothing waits for an answer.")
    if over:
        click.echo("\nWhat accepted ones brought:")
        as_table([_over(one) for one in over], "")


def _answer(context: Context, studio: int, number: int, given: str, why: str) -> None:
    try:
        with context.store.write() as db:
            card = one_card(db, studio, number)
            if card is None:
                raise click.ClickException(f"Studio {studio} has no opportunity {number}.")
            answer(db, card, given, reason=why, actor=ACTOR, now=context.now())
    except AnswerRefused as error:
        raise click.ClickException(str(error)) from error
    context.wake_engine()
    click.echo(f"{card.class_name}: {card.row.state}.", err=True)


def _row(card: Card) -> dict[str, Any]:
    row = card.row
    return {
        "id": row.id,
        "class": card.class_name,
        "starts_at": card.session.starts_at,
        "open": row.open,
        "offered": row.offered,
        "add": row.add,
        "rate": f"{row.rate:.2f}",
        "reservations": f"{row.fills:.1f} ({row.fills_low}-{row.fills_high})",
        "revenue": f"{card.revenue:.2f} {row.currency}",
        "cause": row.cause,
        "state": row.state.value,
    }


def _over(one: Brought) -> dict[str, Any]:
    row = one.card.row
    return {
        "id": row.id,
        "class": one.card.class_name,
        "starts_at": one.card.session.starts_at,
        "expected": f"{row.fills:.1f} ({row.fills_low}-{row.fills_high})",
        "came": one.reservations,
        "paid": f"{one.revenue:.2f} {row.currency}",
    }


COMMANDS: tuple[click.Command, ...] = (opportunities,)
