"""Letting people in: a studio's account is opened for its owner, who signs in by a one-time link.

An operator does both at the machine itself; nothing here is reachable from outside.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from babel.numbers import UnknownCurrencyError, validate_currency
from sqlalchemy import select

from adapter.accounts import create_studio, create_user, sign_in_link
from adapter.context import Context
from adapter.guarantee.identity import normalise
from adapter.printing import as_json
from adapter.store.addresses import email_id
from adapter.store.tables import Role, User


@click.command()
@click.argument("name")
@click.option("--owner", required=True, metavar="EMAIL", help="The owner's address: who they are, at every sign-in.")
@click.option("--timezone", required=True, help="IANA name, such as Europe/Paris.")
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@click.pass_obj
def studio(context: Context, name: str, owner: str, timezone: str, currency: str, json_wanted: bool) -> None:
    """Open an account for the studio NAME and its owner, and print the link with which the owner signs in."""
    _check(owner, timezone, currency)
    now = context.now()
    with context.store.write() as db:
        opened = create_studio(db, name, timezone=timezone, currency=currency, now=now)
        user = create_user(db, context.keys, name, owner, role=Role.OWNER, studio_id=opened.id, now=now)
        token = sign_in_link(db, context.keys, user.id, now)
    _print(context, {"studio": opened.id}, token, json_wanted)


@click.command("sign-in")
@click.argument("email")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@click.pass_obj
def sign_in(context: Context, email: str, json_wanted: bool) -> None:
    """Print a new one-time link for whoever has this address."""
    now = context.now()
    with context.store.write() as db:
        known = email_id(db, context.keys, email, now)
        user = db.scalar(select(User).where(User.email_id == known, User.active)) if known else None
        if user is None:
            raise click.ClickException("Nobody with this address has an account; `adapter studio` opens one.")
        token = sign_in_link(db, context.keys, user.id, now)
    _print(context, {"user": user.id}, token, json_wanted)


def _check(owner: str, timezone: str, currency: str) -> None:
    if normalise(owner) is None:
        raise click.BadParameter(f"{owner!r} is no e-mail address.", param_hint="--owner")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter(f"{timezone!r} is no IANA time zone.", param_hint="--timezone") from error
    try:
        validate_currency(currency)
    except UnknownCurrencyError as error:
        raise click.BadParameter(f"{currency!r} is no ISO 4217 code.", param_hint="--currency") from error


def _print(context: Context, about: dict[str, int], token: str, json_wanted: bool) -> None:
    link = f"{context.config.public_url}/sign-in/{token}"
    if json_wanted:
        as_json(about | {"link": link})
    else:
        click.echo(f"{link}\nThe link works once, for 15 minutes.")


COMMANDS: tuple[click.Command, ...] = (studio, sign_in)
