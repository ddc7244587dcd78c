"""The commands that stay: on PostgreSQL several processes serve and one works; all of them end politely."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from adapter.store.tables import RunKind, RunOrigin
from adapter.work import request_run
from sync.commands.serve import serve
from sync.commands.work import worker
from sync.demo.sandbox import free_port
from tests.sync.conftest import Road

ADAPTER = Path(sys.executable).with_name("adapter")


def ready(port: int, *, wanted: int) -> dict[str, Any]:
    """What /readyz says, once it says so with this status."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                status, said = answer.status, answer.read()
        except HTTPError as error:
            status, said = error.code, error.read()
        except URLError:
            status, said = 0, b""
        if status == wanted:
            found: dict[str, Any] = json.loads(said)
            return found
        threading.Event().wait(0.1)
    raise AssertionError(f"never {wanted}: last {status} {said!r}")


@pytest.mark.postgres
def test_many_serve_one_works_and_all_end_when_asked(postgres_database: str, tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "ADAPTER_INSTANCE": str(tmp_path),
        "ADAPTER_DATABASE_URL": postgres_database,
    }
    port = free_port()
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        started.append(subprocess.Popen([ADAPTER, *words], env=environment, stderr=subprocess.PIPE))

    try:
        start("serve", "--workers", "2", "--port", str(port))
        assert ready(port, wanted=503)["queue"] == "no worker lives"
        start("worker", "--concurrency", "1")
        assert ready(port, wanted=200)["queue"] == "ok"
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        told = [process.communicate(timeout=30)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], told
    assert b"Traceback" not in b"".join(told)
    assert f"http://127.0.0.1:{port}".encode() in told[0]
    assert b"Working until interrupted" in told[1]


def test_sqlite_has_room_for_one_process(mirrored: Road) -> None:
    said = CliRunner().invoke(serve, ["--workers", "2"], obj=mirrored.ctx)
    assert said.exit_code == 2
    assert "`adapter move`" in said.output


def test_a_worker_may_do_what_is_due_and_end(everywhere: Road) -> None:
    with everywhere.ctx.store.write() as db:
        asked = {"origin": RunOrigin.MANUAL, "actor": "test", "now": everywhere.ctx.now()}
        request_run(db, RunKind.DECIDE, everywhere.connection_id, **asked)
    said = CliRunner().invoke(worker, ["--once"], obj=everywhere.ctx)
    assert (said.exit_code, said.stderr.splitlines()[-1]) == (0, "Runs done: 1.")
