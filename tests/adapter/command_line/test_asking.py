"""What commands have in common: --json, and one way to tell of a studio or a connection that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import OperationalError

from adapter.context import Context
from tests.fixtures.studio import Seeded
from wsgi import COMMANDS, cli

OPENS = "There is no studio 99; `adapter studio` opens one."
LISTS = "There is no connection 99; `adapter connections` lists them."
SERVE = {"serve", "worker", "sandbox"}
SAY_THAT_IT_IS_DONE = {"guarantee record", "guarantee rate", "guarantee correct-rate", "payouts share"}


def command_named(name: str) -> click.Command:
    command: click.Command = next(each for each in import_module(COMMANDS[name]).COMMANDS if each.name == name)
    return command


def answer(ctx: Context, typed: str) -> Result:
    name, *rest = typed.split()
    return CliRunner().invoke(command_named(name), rest, obj=ctx)


def commands_of(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """The command itself, or those of the group, with what is typed for each."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for part, one in command.commands.items():
        yield from commands_of(one, f"{name} {part}")


def test_every_command_that_prints_results_prints_json_too() -> None:
    every = {typed: one for name in COMMANDS for typed, one in commands_of(command_named(name), name)}
    silent = {
        typed for typed, one in every.items() if "--json" not in {opt for each in one.params for opt in each.opts}
    }
    assert silent == SERVE | SAY_THAT_IT_IS_DONE


def test_a_database_that_cannot_be_had_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OperationalError("INSERT INTO run", {}, Exception("database or disk is full"))

    monkeypatch.setattr("wsgi._context", full)
    told = CliRunner().invoke(cli, ["runs"])
    assert told.exit_code == 1
    assert told.output == (
        "Error: our database did not answer (database or disk is full), and nothing half was kept. "
        "`adapter doctor` says what to do.\n"
    )


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (OPENS, "people 99"),
        (OPENS, "opportunities 99"),
        (OPENS, "spotlight 99"),
        (OPENS, "open-data 99"),
        (OPENS, "payouts show 99"),
        (OPENS, "guarantee statement 99"),
        (OPENS, "token create --role owner --studio 99"),
        (OPENS, "invite a@b.example --name A --role owner --studio 99"),
        (LISTS, "runs 99"),
        (LISTS, "diagnose 99"),
        (LISTS, "backtest 99"),
        (LISTS, "resync 99"),
        (LISTS, "push 99 --mode paused"),
    ],
)
def test_what_is_not_there_is_told_of_in_one_way(ctx: Context, words: str, typed: str) -> None:
    result = answer(ctx, typed)
    assert (result.exit_code, result.stderr) == (1, f"Error: {words}\n")


@pytest.mark.parametrize(
    "typed",
    [
        "guarantee record {} smarttools --from 2026-01-01 --evidence letter --by Bea",
        "guarantee set {} --tax-rate 0.19 --by Bea",
        "payouts share {} 0.13 --from 2026-01-01 --by Bea",
    ],
)
def test_a_venue_of_somebody_else_is_none_of_the_studios(ctx: Context, seeded: Seeded, typed: str) -> None:
    result = answer(ctx, typed.format(seeded.other_studio_id) + " --venue 1")
    assert result.exit_code == 2
    assert f"--venue: studio {seeded.other_studio_id} has no venue 1." in result.stderr
