"""Letting people in: a studio's account is opened for its owner, anybody is invited, a one-time link is printed.

An operator does so at the machine itself; nothing here is reachable from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from babel.numbers import UnknownCurrencyError, validate_currency
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.command_line.asking import json_option, named, studio_named
from adapter.command_line.printing import as_json, as_rows
from adapter.context import Context
from adapter.guarantee.identity import normalise
from adapter.people.accounts import LINK_LIFE, create_studio, create_user, sign_in_link
from adapter.people.invitations import LIFE, NotInvited, invite
from adapter.people.members import members_of
from adapter.store.addresses import email_id
from adapter.store.audit import write_line
from adapter.store.tables import Role, User


@click.command()
@click.argument("name", callback=named)
@click.option("--owner", required=True, metavar="EMAIL", help="The owner's address: who they are, at every sign-in.")
@click.option("--timezone", required=True, help="IANA name, such as Europe/Paris.")
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@json_option
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
@click.option("--user", "user_id", type=int, help="Which account, where several have this address.")
@json_option
@click.pass_obj
def sign_in(context: Context, email: str, user_id: int | None, json_wanted: bool) -> None:
    """Print a new one-time link for whoever has this address."""
    now = context.now()
    with context.store.write() as db:
        known = email_id(db, context.keys, email, now)
        user = _one(_users(db, known) if known else [], user_id)
        token = sign_in_link(db, context.keys, user.id, now)
        write_line(db, None, "person.link_made", f"user:{user.id}", None, None, actor="operator", now=now)
    _print(context, {"user": user.id}, token, json_wanted)


@click.command("invite")
@click.argument("email")
@click.option("--name", required=True, help="What they are called.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role if role is not Role.MARKETPLACE]))
@click.option("--studio", "studio_id", type=int, help="At which studio; without one: at all, as one of our own staff.")
@json_option
@click.pass_obj
def invitation(context: Context, email: str, name: str, role: str, studio_id: int | None, json_wanted: bool) -> None:
    """Print a link that gives whoever opens it a role, once, within a week. No mail is sent."""
    now = context.now()
    try:
        with context.store.write() as db:
            if studio_id is not None:
                studio_named(db, studio_id)
            token = invite(
                db, context.keys, name, email, role=Role(role), studio_id=studio_id, actor="operator", now=now
            )
    except NotInvited as error:
        raise click.ClickException(f"{error}.") from error
    link = f"{context.config.public_url}/join/{token}"
    if json_wanted:
        as_json({"link": link})
    else:
        click.echo(f"{link}\nThe link works once, for {LIFE.days} days. Send it yourself: no mail is sent.")


@click.command("people")
@click.argument("studio_id", metavar="STUDIO", type=int)
@json_option
@click.pass_obj
def people(context: Context, studio_id: int, json_wanted: bool) -> None:
    """Who has which role at STUDIO, when they signed in last, and by what."""
    with context.store.read() as db:
        studio_named(db, studio_id)
        rows = [asdict(member) | {"roles": ", ".join(member.roles)} for member in members_of(db, studio_id)]
    told = [row | {"ways": ", ".join(row["ways"]) or "link"} for row in rows]
    as_rows(told, f"Nobody has a role at studio {studio_id}.", json_wanted)


def _users(db: Session, address: int) -> Sequence[User]:
    return db.scalars(select(User).where(User.email_id == address, User.active).order_by(User.id)).all()


def _one(users: Sequence[User], user_id: int | None) -> User:
    """The user that is meant: an address is unproven, so several may have it."""
    meant = [user for user in users if user_id in (None, user.id)]
    if not meant:
        raise click.ClickException("Nobody with this address has an account; `adapter studio` opens one.")
    if len(meant) > 1:
        told = ", ".join(f"{user.id} ({user.name})" for user in meant)
        raise click.ClickException(f"Several accounts have this address: {told}. Say which with --user ID.")
    return meant[0]


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
        click.echo(f"{link}\nThe link works once, for {LINK_LIFE.seconds // 60} minutes.")


COMMANDS: tuple[click.Command, ...] = (studio, sign_in, invitation, people)
