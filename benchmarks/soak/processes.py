"""The adapter's processes: started, killed with SIGKILL, started again; and how much memory they took."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TextIO

from benchmarks.soak.adapter import Settings

ROOT = Path(__file__).parents[2]
WORKER = (sys.executable, "-m", "benchmarks.soak.worker")


@dataclass
class Processes:
    """So many adapter processes. The first one listens for events."""

    settings: Settings
    count: int
    log: TextIO
    kills: int = 0
    peak_memory: int = 0  # bytes, of the largest process
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self) -> None:
        """Start them all, and wait until they work."""
        self._running = [self._started(number) for number in range(self.count)]
        for process in self._running:
            _wait_until_ready(process)

    def kill(self, number: int) -> None:
        """Kill one where it stands; another takes its place."""
        self.note_memory()
        process = self._running[number]
        process.kill()
        process.wait()
        _close(process)
        self.kills += 1
        self._running[number] = self._started(number)

    def wait_until_ready(self, number: int) -> None:
        """Wait until the one that was started last in a place works."""
        _wait_until_ready(self._running[number])

    def note_memory(self) -> None:
        """Look how much memory the processes have taken at most."""
        for process in self._running:
            self.peak_memory = max(self.peak_memory, peak_memory(process.pid))

    def stop(self) -> None:
        """End them all in order."""
        for process in self._running:
            if process.stdin:
                process.stdin.close()
        for process in self._running:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close(process)

    def _started(self, number: int) -> subprocess.Popen[str]:
        told = replace(self.settings, port=0 if number else self.settings.web_port)
        return subprocess.Popen(
            [*WORKER, json.dumps(asdict(told))],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )


def peak_memory(pid: int) -> int:
    """The most memory that a process has held, in bytes; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    line = process.stdout.readline() if process.stdout else ""
    if line != "ready\n":
        raise RuntimeError(f"an adapter process ended with status {process.wait()} before it was ready: see its log")


def _close(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe and not pipe.closed:
            pipe.close()
