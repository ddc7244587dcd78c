"""What changes at a studio for no client's reason: substitutes, cancelled and moved classes, and the office's tidying.

The plain variety that whoever reads the books must survive, at the rates at which a studio shows it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import IntEnum

import numpy as np

from connectors.sandbox.market.crowd import Crowd
from connectors.sandbox.market.desk import Desk
from connectors.sandbox.market.events import EventKind
from connectors.sandbox.market.people import DOMAINS
from connectors.sandbox.market.refusals import Reason, Refused
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
    elif kind == Change.MOVED:
        move(desk, item.id, item.starts_at + timedelta(minutes=30), at)
    else:
        teachers = sorted(desk.site.staff)
        substitute(desk, item.id, teachers[(teachers.index(item.staff_id) + 1) % len(teachers)], at)


def substitute(desk: Desk, class_id: int, staff_id: int, at: datetime) -> ClassInstance:
    """Let another teacher give a class."""
    item = desk.open_class(class_id, at)
    item.staff_id, item.substitute, item.last_modified = staff_id, True, at
    desk.tell_class(item, at)
    return item


def move(desk: Desk, class_id: int, starts_at: datetime, at: datetime) -> ClassInstance:
    """Hold a class at another time."""
    item = desk.open_class(class_id, at)
    desk.site.move_class(item, starts_at, at)
    desk.tell_class(item, at)
    return item


def resize(
    desk: Desk, class_id: int, max_capacity: int | None, web_capacity: int | None, at: datetime
) -> ClassInstance:
    """Give a class other capacities; who is booked stays, and who waits moves up where there is room now."""
    item = desk.open_class(class_id, at)
    if min(max_capacity or 0, web_capacity or 0) < 0:
        raise Refused(Reason.BAD_CAPACITY, "a capacity is never negative")
    item.max_capacity, item.web_capacity, item.last_modified = max_capacity, web_capacity, at
    desk.promote(class_id, at)
    desk.tell_class(item, at)
    return item


def cut_schedule(desk: Desk, schedule_id: int, first: date, last: date, at: datetime) -> list[int]:
    """Give a recurring block another range of dates; its coming classes outside it are gone."""
    schedule = desk.site.schedules.get(schedule_id)
    if schedule is None:
        raise Refused(Reason.UNKNOWN_CLASS, f"schedule {schedule_id} does not exist")
    schedule.start_date, schedule.end_date = first, last
    coming = [item for item in desk.site.classes_of(schedule_id) if item.starts_at > at]
    gone = [item.id for item in coming if not first <= item.starts_local.date() <= last]
    for class_id in gone:
        desk.site.remove_class(class_id)
    desk.tell(EventKind.SCHEDULE_UPDATED, at, schedule_id=schedule_id)
    return gone


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
