"""The commands of the road, as somebody types them."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.store.tables import Audit, EventsState, PushMode, Run, RunKind, RunOrigin, RunState
from adapter.work import request_run
from sync.commands import events_command, resync_command, work, write_back_command
from sync.commands.asking import finished
from sync.engine import queue
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done

MODULES = (work, resync_command, events_command, write_back_command)
BY_NAME = {command.name: command for module in MODULES for command in module.COMMANDS}


def typed(road: Road, name: str, *args: str) -> Result:
    return CliRunner().invoke(BY_NAME[name], list(args), obj=road.ctx)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_resync_prints_the_difference(mirrored: Road) -> None:
    """OR-06."""
    told = answer(typed(mirrored, "resync", "1", "--stream", "venues", "--dry-run", "--json"))
    assert told["state"] == "done"
    assert told["counts"]["venues"]["unchanged"] == told["counts"]["venues"]["read"] > 0
    assert "venues: " in typed(mirrored, "resync", "1", "--stream", "venues").stdout


def test_resync_keeps_the_reason_and_tells_what_changed(mirrored: Road, sandbox: LiveSandbox) -> None:
    session = mirrored.upcoming()[0]
    item = sandbox.site.classes[int(session.external_id)]
    before = item.max_capacity or 0
    sandbox.world.set_capacity(1001, item.id, max_capacity=before + 1, web_capacity=item.web_capacity)
    result = typed(mirrored, "resync", "1", "--session", str(session.id), "--why", "the studio called")
    assert f"sessions {session.external_id} changed: capacity {before} → {before + 1}" in result.stdout
    (run,) = mirrored.all(Run, Run.kind == RunKind.RESYNC)
    assert f"Reading again: run {run.id}." in result.stderr
    assert (run.why, run.actor) == ("the studio called", "cli")


def test_what_failed_is_retried_by_its_number(mirrored: Road, sandbox: LiveSandbox) -> None:
    session = mirrored.upcoming()[0]
    sandbox.faults({"kind": "error", "path": "classvisits", "status": 400, "count": 1})
    failed = answer(typed(mirrored, "resync", "1", "--session", str(session.id), "--json"))
    assert (failed["state"], len(failed["errors"])) == ("incomplete", 1)
    again = answer(typed(mirrored, "resync", "1", "--failed", str(failed["run"]), "--item", "0", "--json"))
    assert (again["state"], again["asked"], again["counts"]["reservations"]["failed"]) == ("done", "new", 0)


def test_events_are_told_and_subscribed_to_again(mirrored: Road, sandbox: LiveSandbox) -> None:
    given = {**mirrored.ctx.config.platforms["sandbox"], "WEBHOOK_URL": sandbox.webhook_url}
    nobody = "http://127.0.0.1:9"  # the discard port: nothing of ours ever listens there
    mirrored.ctx.config = replace(mirrored.ctx.config, platforms={"sandbox": given}, public_url=nobody)
    mirrored.set(webhook_state=None)
    assert "Not asked yet." in typed(mirrored, "events", "1").stdout
    failed = typed(mirrored, "events", "1", "--again")
    assert failed.exit_code == 1
    assert f"We can't reach {nobody}/webhooks/sandbox/1 ourselves" in failed.stdout
    told = answer(typed(mirrored, "events", "1", "--json"))
    assert (told["state"], told["words"]) == (EventsState.UNREACHABLE, "The platform can't reach us")


@pytest.mark.parametrize(
    "words",
    [
        ("resync", "1"),
        ("push", "1", "--mode", "live"),
        ("write-back", "1", "--prove", "1"),
        ("write-back", "1", "--catalog", "1"),
        ("events", "1", "--again"),
    ],
)
def test_a_command_whose_platform_cannot_be_called_makes_no_run_and_names_the_variables(
    mirrored: Road, words: tuple[str, ...]
) -> None:
    before = len(mirrored.all(Run))
    given = {name: value for name, value in mirrored.ctx.config.platforms["sandbox"].items() if name != "API_KEY"}
    mirrored.ctx.config = replace(mirrored.ctx.config, platforms={"sandbox": given})
    refused = typed(mirrored, *words)
    assert refused.exit_code == 2
    assert "ADAPTER_SANDBOX_API_KEY must be set" in refused.stderr
    assert len(mirrored.all(Run)) == before
    paused = typed(mirrored, "push", "1", "--mode", "paused", "--json")  # selling can be ended all the same
    assert (paused.exit_code, mirrored.connection.push_mode) == (0, PushMode.PAUSED)


def test_where_access_has_to_be_renewed_our_own_id_and_secret_must_be_set(mirrored: Road) -> None:
    given = {**mirrored.ctx.config.platforms["sandbox"], "CLIENT_ID": "", "CLIENT_SECRET": ""}
    mirrored.ctx.config = replace(mirrored.ctx.config, platforms={"sandbox": given})
    mirrored.set(refresh_token=b"sealed")
    refused = typed(mirrored, "resync", "1")
    assert refused.exit_code == 2
    assert "ADAPTER_SANDBOX_CLIENT_ID and ADAPTER_SANDBOX_CLIENT_SECRET must be set" in refused.stderr


def test_decide_then_say_why_then_replay(mirrored: Road) -> None:
    assert answer(typed(mirrored, "decide", "1", "--json"))["counts"]["decisions"]["new"] > 30
    number, decision = max(mirrored.latest().items(), key=lambda pair: pair[1].spots)
    why = answer(typed(mirrored, "decide", "1", "--explain", str(number), "--json"))
    assert sum(part["value"] for part in why["explanation"]["parts"]) == decision.spots
    said = typed(mirrored, "decide", "1", "--explain", str(number)).stdout
    assert re.match(rf"{decision.spots} spots at [\d.]+ {decision.currency} \(", said)
    assert f"Expected to sell of these {decision.spots}: {why['explanation']['sold']}" in said
    assert answer(typed(mirrored, "replay", str(decision.id), "--json"))["same"]
    assert "the same of it" in typed(mirrored, "replay", str(decision.id), "--today").stdout
    done(mirrored.do(RunKind.TRAIN))
    beside = answer(typed(mirrored, "replay", str(decision.id), "--today", "--json"))
    assert beside["decided"]["spots"] == decision.spots
    assert "reason" in beside["differing"]
    assert re.search(r"reason +cold_start +forecast", typed(mirrored, "replay", str(decision.id), "--today").stdout)


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
        ("resync", ("1", "--item", "0"), 2, "--item goes with --failed"),
        ("resync", ("1", "--failed", "1", "--stream", "venues"), 2, "no other choice"),
        ("resync", ("1", "--failed", "99"), 2, "Run 99 is not one of this connection"),
        ("events", ("99",), 1, "There is no connection 99"),
        ("events", ("1", "--make"), 1, "no subscription that serves every studio"),
        ("decide", ("1", "--explain", "999999"), 1, "does not start within"),
        ("replay", ("12345",), 1, "There is no decision 12345"),
        ("push", ("1", "--mode", "loud"), 2, "loud"),
        ("write-back", ("1", "--total", "on", "--catalog", "1"), 2, "One thing at a time"),
        ("write-back", ("1", "--even-public", "--total", "on"), 2, "--even-public goes with --catalog"),
        ("write-back", ("1", "--total", "on"), 1, "takes no online capacity"),
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
            queue.finish(db, at_work, mirrored.ctx.now(), RunState.DONE)

    other = threading.Timer(0.1, finish)
    other.start()
    assert finished(mirrored.ctx, at_work.id).state is RunState.DONE
    other.join()
