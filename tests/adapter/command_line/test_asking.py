"""What commands ask for in common: a studio or a connection that is not there is told of in one way."""

from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner

from adapter.context import Context
from wsgi import COMMANDS

OPENS = "There is no studio 99; `adapter studio` opens one."
LISTS = "There is no connection 99; `adapter connections` lists them."


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
    name, *rest = typed.split()
    command = next(each for each in import_module(COMMANDS[name]).COMMANDS if each.name == name)
    result = CliRunner().invoke(command, rest, obj=ctx)
    assert (result.exit_code, result.stderr) == (1, f"Error: {words}\n")
