"""Whether a cancellation is early or late: by elapsed hours before the start, whatever the clocks show. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapter.guarantee.terms import TERMS

LATEST_CUTOFF = TERMS[max(TERMS)].cancel_hours
"""Hours: no studio's policy can ask guests of the marketplace to know earlier (GQ-02)."""


def cutoff(policy_hours: int | None) -> timedelta:
    """How long before its start a reservation may still be cancelled freely; None: the studio told no policy."""
    return timedelta(hours=LATEST_CUTOFF if policy_hours is None else min(policy_hours, LATEST_CUTOFF))


def is_late(starts_at: datetime, asked_at: datetime, policy_hours: int | None) -> bool:
    """Whether fewer hours than that are left. Elapsed time: where clocks change in between, they change nothing."""
    return starts_at.astimezone(UTC) - asked_at.astimezone(UTC) < cutoff(policy_hours)
