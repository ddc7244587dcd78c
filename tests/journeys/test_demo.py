"""The main job as a newcomer runs it: one command, real processes, nothing outside this machine."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import click
import pytest
from click.testing import CliRunner

from adapter.config import load_config
from adapter.context import Context
from adapter.people.accounts import create_studio
from connectors.errors import Misconfigured
from sync.demo import command, sandbox
from sync.demo.acts import Demo
from sync.demo.telling import Teller


def run_demo(instance: Path, *options: str) -> dict[str, Any]:
    """``adapter demo --once --json`` in an empty instance folder: the counts that it prints."""
    ended = subprocess.run(
        [
            Path(sys.executable).with_name("adapter"),
            "demo",
            "--once",
            "--json",
            "--port",
            "0",
            "--weeks",
            "2",
            *options,
        ],
        cwd=instance,
        env={"PATH": os.environ["PATH"], "ADAPTER_INSTANCE": str(instance)},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    counts: dict[str, Any] = json.loads(ended.stdout)
    return counts


@pytest.mark.long
def test_a_studio_is_connected_mirrored_decided_and_pushed(tmp_path: Path) -> None:
    """N-09."""
    elsewhere = "ADAPTER_DATABASE_URL=postgresql+psycopg://nobody@127.0.0.1:1/service"
    (tmp_path / ".env").write_text(elsewhere)  # of a service that is set up in this folder
    told = run_demo(tmp_path)
    assert min(told[what] for what in ("sessions", "reservations", "clients", "sales", "decisions")) > 100
    assert told["pushes_confirmed"] > 100
    assert told["pushes_local"] == told["pushes_failed"] == told["failed_runs"] == 0
    assert told["sold"] == 1
    # Every roster costs one call, and little else is asked.
    assert told["sessions"] < told["api_calls"] < told["sessions"] + 2 * told["pushes_confirmed"] + 200


@pytest.mark.long
def test_one_business_on_two_platforms_has_offers_in_force_by_what_each_takes(tmp_path: Path) -> None:
    """Where we sell, at a platform that takes none; at the other natively, and read back."""
    counts = run_demo(tmp_path, "--platform", "mindbody", "--platform", "marianatek")
    assert min(counts["pushes_local"], counts["pushes_confirmed"]) > 50
    assert counts["pushes_failed"] == counts["failed_runs"] == 0


def test_commands_called_in_the_demos_folder_know_the_demo(tmp_path: Path) -> None:
    sandbox = {"API_URL": "http://127.0.0.1:4/v6", "CLIENT_SECRET": 'it\'s #1 "quoted" \\ $HOME'}
    made = load_config({"ADAPTER_INSTANCE": str(tmp_path)})
    demo = replace(made, public_url="http://127.0.0.1:5001", platforms={**made.platforms, "sandbox": sandbox})
    found = load_config({}, folder=command.leave_settings(demo))
    assert found == replace(demo, allow_private_addresses=True)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_why_a_platform_tells_of_no_events_is_said_once(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Context, connection: int) -> bool:
        raise Misconfigured(f"No subscription: `adapter events {connection} --make` makes one.")

    monkeypatch.setattr("sync.demo.acts.subscribe", refuse)
    sites, lines, nobody = {1: "mindbody", 2: "mindbody", 3: "sandbox"}, list[str](), cast(Any, None)
    tell = Teller(quiet=True)
    monkeypatch.setattr(tell, "did", lines.append)
    Demo(ctx, nobody, nobody, tuple(sites.values()), tell, connections=sites).listen()
    assert [line.split(" tells")[0] for line in lines] == ["Mindbody", "Sandbox"]
    assert "adapter events 1" in lines[0]


def test_a_database_that_holds_a_studio_is_left_alone(ctx: Context) -> None:
    with ctx.store.write() as db:
        create_studio(db, "Aurora", timezone="Europe/Paris", currency="EUR", now=ctx.now())
    site, nobody = {"name": "Made up", "timezone": "UTC", "currency": "USD"}, cast(Any, None)
    demo = Demo(ctx, nobody, cast(Any, SimpleNamespace(studio=lambda _: site)), ("sandbox",), Teller(quiet=True))
    with pytest.raises(click.ClickException, match="holds studios already"):
        demo.open_account()


def test_a_second_demo_in_the_same_folder_leaves_the_first_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAPTER_INSTANCE", str(tmp_path))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "adapter.db").touch()
    with (tmp_path / "demo.lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        refused = CliRunner().invoke(command.demo, ["--once"])
    assert refused.exit_code == 1
    assert "a demo runs here already" in refused.output
    assert (tmp_path / "demo" / "adapter.db").exists()


def test_the_demos_pages_may_ask_what_a_change_would_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTER_INSTANCE", str(tmp_path))
    told = {"facts": {"url": "http://127.0.0.1:1"}, "address": "127.0.0.1:1", "settings": lambda _: {}}
    monkeypatch.setattr(command, "running_sandbox", lambda *_, log: nullcontext(SimpleNamespace(**told)))
    monkeypatch.setattr(command, "configure_logs", lambda to: None)
    served: list[Context] = []

    def serve(context: Context, host: str, port: int) -> NoReturn:
        served.append(context)
        raise click.ClickException("enough seen")

    monkeypatch.setattr(command, "served_web", serve)
    assert "enough seen" in CliRunner().invoke(command.demo, ["--once"]).output
    served[0].store.close()
    assert served[0].foresee is not None


def test_a_command_that_the_demo_shows_can_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    command = f"curl -H 'Authorization: Bearer {'x' * 60}' http://127.0.0.1:5000/channel/v1/offers"
    Teller(quiet=False).note(command)
    assert capsys.readouterr().err == f"  {command}\n"


def test_what_keeps_the_sandbox_from_starting_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = "import sys; sys.exit('Error: line 1: there is no column')"
    monkeypatch.setattr(sandbox, "PROGRAM", (sys.executable, "-c", ends))
    with (
        (tmp_path / "log").open("a") as log,
        pytest.raises(click.ClickException, match="there is no column"),
        sandbox.running_sandbox(log=log),
    ):
        pass
