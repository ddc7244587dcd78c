"""The commands that look: what they print for people and for programs, and how they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from adapter.commands import COMMANDS
from adapter.context import Context
from adapter.people.accounts import authenticate
from adapter.store.tables import Connection, Role, Run, RunKind, RunOrigin, RunState
from tests.adapter.store.conftest import connected
from tests.fixtures.database import NOON

Cli = Callable[..., Result]


@pytest.fixture
def cli(ctx: Context) -> Cli:
    group = click.Group(commands={command.name or "": command for command in COMMANDS})
    return lambda *arguments: CliRunner().invoke(group, arguments, obj=ctx)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def connection_id(ctx: Context) -> int:
    number = connected(ctx.store)
    with ctx.store.write() as db:
        db.get_one(Connection, number).last_pulled_at = NOON - timedelta(minutes=5)
        for state in (RunState.DONE, RunState.INCOMPLETE):
            db.add(
                Run(
                    connection_id=number,
                    kind=RunKind.PULL,
                    origin=RunOrigin.SCHEDULE,
                    actor="clock",
                    params={},
                    state=state,
                    due_at=NOON,
                    counts={"sessions": {"read": 3, "new": 2, "failed": 1}},
                    errors=[{"at": NOON.isoformat(), "what": "session 7", "message": "capacity: [red]-1[/red]"}],
                )
            )
    return number


def test_connections_with_their_health(cli: Cli, connection_id: int) -> None:
    (row,) = told(cli("connections", "--json"))
    assert (row["id"], row["platform"], row["state"], row["pushes"]) == (connection_id, "sandbox", "active", "shadow")
    assert row["last pulled"] == (NOON - timedelta(minutes=5)).isoformat()
    assert "Aurora" in cli("connections").stdout


def test_nothing_connected_says_how_to_begin(cli: Cli) -> None:
    assert told(cli("connections", "--json")) == []
    assert "adapter connect" in cli("connections").stdout


def test_connect_prints_the_link(cli: Cli) -> None:
    assert cli("connect", "sandbox").stdout == "http://127.0.0.1:5000/connect/sandbox\n"
    assert told(cli("connect", "mindbody", "--json"))["link"].endswith("/connect/mindbody")
    assert cli("connect", "nobody").exit_code == 2


def test_runs_the_latest_first(cli: Cli, connection_id: int) -> None:
    rows = told(cli("runs", str(connection_id), "--json"))
    assert [row["state"] for row in rows] == ["incomplete", "done"]
    assert rows == told(cli("runs", "--json"))
    assert "incomplete" in cli("runs").stdout


def test_a_run_with_its_counts_and_errors(cli: Cli, connection_id: int) -> None:
    number = told(cli("runs", "--json"))[0]["id"]
    assert told(cli("run", str(number), "--json"))["counts"]["sessions"]["new"] == 2
    shown = cli("run", str(number)).stdout
    assert "capacity: [red]-1[/red]" in shown
    assert "sessions" in shown


@pytest.mark.parametrize("arguments", [("runs", "99"), ("run", "99")])
def test_what_does_not_exist_is_said_on_stderr(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no" in result.stderr


def test_a_token_works_and_is_printed_once(cli: Cli, ctx: Context, connection_id: int) -> None:
    with ctx.store.read() as db:
        studio_id = db.get_one(Connection, connection_id).studio_id
    limited = cli("token", "create", "--role", "finance", "--studio", str(studio_id))
    text = limited.stdout.strip()
    with ctx.store.read() as db:
        caller = authenticate(db, ctx.keys, text)
    assert caller is not None
    assert caller.roles == {studio_id: frozenset({Role.FINANCE})}
    made = told(cli("token", "create", "--role", "marketplace", "--marketplace", "network", "--json"))
    assert made["marketplace"] == "network"
    assert limited.stderr == ""


def test_a_token_that_holds_for_every_studio_says_so_beside_it(cli: Cli) -> None:
    result = cli("token", "create", "--role", "owner")
    assert "holds for every studio" in result.stderr
    assert len(result.stdout.split()) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--role", "king"), 2),
        (("--role", "marketplace"), 2),
        (("--role", "marketplace", "--marketplace", ""), 2),
        (("--role", "owner", "--marketplace", "network"), 2),
        (("--role", "owner", "--studio", "99"), 1),
    ],
)
def test_a_token_that_cannot_be(cli: Cli, arguments: tuple[str, ...], status: int) -> None:
    result = cli("token", "create", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
