"""Reading and changing what a studio decided, on somebody's behalf: the floor is the owner's and finance's (SR-11).

What follows from a change is asked for in the same transaction; the caller wakes the engine after its commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from adapter.people.permissions import Act, Caller, may
from adapter.statements import kept
from adapter.store.connection_health import connections_of
from adapter.store.connection_then import settings_then
from adapter.store.overrides import Wishes, wishes_of
from adapter.store.setting_rules import refuse, wrong
from adapter.store.settings import change_settings, check_scope, effective_settings, map_sources, wrong_in_all
from adapter.store.tables import Connection, RunKind, RunOrigin, Scope
from adapter.work import request_run
from connectors.records import Channel

FLOOR = "rate_floor"
SHOWN = (
    "min_spots",
    "release_all_hours",
    "retail_rate",
    "rate_ceiling",
    "rate_floor",
    "displacement_weight",
    "max_displacement_risk",
    "excluded",
    "shadow",
    "premium",
    "no_increase_after_minutes",
    "nothing_after_minutes",
)
"""The settings that the pages and the API show, in order."""


class FloorRefused(PermissionError):
    """Somebody tried to change the floor whose role does not include it."""


def settings_for(
    db: Session,
    studio_id: int,
    caller: Caller,
    scope: Scope = Scope.STUDIO,
    scope_id: int = 0,
    *,
    then: datetime | None = None,
) -> dict[str, Any]:
    """What is set at exactly this scope, by default the studio, as this caller may see it; ``then``: as of then."""
    if then is None:
        own = asdict(effective_settings(db, studio_id).own(scope, scope_id))
    else:
        own = asdict(settings_then(db, studio_id, then, scope, scope_id))
    hidden = set() if may(caller, Act.SEE_FLOOR, studio_id) else {FLOOR}
    return {name: own[name] for name in SHOWN if name not in hidden}


def save_settings(
    db: Session,
    studio_id: int,
    values: Mapping[str, Any],
    *,
    caller: Caller,
    now: datetime,
    scope: Scope = Scope.STUDIO,
    scope_id: int = 0,
) -> dict[str, Any]:
    """Change the given settings of one scope. Raises BadSetting; FloorRefused where the wrong hand moves the floor."""
    changes = _allowed(studio_id, values, caller)
    before = effective_settings(db, studio_id).own(scope, scope_id)
    if change_settings(db, studio_id, scope, scope_id, changes, actor=caller.actor, now=now) != before:
        for connection in connections_of(db, studio_id):
            _ask(db, RunKind.DECIDE, connection.id, "the settings were changed", caller, now)
    return settings_for(db, studio_id, caller, scope, scope_id)


def wrong_with(
    db: Session,
    studio_id: int,
    values: Mapping[str, Any],
    *,
    caller: Caller,
    scope: Scope = Scope.STUDIO,
    scope_id: int = 0,
) -> dict[str, str]:
    """All that is wrong with these settings, by name: each by itself, and those that are right with what else holds.

    Raises BadSetting where the scope is not the studio's; FloorRefused as ``save_settings``.
    """
    changes = _allowed(studio_id, values, caller)
    check_scope(db, studio_id, scope, scope_id)
    found = wrong(changes, of_studio=scope is Scope.STUDIO)
    right = {name: value for name, value in changes.items() if name not in found}
    return wrong_in_all(effective_settings(db, studio_id).changed(scope, scope_id, right)) | found


def wishes_with(
    db: Session,
    studio_id: int,
    values: Mapping[str, Any],
    *,
    caller: Caller,
    scope: Scope = Scope.STUDIO,
    scope_id: int = 0,
) -> Wishes:
    """What the studio decided as it would be with these settings; nothing is written. Raises as ``save_settings``."""
    refuse(wrong_with(db, studio_id, values, caller=caller, scope=scope, scope_id=scope_id))
    wishes = wishes_of(db, studio_id)
    settings = wishes.settings.changed(scope, scope_id, _allowed(studio_id, values, caller))
    return Wishes(settings, wishes.overrides)


def _allowed(studio_id: int, values: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    changes = {name: value for name, value in values.items() if name in SHOWN}
    if FLOOR in changes and not may(caller, Act.CHANGE_FLOOR, studio_id):
        raise FloorRefused("Only the owner may change the floor")
    return changes


def confirm_sources(
    db: Session, connection_id: int, meanings: Mapping[str, Channel], *, caller: Caller, now: datetime
) -> frozenset[str]:
    """Keep what booking sources mean (GL-03); where it changed, learn anew and forget the pages that were kept.

    Returns the sources that changed.
    """
    changed = map_sources(db, connection_id, meanings, actor=caller.actor, now=now)
    if changed:
        studio_id = db.get_one(Connection, connection_id).studio_id
        kept.forget(db, studio_id)
        _ask(db, RunKind.TRAIN, connection_id, "booking sources were mapped", caller, now)
    return changed


def _ask(db: Session, kind: RunKind, connection_id: int, why: str, caller: Caller, now: datetime) -> None:
    request_run(db, kind, connection_id, origin=RunOrigin.MANUAL, actor=caller.actor, now=now, why=why)
