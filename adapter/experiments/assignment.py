"""A switchback holdout: which recurring slot lists nothing in which week (N-03). Drawn, registered, repeatable.

The draw is a hash of the registered seed, the slot and the week: nobody chooses it, anybody can repeat it, and a class
that is added later is drawn like the others. Weeks are the studio's own, from Monday.
"""

from __future__ import annotations

import hashlib
from datetime import date

_RANGE = 1 << 64


def week_of(day: date) -> str:
    """The week of a class, by the studio's calendar: ``2025-W11``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def is_held_out(seed: str, slot: str, week: str, share: float) -> bool:
    """Whether this slot lists nothing in this week; ``share`` of all slots and weeks are held out."""
    drawn = hashlib.sha256(f"{seed}\n{slot}\n{week}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < share * _RANGE
