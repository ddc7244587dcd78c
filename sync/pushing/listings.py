"""What stands at the platform of each session: the studio's own state before ours, and the sequence we have reached.

Knows the listing and push tables and how states compare; calls no platform.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Database

from adapter.store.listing_steps import note_given_back, note_listing
from adapter.store.tables import Listing, Push
from connectors.platform import ReadBack
from sync.pushing.wanted import compare, restored


def listing_of(db: Database, session_id: int) -> Listing | None:
    """The row of a session, if something of ours may stand there."""
    return db.scalar(select(Listing).where(Listing.session_id == session_id))


def own_caps(db: Database, connection_id: int) -> list[tuple[int, int]]:
    """The limits that the studio has set itself and that we no longer fight, with our session ids."""
    owned = select(Listing.session_id, Listing.own).where(Listing.connection_id == connection_id)
    return [(number, own["limit"]) for number, own in db.execute(owned.where(Listing.own.is_not(None))) if own]


def begin(db: Database, push: Push, held: ReadBack | None, *, maybe_sent: bool, now: datetime) -> Listing:
    """Note the studio's own state right before our first push of a session. A state of ours is nobody's own."""
    own = None if held is None or held.limit is None or _is_ours(db, push, held, maybe_sent) else asdict(held)
    row = Listing(
        connection_id=push.connection_id,
        session_id=push.session_id,
        before=own,
        noted_at=now,
        sequence=0 if held is None else held.sequence or 0,
    )
    db.add(row)
    db.flush()
    return row


def number(push: Push, listing: Listing, *, maybe_sent: bool) -> None:
    """Give a push the sequence under which it is sent: above all that was sent or seen there, and then it stays."""
    if push.sequence is not None:
        return
    first = int(push.wanted["sequence"])
    push.sequence = first if maybe_sent else max(first, listing.sequence + 1)
    if push.sequence != first:
        push.idempotency_key = f"offer-{push.connection_id}-{push.session_id}-{push.decision_id}-as-{push.sequence}"
        push.wanted = {**push.wanted, "sequence": push.sequence}
    listing.sequence = max(listing.sequence, push.sequence)


def restore(push: Push, listing: Listing) -> None:
    """The kill switch gives back what the studio had, by what is noted when it is sent: an offer that was on its way
    when it was pressed has noted that only since.
    """
    if push.urgent and listing.before is not None:
        push.wanted = restored(push.wanted, listing.before)


def settle(db: Database, push: Push, now: datetime) -> None:
    """A push is in force: the studio's own state holds again after an urgent one, ours after any other."""
    if push.urgent:
        of = delete(Listing).where(Listing.session_id == push.session_id)
        if any(any(row) for row in db.execute(of.returning(Listing.drift_since, Listing.own, Listing.mended))):
            note_given_back(db, push.connection_id, push.session_id, now)
    elif (row := listing_of(db, push.session_id)) is not None:
        row.conflicts = 0
        set_right(db, row, now)


def set_right(db: Database, row: Listing, now: datetime) -> None:
    """The platform holds ours."""
    was, row.drift_since, row.suspect = row.drift_since, None, None
    if was is not None:
        note_listing(db, row, now)


def _is_ours(db: Database, push: Push, held: ReadBack, maybe_sent: bool) -> bool:
    """Whether what is held is what we sent ourselves, last of all; what we gave back is the studio's."""
    sent = select(Push).where(Push.session_id == push.session_id, Push.sequence.is_not(None), Push.id < push.id)
    last = db.scalar(sent.order_by(Push.id.desc()).limit(1))
    ours: list[dict[str, Any]] = [push.wanted] if maybe_sent else []
    if last is not None and not last.wanted.get("restores"):
        ours.append(last.wanted)
    return any(compare(wanted, held).equal for wanted in ours)
