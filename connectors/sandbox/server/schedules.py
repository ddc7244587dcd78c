"""The one public writer of capacities: ``updateclassschedule``, with both readings of its date window.

No one-class write exists. Whether a one-day window edits that day or cuts the series down to it is unknown in life,
so both are here; the dangerous reading is the default.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, ClassSchedule
from connectors.sandbox.server.access import caller
from connectors.sandbox.server.bookings import hold_reads, request_body
from connectors.sandbox.server.options import Window
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.shapes import DAY_NAMES
from connectors.sandbox.server.wire import Body, Refusal, answer


def schedule_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/class/updateclassschedule", view_func=update_schedule, methods=["POST"])


def update_schedule() -> Response:
    """Change a recurring block. ``ClassId`` is the block's id, despite its name; what is omitted is kept."""
    body, site = request_body(), caller().site
    schedule = site.schedules.get(body.integer("ClassId"))
    if schedule is None:
        raise Refusal("ClassScheduleNotFound", "The class schedule does not exist.")
    first, last = body.day("StartDate"), body.day("EndDate")
    if first and last and last < first:
        raise Refusal("InvalidParameter", "EndDate must not be before StartDate.")
    coming = [item for item in site.classes_of(schedule.id) if item.starts_at > site.now]
    meant = [item for item in coming if _inside(item, first, last)]
    _check_capacities(site, body, meant)
    for item in coming:
        hold_reads(item)
    _write(site, schedule, body, meant)
    if here().options.window == Window.REDEFINES:
        _redefine(site, schedule, body, first, last)
    else:
        here().world.cut_schedule(site.id, schedule.id, schedule.start_date, schedule.end_date)  # tells of the change
    return answer({"ClassId": schedule.id, "ClassInstanceIds": [item.id for item in meant if item.id in site.classes]})


def _inside(item: ClassInstance, first: date | None, last: date | None) -> bool:
    day = item.starts_local.date()
    return (first is None or day >= first) and (last is None or day <= last)


def _check_capacities(site: Site, body: Body, meant: list[ClassInstance]) -> None:
    most, web = body.optional_integer("MaxCapacity"), body.optional_integer("WebCapacity")
    if min(most or 0, web or 0, body.optional_integer("WaitlistCapacity") or 0) < 0:
        raise Refusal("ValidationFailed", "A capacity must not be negative.")
    if most is not None and web is not None and web > most:
        raise Refusal("ValidationFailed", "WebCapacity must not exceed MaxCapacity.")
    for item in meant:
        counts = site.counts(item.id)
        if (most is not None and most < counts.booked) or (web is not None and web < counts.web_booked):
            raise Refusal("ValidationFailed", f"Class {item.id} has more bookings than the new capacity.")


def _write(site: Site, schedule: ClassSchedule, body: Body, meant: list[ClassInstance]) -> None:
    """Give the classes that are meant their capacities; without ``RetainScheduleChanges`` substitutes are lost."""
    world, waiting = here().world, body.optional_integer("WaitlistCapacity")
    most, web = body.optional_integer("MaxCapacity"), body.optional_integer("WebCapacity")
    for item in meant:
        if not item.cancelled:
            world.set_capacity(
                site.id,
                item.id,
                max_capacity=item.max_capacity if most is None else most,
                web_capacity=item.web_capacity if web is None else web,
            )
        item.waitlist_capacity = item.waitlist_capacity if waiting is None else waiting
        if not body.flag("RetainScheduleChanges"):
            item.staff_id, item.substitute, item.cancelled = schedule.staff_id, False, False


def _redefine(site: Site, schedule: ClassSchedule, body: Body, first: date | None, last: date | None) -> None:
    """The dates and days become the block's own: its other coming classes are gone, and their bookings with them."""
    days = frozenset(day for day, name in enumerate(DAY_NAMES) if body.flag(name))
    if any(name in body for name in DAY_NAMES) and days != schedule.days:
        schedule.days = days
        for item in site.classes_of(schedule.id):
            if item.starts_at > site.now and item.starts_local.weekday() not in days:
                site.remove_class(item.id)
    here().world.cut_schedule(site.id, schedule.id, first or schedule.start_date, last or schedule.end_date)
