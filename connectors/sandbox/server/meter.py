"""The call meter: who called what, how often, on which day.

Counts; refuses nothing but what goes beyond the rate limit.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Call:
    """What one call is counted under."""

    key: str
    site: str
    day: date
    endpoint: str


@dataclass
class Meter:
    """Calls since the sandbox started, and those of the last minute by key."""

    free_calls_a_day: int
    counts: Counter[Call] = field(default_factory=Counter)
    _recent: dict[str, deque[datetime]] = field(default_factory=dict)

    def note(self, call: Call) -> None:
        """Count one call."""
        self.counts[call] += 1

    def wait(self, key: str, now: datetime, per_minute: int) -> int | None:
        """Seconds until this key may call again; None: it may now, and this call is counted in."""
        recent = self._recent.setdefault(key, deque())
        while recent and recent[0] <= now - _MINUTE:
            recent.popleft()
        if len(recent) >= per_minute:
            return max(1, int((recent[0] + _MINUTE - now).total_seconds()))
        recent.append(now)
        return None

    def total(self, endpoint: str = "") -> int:
        """Calls whose endpoint contains a piece of text."""
        return sum(count for call, count in self.counts.items() if endpoint in call.endpoint)

    def report(self) -> dict[str, Any]:
        """All counts, and what goes beyond the day's free calls."""
        days: Counter[tuple[str, str, date]] = Counter()
        for call, count in self.counts.items():
            days[call.key, call.site, call.day] += count
        rows = [
            {"key": c.key, "site": c.site, "day": c.day.isoformat(), "endpoint": c.endpoint, "calls": count}
            for c, count in sorted(self.counts.items(), key=lambda item: (item[0].day, item[0].site, item[0].endpoint))
        ]
        beyond = sum(max(0, count - self.free_calls_a_day) for count in days.values())
        return {
            "calls": rows,
            "total": self.counts.total(),
            "free_calls_a_day": self.free_calls_a_day,
            "beyond": beyond,
        }
