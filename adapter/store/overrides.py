"""What people set by hand for a time: asked for each session, set and withdrawn with a line in the audit log.

Knows the table. Of several that hold, the most specific scope wins, then the latest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.store.audit import write_line
from adapter.store.setting_rules import RULES, BadSetting
from adapter.store.settings import StudioSettings, check_scope, effective_settings
from adapter.store.tables import Connection, Override, OverrideKind, PushMode, Scope

WIDEST_FIRST = (Scope.STUDIO, Scope.VENUE, Scope.CLASS_TYPE, Scope.SESSION)


@dataclass(frozen=True)
class Overrides:
    """All that hold at a studio, read once."""

    rows: Sequence[Override]

    def of(
        self,
        kind: OverrideKind,
        starts_at: datetime,
        *,
        venue_id: int | None,
        class_type_id: int | None,
        session_id: int,
    ) -> Override | None:
        """The one of a kind that holds for a session; ids are ours."""
        numbers = (0, venue_id, class_type_id, session_id)
        places = {place for place in zip(WIDEST_FIRST, numbers, strict=True) if place[1] is not None}
        hold = [row for row in self.rows if row.kind is kind and row.starts_at <= starts_at < row.ends_at]
        return max((row for row in hold if (row.scope, row.scope_id) in places), key=_weight, default=None)

    def with_one(self, row: Override) -> Overrides:
        """These and one more, to see what it would do."""
        return Overrides([*self.rows, row])


@dataclass(frozen=True)
class Wishes:
    """What a studio decided, in settings and by hand: as it is, or as it would be."""

    settings: StudioSettings
    overrides: Overrides

    def keep_back(self, connection: Connection) -> bool:
        """Whether any class of a connection is decided and not pushed."""
        return connection.push_mode is PushMode.SHADOW or any(
            own.get("shadow") for own in self.settings.by_scope.values()
        )


def wishes_of(db: Db, studio_id: int) -> Wishes:
    """As it is."""
    return Wishes(effective_settings(db, studio_id), overrides_of(db, studio_id))


def overrides_of(db: Db, studio_id: int) -> Overrides:
    """What holds now or later, or held once, and was not withdrawn."""
    rows = select(Override).where(Override.studio_id == studio_id, Override.withdrawn_at.is_(None))
    return Overrides(db.scalars(rows.order_by(Override.id)).all())


def every_override(db: Db, studio_id: int, at: datetime) -> Sequence[Override]:
    """All that had been set by an instant, the latest first, as they stood: pictures, not to be written."""
    wanted = select(Override).where(Override.studio_id == studio_id, Override.created_at <= at)
    rows = db.scalars(wanted.order_by(Override.id.desc())).all()
    for row in rows:
        db.expunge(row)
        if row.withdrawn_at is not None and row.withdrawn_at > at:
            row.withdrawn_at = row.withdrawn_by = None
    return rows


def check_override(db: Db, row: Override) -> None:
    """Refuse what can't hold. Raises BadSetting."""
    check_scope(db, row.studio_id, row.scope, row.scope_id)
    if row.ends_at <= row.starts_at:
        raise BadSetting("ends_at", "must lie after the beginning")
    if not row.reason.strip():
        raise BadSetting("reason", "say why, for whoever asks later")
    if row.kind is OverrideKind.SPOTS and (row.spots is None or not RULES["min_spots"].fits(row.spots)):
        raise BadSetting("spots", f"must be {RULES['min_spots'].allowed}")
    if row.kind is OverrideKind.RATE and (row.rate is None or not RULES["rate_ceiling"].fits(row.rate) or not row.rate):
        raise BadSetting("rate", "must be an amount above 0, with at most four decimals")


def keep_override(db: Db, row: Override) -> None:
    """Set it, audited. Raises BadSetting."""
    check_override(db, row)
    db.add(row)
    db.flush()
    _note(db, row, "override.set", row.actor, row.created_at)


def withdraw(db: Db, row: Override, *, actor: str, now: datetime) -> bool:
    """Take it back, audited; False where it was already."""
    if row.withdrawn_at is not None:
        return False
    row.withdrawn_at, row.withdrawn_by = now, actor
    _note(db, row, "override.withdrawn", actor, now)
    return True


def frozen_rate(found: Override | None, floor: Decimal | None, ceiling: Decimal | None) -> Decimal | None:
    """The rate set by hand, moved into what is agreed: SR-06 holds for people too."""
    if found is None or found.rate is None:
        return None
    lowest = found.rate if floor is None else max(found.rate, floor)
    return lowest if ceiling is None else max(min(lowest, ceiling), floor or ceiling)


def _weight(row: Override) -> tuple[int, int]:
    return WIDEST_FIRST.index(row.scope), row.id or 2**62  # one that is only being considered is the latest


def _note(db: Db, row: Override, act: str, actor: str, now: datetime) -> None:
    what = {
        "kind": row.kind.value,
        "of": f"{row.scope}:{row.scope_id}",
        "from": row.starts_at.isoformat(),
        "until": row.ends_at.isoformat(),
        "spots": row.spots,
        "rate": None if row.rate is None else str(row.rate),
        "reason": row.reason,
    }
    gone = act == "override.withdrawn"
    sides = (what, None) if gone else (None, what)
    about = f"override:{row.id}"
    write_line(db, row.studio_id, act, about, sides[0], sides[1], actor=actor, now=now)
