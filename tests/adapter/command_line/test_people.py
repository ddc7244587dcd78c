"""Letting people in from the machine itself: the link works once, and what can't be is said before anything is kept."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from adapter.command_line.people import COMMANDS
from adapter.context import Context
from adapter.people.accounts import caller_of, redeem
from adapter.people.invitations import accept
from adapter.store.tables import Audit, Role, Studio
from tests.fixtures.database import NOON

OPEN = ("studio", "Aurora", "--owner", "ana@studio.example", "--timezone", "America/New_York", "--currency", "USD")


def run(ctx: Context, *arguments: str) -> Result:
    group = click.Group(commands={command.name or "": command for command in COMMANDS})
    return CliRunner().invoke(group, arguments, obj=ctx)


def signed_in_with(ctx: Context, printed: str) -> dict[int | None, frozenset[Role]] | None:
    token = urlsplit(printed.splitlines()[0]).path.rpartition("/")[2]
    with ctx.store.write() as db:
        user = redeem(db, ctx.keys, token, NOON)
        return None if user is None else dict(caller_of(user).roles)


def test_the_owner_signs_in_once_with_the_link(ctx: Context) -> None:
    printed = run(ctx, *OPEN).stdout
    assert printed.startswith(f"{ctx.config.public_url}/sign-in/")
    assert signed_in_with(ctx, printed) == {1: frozenset({Role.OWNER})}
    assert signed_in_with(ctx, printed) is None


def test_a_new_link_is_for_the_same_person_however_the_address_is_written(ctx: Context) -> None:
    run(ctx, *OPEN)
    assert signed_in_with(ctx, run(ctx, "sign-in", " Ana@Studio.EXAMPLE ").stdout) == {1: frozenset({Role.OWNER})}


def test_a_stranger_gets_no_link(ctx: Context) -> None:
    refused = run(ctx, "sign-in", "stranger@studio.example")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "stranger" not in refused.stderr


@pytest.mark.parametrize(
    ("option", "wrong"),
    [("studio", " "), ("--owner", "nobody"), ("--timezone", "Mars/Base"), ("--currency", "XYZ1")],
)
def test_what_cannot_be_is_named_and_nothing_is_kept(ctx: Context, option: str, wrong: str) -> None:
    arguments = [wrong if before == option else this for before, this in zip(("", *OPEN), OPEN, strict=False)]
    refused = run(ctx, *arguments)
    assert refused.exit_code == 2
    assert option.replace("studio", "NAME") in refused.stderr
    with ctx.store.read() as db:
        assert db.scalar(select(func.count()).select_from(Studio)) == 0


def test_anybody_is_invited_with_any_role_and_the_list_says_who_has_which(ctx: Context) -> None:
    run(ctx, *OPEN)
    who = ("invite", "fay@studio.example", "--name", "Fay")
    printed = run(ctx, *who, "--role", "finance", "--studio", "1").stdout
    assert "no mail is sent" in printed
    token = urlsplit(printed.splitlines()[0]).path.rpartition("/")[2]
    with ctx.store.write() as db:
        fay = accept(db, ctx.keys, token, None, NOON)
        assert fay is not None
        assert caller_of(fay).roles == {1: frozenset({Role.FINANCE})}
    told = json.loads(run(ctx, "people", "1", "--json").stdout)
    assert [(row["name"], row["roles"], row["ways"]) for row in told] == [
        ("Aurora", "owner", "link"),
        ("Fay", "finance", "link"),
    ]
    for wrong in (("--role", "finance", "--studio", "9"), ("--role", "owner", "--studio", "1")):
        address = ("invite", "nobody", "--name", "X") if wrong[1] == "owner" else who
        assert run(ctx, *address, *wrong).exit_code == 1


def test_where_several_have_an_address_the_operator_says_which(ctx: Context) -> None:
    run(ctx, *OPEN)
    run(ctx, *OPEN)
    refused = run(ctx, "sign-in", "ana@studio.example")
    assert (refused.exit_code, "--user ID" in refused.stderr) == (1, True)
    assert signed_in_with(ctx, run(ctx, "sign-in", "ana@studio.example", "--user", "2").stdout) == {
        2: frozenset({Role.OWNER})
    }
    with ctx.store.read() as db:
        assert db.scalars(select(Audit.actor).where(Audit.act == "person.link_made")).all() == ["operator"]
