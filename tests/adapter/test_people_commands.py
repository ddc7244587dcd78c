"""Letting people in from the machine itself: the link works once, and what can't be is said before anything is kept."""

from __future__ import annotations

from urllib.parse import urlsplit

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from adapter.accounts import caller_of, redeem
from adapter.context import Context
from adapter.people_commands import COMMANDS
from adapter.store.tables import Role, Studio
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
    ("option", "wrong"), [("--owner", "nobody"), ("--timezone", "Mars/Base"), ("--currency", "XYZ1")]
)
def test_what_cannot_be_is_named_and_nothing_is_kept(ctx: Context, option: str, wrong: str) -> None:
    arguments = [wrong if before == option else this for before, this in zip(("", *OPEN), OPEN, strict=False)]
    refused = run(ctx, *arguments)
    assert refused.exit_code == 2
    assert option in refused.stderr
    with ctx.store.read() as db:
        assert db.scalar(select(func.count()).select_from(Studio)) == 0
