"""``python -m benchmarks.soak``: bring everything up, live, settle, compare, print. Status 1 where anything differs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapter.logs import configure_logs
from benchmarks.postgres import postgres
from benchmarks.soak.bringing_up import soak_of
from benchmarks.soak.clock import FileClock
from benchmarks.soak.processes import ROOT
from benchmarks.soak.week import Soak, show

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def main() -> int:
    """One soak; 0 where nothing was lost and nothing doubled."""
    chosen = _arguments()
    configure_logs()
    began = time.monotonic()
    with ExitStack() as everything:
        folder = everything.enter_context(tempfile.TemporaryDirectory(prefix="soak-"))
        soak = everything.enter_context(brought_up(chosen, Path(folder)))
        soak.live(timedelta(days=chosen.days))
        before = soak.settle()
        after = soak.reconcile()
        soak.processes.note_memory()
        report = soak.report(before, after) | {"engine": chosen.engine, "seconds": round(time.monotonic() - began)}
    show(report, after)
    print(
        f"soak: {report['lost']} lost, {report['doubled']} doubled, {report['differing']} differing, "
        f"parity {report['parity']:.4%} of {report['sessions']:,} sessions and {report['reservations']:,} reservations "
        f"after {report['faults']:,} faults and {report['kills']} kills, in {report['seconds']} s"
    )
    return 1 if after else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_soak.py", description=__doc__)
    parser.add_argument("--full", action="store_true", help="200 studios for a week, in rounds of eight hours")
    parser.add_argument("--studios", type=int, default=8)
    parser.add_argument("--days", type=float, default=2.0)
    parser.add_argument("--tick", type=float, default=4.0, help="hours in a round")
    parser.add_argument("--workers", type=int, default=2, help="adapter processes of a fleet")
    parser.add_argument("--engine", choices=("fleet", "embedded"), default="fleet")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    if chosen.full:
        chosen.studios, chosen.days, chosen.tick, chosen.workers = 200, 7.0, 8.0, 3
    return chosen


@contextmanager
def brought_up(chosen: argparse.Namespace, folder: Path) -> Iterator[Soak]:
    """The platform, the database, the adapter's processes and the harness."""
    clock = FileClock(folder / "clock")
    clock.set(MONDAY)
    workers = chosen.workers if chosen.engine == "fleet" else 1
    with ExitStack() as running:
        log = running.enter_context((folder / "log").open("w"))
        url = running.enter_context(_database(chosen.engine, folder))
        asked = (str(chosen.seed), str(chosen.studios), str(folder / "clock"))
        facts = running.enter_context(_platform(*asked, log=log))
        given = {
            "seed": chosen.seed,
            "tick": timedelta(hours=chosen.tick),
            "tell": lambda text: print(text, flush=True),
        }
        yield running.enter_context(soak_of(facts, url, folder, clock, workers=workers, log=log, **given))


@contextmanager
def _platform(*asked: str, log: Any) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak.platform", *asked],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline() if process.stdout else "")
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    """An empty database: a file, or a PostgreSQL of its own (TEST_DATABASE_URL: that one)."""
    if engine == "embedded":
        yield f"sqlite:///{folder / 'adapter.db'}"
        return
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with postgres("soak") as url:
        yield url


if __name__ == "__main__":
    sys.exit(main())
