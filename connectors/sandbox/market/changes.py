"""What changes at a studio for no client's reason: substitutes, cancelled and moved classes, and the office's tidying.

The plain variety that whoever reads the books must survive, at the rates at which a studio shows it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum

import numpy as np

from connectors.sandbox.market.crowd import Crowd
from connectors.sandbox.market.desk import Desk
from connectors.sandbox.market.events import EventKind
from connectors.sandbox.market.people import DOMAINS
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance


class Change(IntEnum):
    """What can happen to a class before it is held."""

    SUBSTITUTE = 0
    CANCELLED = 1
    MOVED = 2


_CHANCE = {Change.SUBSTITUTE: 0.03, Change.CANCELLED: 0.012, Change.MOVED: 0.006}
_HOURS_AHEAD = {Change.SUBSTITUTE: (3.0, 48.0), Change.CANCELLED: (3.0, 30.0), Change.MOVED: (72.0, 240.0)}


def draw_changes(rng: np.random.Generator, item: ClassInstance, *, fixed: bool) -> list[tuple[datetime, Change]]:
    """What will happen to a class, and when. ``fixed``: it is known to have been held when it was planned."""
    chances, ahead = rng.random(len(Change)), rng.random(len(Change))
    drawn = []
    for change in Change:
        low, high = _HOURS_AHEAD[change]
        if chances[change] < _CHANCE[change] and not (fixed and change is not Change.SUBSTITUTE):
            drawn.append((item.starts_at - timedelta(hours=low + (high - low) * float(ahead[change])), change))
    return drawn


def make_change(desk: Desk, item: ClassInstance, kind: int, at: datetime) -> None:
    """Let it happen."""
    if kind == Change.CANCELLED:
        desk.cancel_class(item.id, at)
        return
    if kind == Change.MOVED:
        desk.site.move_class(item, item.starts_at + timedelta(minutes=30), at)
    else:
        teachers = sorted(desk.site.staff)
        item.staff_id = teachers[(teachers.index(item.staff_id) + 1) % len(teachers)]
        item.substitute, item.last_modified = True, at
    desk.tell_class(item, at)


def office_hour(crowd: Crowd, site: Site, rng: np.random.Generator, at: datetime, desk: Desk) -> None:
    """A quarter of an hour's tidying at noon: merge a double, correct an address, hand out a new card."""
    merges, corrects, new_card = rng.random(3)
    if merges < 0.10:
        crowd.merge_twins(at)
    if not site.clients or (corrects >= 0.10 and new_card >= 0.04):
        return
    client = site.clients[int(rng.choice(sorted(site.clients)))]
    if client.merged_into is not None:
        return
    if corrects < 0.10:
        client.email = f"{client.first_name}.{client.last_name}.{client.unique_id}@{DOMAINS[0]}".lower()
    site.touch_client(client, at, text_id=f"C{client.unique_id}" if new_card < 0.04 else None)
    desk.tell(EventKind.CLIENT_UPDATED, at, client_id=client.unique_id)
