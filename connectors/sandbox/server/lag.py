"""Reads that trail writes: while the fault ``stale`` is on, a class shows for a while what it was before a write.

Keeps answers as they would have been; knows nothing of what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connectors.sandbox.server.faults import Faults, Kind

Key = tuple[str, int, int]  # what is read (class, roster, offer), site, class
T = TypeVar("T")


@dataclass
class Lag:
    """What was read before the last write, by what it is about."""

    held: dict[Key, Any] = field(default_factory=dict)

    def hold(self, faults: Faults, key: Key, read: Callable[[], Any]) -> None:
        """Before a write: keep what a read would show now, where reads are to trail."""
        if faults.active(Kind.STALE):
            self.held.setdefault(key, read())

    def read(self, faults: Faults, key: Key, read: Callable[[], T]) -> T:
        """What a read shows: what was held while the fault hits, else what is."""
        if not self.held or key not in self.held:
            return read()
        if faults.take(Kind.STALE, path=key[0]):
            return self.held[key]  # type: ignore[no-any-return]  # held by the same reader under the same key
        del self.held[key]
        return read()
