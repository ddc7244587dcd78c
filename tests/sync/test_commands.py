"""The commands of the road, as somebody types them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.store.tables import Audit, PushMode, RunKind, RunOrigin, RunState
from adapter.work import request_run
from sync import queue
from sync.asking import finished
from sync.commands import COMMANDS
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done

BY_NAME = {command.name: command for command in COMMANDS}


def typed(road: Road, name: str, *args: str) -> Result:
    return CliRunner().invoke(BY_NAME[name], list(args), obj=road.ctx)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_resync_prints_the_difference(mirrored: Road) -> None:
    told = answer(typed(mirrored, "resync", "1", "--stream", "venues", "--dry-run", "--json"))
    assert told["state"] == "done"
    assert told["counts"]["venues"]["unchanged"] == told["counts"]["venues"]["read"] > 0
    assert "venues: " in typed(mirrored, "resync", "1", "--stream", "venues").stdout


def test_decide_then_say_why_then_replay(mirrored: Road) -> None:
    assert answer(typed(mirrored, "decide", "1", "--json"))["counts"]["decisions"]["new"] > 30
    number, decision = max(mirrored.latest().items(), key=lambda pair: pair[1].spots)
    why = answer(typed(mirrored, "decide", "1", "--explain", str(number), "--json"))
    assert sum(part["value"] for part in why["explanation"]["parts"]) == decision.spots
    assert f"{decision.spots} spots" in typed(mirrored, "decide", "1", "--explain", str(number)).stdout
    assert answer(typed(mirrored, "replay", str(decision.id), "--json"))["same"]


def test_switching_pushing_on_pushes_and_leaves_a_trace(mirrored: Road, sandbox: LiveSandbox) -> None:
    done(mirrored.do(RunKind.DECIDE))
    assert typed(mirrored, "push", "1", "--mode", "live").exit_code == 0
    assert mirrored.connection.push_mode is PushMode.LIVE
    assert sandbox.site.offers
    assert "push_mode.changed" in [row.act for row in mirrored.all(Audit)]


@pytest.mark.parametrize(
    ("name", "args", "status", "words"),
    [
        ("resync", ("99",), 1, "There is no connection 99"),
        ("resync", ("1", "--stream", "songs"), 2, "songs"),
        ("resync", ("1", "--from", "yesterday"), 2, "yesterday"),
        ("decide", ("1", "--explain", "999999"), 1, "does not start within"),
        ("replay", ("12345",), 1, "There is no decision 12345"),
        ("push", ("1", "--mode", "loud"), 2, "loud"),
    ],
)
def test_what_cannot_be_done_says_so(mirrored: Road, name: str, args: tuple[str, ...], status: int, words: str) -> None:
    result = typed(mirrored, name, *args)
    assert result.exit_code == status
    assert words in result.output


def test_a_run_that_another_process_is_at_is_waited_for(mirrored: Road) -> None:
    with mirrored.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "cli", "now": mirrored.ctx.now()}
        request_run(db, RunKind.DECIDE, mirrored.connection_id, **asked)
        at_work = queue.claim(db, mirrored.ctx.now())
        assert at_work

    def finish() -> None:
        with mirrored.ctx.store.write() as db:
            queue.finish(db, at_work.id, at_work.fence, mirrored.ctx.now(), RunState.DONE)

    other = threading.Timer(0.1, finish)
    other.start()
    assert finished(mirrored.ctx, at_work.id).state is RunState.DONE
    other.join()
