"""A studio's books before anybody has booked: places, teachers, classes on offer, and the instances of its timetable.

Knows the site's clock: a class is held at its local time whatever the zone's offset on that day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.market.demand import Known
from connectors.sandbox.market.plans import Block, PastClass, StudioPlan
from connectors.sandbox.market.prices import price_list
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import (
    ClassDescription,
    ClassInstance,
    ClassSchedule,
    Location,
    Program,
    SessionType,
    Staff,
)

PROGRAM = 21
FIRST_SCHEDULE, FIRST_DESCRIPTION, FIRST_SESSION_TYPE, FIRST_STAFF, FIRST_LOCATION = 301, 51, 31, 100_001, 1
LATE_MINUTES = 720
"""How long before the start a cancellation becomes late."""
HORIZON_DAYS = 35
"""How far ahead the timetable is opened."""
WAITLIST = 5
_CLOSED = {(12, 25), (1, 1)}


def found_site(plan: StudioPlan, at: datetime) -> Site:
    """The books of a studio on its first day."""
    site = Site(
        id=plan.site,
        name=plan.name,
        timezone=plan.timezone,
        currency=plan.currency,
        country=plan.country,
        tax_rate=plan.tax_rate,
        now=at,
    )
    _enter_places(site, plan)
    _enter_offering(site, plan, at)
    for index, block in enumerate(plan.blocks):
        site.schedules[FIRST_SCHEDULE + index] = _schedule(site, block, FIRST_SCHEDULE + index, at)
    site.options = {option.product_id: option for option in price_list(plan.drop_in, PROGRAM)}
    return site


class Timetable:
    """Which classes a studio holds on which day."""

    def __init__(self, site: Site, plan: StudioPlan) -> None:
        self._site = site
        self._plan = plan
        self._past: dict[date, list[PastClass]] = defaultdict(list)
        for item in plan.past:
            self._past[item.day].append(item)
        self._known_until = max(self._past, default=None)

    def held_on(self, day: date) -> list[tuple[int, Known | None]]:
        """The slots held on a day, with what a real history says of them."""
        if self._known_until is not None and day <= self._known_until:
            return [(item.slot, Known(item.capacity, item.booked)) for item in self._past.get(day, ())]
        slots = self._plan.slots
        today = [number for number, slot in enumerate(slots) if slot.recurs and slot.day == day.weekday()]
        return [(number, None) for number in today if self._runs(slots[number].block, day)]

    def open_class(self, slot: int, day: date, at: datetime, known: Known | None) -> ClassInstance:
        """Enter the instance of a slot on a local day."""
        shape = self._plan.blocks[self._plan.slots[slot].block]
        schedule = self._site.schedules[FIRST_SCHEDULE + self._plan.slots[slot].block]
        capacity = shape.capacity if known is None else known.capacity
        starts = datetime.combine(day, shape.start, self._site.zone).astimezone(UTC)
        ends = starts + timedelta(minutes=shape.minutes)
        item = ClassInstance(
            id=self._site.next_id("class"),
            schedule_id=schedule.id,
            description_id=schedule.description_id,
            location_id=schedule.location_id,
            staff_id=schedule.staff_id,
            starts_at=starts,
            ends_at=ends,
            starts_local=self._site.local(starts),
            ends_local=self._site.local(ends),
            max_capacity=capacity,
            web_capacity=None if capacity is None or shape.web_capacity is None else min(shape.web_capacity, capacity),
            waitlist_capacity=schedule.waitlist_capacity,
            last_modified=at,
            hidden=shape.hidden,
        )
        self._site.add_class(item)
        return item

    def _runs(self, block: int, day: date) -> bool:
        schedule = self._site.schedules[FIRST_SCHEDULE + block]
        closed = (day.month, day.day) in _CLOSED
        return schedule.active and schedule.start_date <= day <= schedule.end_date and not closed


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _enter_places(site: Site, plan: StudioPlan) -> None:
    for index, place in enumerate(plan.places):
        number = FIRST_LOCATION + index
        site.locations[number] = Location(
            id=number,
            name=place.name,
            address=place.address,
            city=place.city,
            state=place.state,
            postal_code=place.postal_code,
            country=plan.country,
            tax_rate=plan.tax_rate,
        )
    for index, name in enumerate(plan.teachers):
        first, last = name.split(" ", 1)
        site.staff[FIRST_STAFF + index] = Staff(id=FIRST_STAFF + index, first_name=first, last_name=last)


def _enter_offering(site: Site, plan: StudioPlan, at: datetime) -> None:
    site.programs[PROGRAM] = Program(id=PROGRAM, name="Classes", cancel_offset=LATE_MINUTES)
    kinds: dict[str, int] = {}
    for block in plan.blocks:
        kinds.setdefault(block.category, FIRST_SESSION_TYPE + len(kinds))
        number = kinds[block.category]
        site.session_types.setdefault(
            number, SessionType(id=number, name=block.category, program_id=PROGRAM, minutes=block.minutes)
        )
    names = dict.fromkeys((block.name, block.category) for block in plan.blocks)
    for index, (name, category) in enumerate(names):
        number = FIRST_DESCRIPTION + index
        site.descriptions[number] = ClassDescription(
            id=number,
            name=name,
            category=category,
            session_type_id=kinds[category],
            description=f"{name}: {category.lower()} for all levels.",
            last_updated=at,
        )


def _schedule(site: Site, block: Block, number: int, at: datetime) -> ClassSchedule:
    described = {(item.name, item.category): item.id for item in site.descriptions.values()}
    day = site.local(at).date()
    end = datetime.combine(day, block.start) + timedelta(minutes=block.minutes)
    return ClassSchedule(
        id=number,
        description_id=described[block.name, block.category],
        location_id=FIRST_LOCATION + block.location,
        staff_id=FIRST_STAFF + block.teacher,
        days=frozenset(block.days),
        start_time=block.start,
        end_time=end.time(),
        start_date=day,
        end_date=date(day.year + 5, 12, 31),
        max_capacity=block.capacity,
        web_capacity=block.web_capacity,
        waitlist_capacity=WAITLIST,
    )
