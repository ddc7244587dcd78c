"""What every part of our side is given: settings, the database, the keys, the clock, and a way to ask for work.

Composed once in wsgi.py (in tests: by a fixture). Knows no Flask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from adapter.clock import Clock, system_clock
from adapter.config import Config
from adapter.steering.foreseeing import Foresee
from adapter.store.database import Store
from adapter.store.sealing import Keyring


def _nobody_listens() -> None:
    """No engine runs in this process: the run stays queued until one does."""


@dataclass
class Context:
    """One adapter: its settings, its store, its keys, its clock."""

    config: Config
    store: Store
    keys: Keyring
    now: Clock = system_clock
    wake_engine: Callable[[], None] = field(default=_nobody_listens)  # tells the job engine that a run is due
    foresee: Foresee | None = None  # what a change would do: the road answers, where there is one in this process
    stopping: threading.Event = field(default_factory=threading.Event)  # set: long work is put down at its next step
