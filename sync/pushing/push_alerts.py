"""What to tell of a connection's pushes: classes that could not be pushed, and numbers that the studio sets itself.

Both follow from the tables alone, so that an alert is over when its cause is.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session as Database

from adapter.showing.counting import CLASSES, counted
from adapter.store.alerts import open_alert, resolve_alert
from adapter.store.push_health import failures_of, own_caps_of
from adapter.store.tables import AlertKind

FAILING = (
    "{count} could not be pushed: the platform still holds for it what it held before. It is tried again with the next "
    "decision, and what failed for a passing reason within the hour. Last answer: {words}"
)
OWN_CAPS = (
    "For {count} somebody at the studio, or another system, sets another number at the platform, again and again. It "
    "is not written over any more: the smaller of both numbers is listed. If that is not meant, find out who sets it, "
    "and let ours be used again."
)


def refresh(db: Database, connection_id: int, now: datetime) -> None:
    """Raise or end both."""
    failing = failures_of(db, connection_id, now)
    told = FAILING.format(count=counted(len(failing), *CLASSES), words=failing[0].words if failing else "")
    _tell(db, connection_id, AlertKind.PUSH_FAILING, told if failing else None, now)
    own = own_caps_of(db, connection_id, now)
    _tell(db, connection_id, AlertKind.DRIFT, OWN_CAPS.format(count=counted(own, *CLASSES)) if own else None, now)


def _tell(db: Database, connection_id: int, kind: AlertKind, words: str | None, now: datetime) -> None:
    if words is None:
        resolve_alert(db, connection_id, kind, now=now)
    else:
        open_alert(db, connection_id, kind, words, now=now)
