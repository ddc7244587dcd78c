"""Reads of classes: the timetable, rosters, recurring blocks, descriptions, waiting lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, ClassSchedule
from connectors.sandbox.server.access import caller, query
from connectors.sandbox.server.pages import page
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.shapes import (
    Lens,
    class_json,
    description_json,
    online_places,
    roster_json,
    schedule_json,
    waitlist_json,
)
from connectors.sandbox.server.wire import Json, Query, Refusal, answer


def class_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/class/classes", view_func=classes)
    routes.add_url_rule("/class/classvisits", view_func=class_visits)
    routes.add_url_rule("/class/classschedules", view_func=class_schedules)
    routes.add_url_rule("/class/classdescriptions", view_func=class_descriptions)
    routes.add_url_rule("/class/waitlistentries", view_func=waitlist_entries)


def lens() -> Lens:
    """How this caller looks at the site's records."""
    who, options = caller(), here().options
    return Lens(who.site, who.at_desk, options.utc_mode, options.drop_optional)


def today(site: Site) -> date:
    """The day on the site's clock."""
    return site.local(site.now).date()


def classes() -> Response:
    """Classes on the days asked for; without a window, today's."""
    asked, who = query(), caller()
    rows = list(filter(_filter(asked, who.site), _candidates(asked, who.site)))
    if not who.at_desk:
        rows = [item for item in rows if _public(who.site, item)]
    return page(asked, "Classes", rows, shown_class)


def shown_class(item: ClassInstance) -> Json:
    """A class as this caller sees it, trailing writes where that fault is on."""
    sandbox, view = here(), lens()
    return sandbox.lag.read(sandbox.faults, ("class", view.site.id, item.id), lambda: class_json(view, item))


def _candidates(asked: Query, site: Site) -> list[ClassInstance]:
    numbers, blocks = asked.integers("ClassIds"), asked.integers("ClassScheduleIds")
    if numbers:
        return [site.classes[number] for number in sorted(numbers) if number in site.classes]
    if blocks and "StartDateTime" not in asked:
        return [item for block in sorted(blocks) for item in site.classes_of(block)]
    first = asked.local_day("StartDateTime") or today(site)
    found = site.classes_between(first, asked.local_day("EndDateTime") or max(first, today(site)))
    return [item for item in found if not blocks or item.schedule_id in blocks]


def _filter(asked: Query, site: Site) -> Callable[[ClassInstance], bool]:
    """Whether a class is among those asked for; the question is read once, not for every class."""
    since, hide_cancelled = asked.instant("LastModifiedDate"), asked.flag("HideCanceledClasses")
    given = [(value, asked.integers(name)) for name, value in _filters(site).items() if name in asked]

    def wanted(item: ClassInstance) -> bool:
        if since is not None and item.last_modified < since:
            return False
        if item.cancelled and hide_cancelled:
            return False
        return all(value(item) in numbers for value, numbers in given)

    return wanted


def _filters(site: Site) -> dict[str, Callable[[ClassInstance], int]]:
    return {
        "LocationIds": lambda item: item.location_id,
        "StaffIds": lambda item: item.staff_id,
        "ClassDescriptionIds": lambda item: item.description_id,
        "SessionTypeIds": lambda item: site.descriptions[item.description_id].session_type_id,
        "ProgramIds": lambda item: program_of(site, item),
    }


def program_of(site: Site, item: ClassInstance) -> int:
    """The service category that a class belongs to: what a pricing option must be for to pay for it."""
    return site.session_types[site.descriptions[item.description_id].session_type_id].program_id


def _public(site: Site, item: ClassInstance) -> bool:
    """Whether the public finds a class: neither hidden nor full online."""
    return not item.hidden and online_places(item, site.counts(item.id)) != 0


def find_class(site: Site, number: int) -> ClassInstance:
    """A class by its id, or a refusal."""
    item = site.classes.get(number)
    if item is None:
        raise Refusal("InvalidClassId", f"Class {number} does not exist.")
    return item


def class_visits() -> Response:
    """A class with everyone on its roster. Not paged."""
    asked, sandbox, view = query(), here(), lens()
    number = asked.integer("ClassID")
    if number is None:
        raise Refusal("MissingRequiredFields", "ClassID is required.")
    item = find_class(view.site, number)
    since = asked.instant("LastModifiedDate")

    def read() -> dict[str, Any]:
        roster = view.site.roster(item.id)
        return roster_json(view, item, (v for v in roster if since is None or v.last_modified >= since))

    return answer(sandbox.lag.read(sandbox.faults, ("roster", view.site.id, item.id), read))


def class_schedules() -> Response:
    """Recurring blocks that are active on the days asked for."""
    asked, view = query(), lens()
    numbers = asked.integers("ClassScheduleIds")
    first = asked.local_day("StartDate") or today(view.site)
    last = asked.local_day("EndDate") or first
    whole = bool(numbers) and "StartDate" not in asked

    def wanted(item: ClassSchedule) -> bool:
        if numbers and item.id not in numbers:
            return False
        if "LocationIds" in asked and item.location_id not in asked.integers("LocationIds"):
            return False
        return whole or (item.start_date <= last and item.end_date >= first)

    rows = [item for item in view.site.schedules.values() if wanted(item)]
    return page(asked, "ClassSchedules", rows, lambda item: schedule_json(view, item))


def class_descriptions() -> Response:
    """What is taught; inactive ones too, unless ``includeInactive=false``."""
    asked, site = query(), caller().site
    number, all_of_them = asked.integer("ClassDescriptionId"), asked.flag("IncludeInactive", default=True)
    rows = [
        item
        for item in site.descriptions.values()
        if (number is None or item.id == number) and (all_of_them or item.active)
    ]
    return page(asked, "ClassDescriptions", rows, lambda item: description_json(site, item))


def waitlist_entries() -> Response:
    """Who waits. One of the filters must be given; class ids beat the ids of blocks."""
    asked, view = query(), lens()
    classes_, blocks = asked.integers("ClassIds"), asked.integers("ClassScheduleIds")
    entries, people = asked.integers("WaitlistEntryIds"), asked.texts("ClientIds")
    if not (classes_ or blocks or entries or people):
        raise Refusal("MissingRequiredFields", "ClassIds, ClassScheduleIds, ClientIds or WaitlistEntryIds is required.")
    site, past = view.site, asked.flag("HidePastEntries")
    rows = [
        entry
        for entry in site.waitlist.values()
        if entry.removed_at is None
        and entry.class_id in site.classes
        and (not classes_ or entry.class_id in classes_)
        and (bool(classes_) or not blocks or site.classes[entry.class_id].schedule_id in blocks)
        and (not entries or entry.id in entries)
        and (not people or site.clients[entry.client_id].id in people)
        and not (past and _past(site.classes[entry.class_id].starts_at, site.now))
    ]
    return page(asked, "WaitlistEntries", rows, lambda entry: waitlist_json(view, entry))


def _past(start: datetime, now: datetime) -> bool:
    return start <= now
