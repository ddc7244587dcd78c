"""Simulated time: one line in a file, written in place by the harness and read by every process whenever it asks."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

WIDTH = 40  # characters: every instant is padded to it, so that one write replaces another whole


class FileClock:
    """Called, it is the time. Only the harness moves it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def __call__(self) -> datetime:
        return datetime.fromisoformat(os.pread(self._file, WIDTH, 0).decode().strip())

    def set(self, now: datetime) -> None:
        """Move it."""
        os.pwrite(self._file, now.isoformat().ljust(WIDTH).encode(), 0)

    def pass_by(self, time: timedelta) -> datetime:
        """Move it on; the new time."""
        self.set(self() + time)
        return self()
