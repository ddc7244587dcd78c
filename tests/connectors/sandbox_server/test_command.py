"""The sandbox as a process of its own: one line when it is ready, a clean end when told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

from connectors.sandbox.server.__main__ import main

COMMAND = [sys.executable, "-m", "connectors.sandbox.server", "--studios", "0", "--weeks", "1"]


def test_says_where_it_is_serves_and_stops_when_told() -> None:
    faults = json.dumps({"kind": "error", "path": "sites", "count": 1})
    with subprocess.Popen([*COMMAND, "--faults", faults], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        headers = {"API-Key": facts["api_key"]}
        first, second = (requests.get(f"{facts['api_url']}/site/sites", headers=headers, timeout=10) for _ in range(2))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stdout.read() == ""
    assert first.status_code == 500
    assert [str(site["Id"]) for site in second.json()["Sites"]] == [site["id"] for site in facts["sites"]]
    assert facts["issuer"] == facts["url"]


def test_it_ends_with_whoever_started_it() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, "--while-asked"], stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdin.close()  # as when the process that holds the other end is killed
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ["--options", '{"window": "sideways"}'],
        ["--options", '{"colour": 1}'],
        ["--faults", "{"],
        ["--faults", '[{"kind": "gremlin"}]'],
        ["--history", "no-such-file.csv"],
        ["--port", "65536"],
    ],
)
def test_wrong_options_are_wrong_usage(wrong: list[str]) -> None:
    ended = CliRunner().invoke(main, wrong)
    assert ended.exit_code == 2
    assert "Error" in ended.output


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(main, ["--port", port, "--studios", "0", "--weeks", "1"])
    assert ended.exit_code == 1
    assert f"127.0.0.1:{port}: Address already in use. Choose another port" in ended.output
