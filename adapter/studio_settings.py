"""Reading and changing a studio's settings on somebody's behalf: the floor is the owner's and finance's (SR-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from adapter.permissions import Act, Caller, may
from adapter.store.settings import change_settings, effective_settings
from adapter.store.tables import Scope

FLOOR = "rate_floor"
SHOWN = (
    "min_spots",
    "release_all_hours",
    "retail_rate",
    "rate_ceiling",
    "rate_floor",
    "displacement_weight",
    "max_displacement_risk",
)
"""The settings of a studio that the pages and the API show, in order."""


class FloorRefused(PermissionError):
    """Somebody tried to change the floor whose role does not include it."""


def settings_for(db: Session, studio_id: int, caller: Caller) -> dict[str, Any]:
    """The studio's own settings, as this caller may see them."""
    own = asdict(effective_settings(db, studio_id).own(Scope.STUDIO))
    hidden = set() if may(caller, Act.SEE_FLOOR, studio_id) else {FLOOR}
    return {name: own[name] for name in SHOWN if name not in hidden}


def save_settings(
    db: Session, studio_id: int, values: Mapping[str, Any], *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Change the given settings; raises BadSetting, and FloorRefused where the floor would change by the wrong hand."""
    changes = {name: value for name, value in values.items() if name in SHOWN}
    if FLOOR in changes and not may(caller, Act.CHANGE_FLOOR, studio_id):
        raise FloorRefused("Only the owner may change the floor")
    change_settings(db, studio_id, Scope.STUDIO, 0, changes, actor=caller.actor, now=now)
    return settings_for(db, studio_id, caller)
