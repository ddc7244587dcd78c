"""Writes to rosters: book, cancel, sign in, cancel a class. The rules are the market's; the words the platform's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.market.people import Habit
from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Client, Visit
from connectors.sandbox.server.access import caller
from connectors.sandbox.server.api_class import find_class, lens, shown_class
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.shapes import class_json, roster_json, visit_json
from connectors.sandbox.server.wire import Body, Json, Refusal, answer

_CODE_OF: Mapping[Reason, str] = {
    Reason.UNKNOWN_SITE: "InvalidSiteId",
    Reason.UNKNOWN_CLASS: "InvalidClassId",
    Reason.UNKNOWN_CLIENT: "ClientNotFound",
    Reason.UNKNOWN_VISIT: "ClassVisitNotFound",
    Reason.UNKNOWN_OPTION: "ItemNotFound",
    Reason.CLASS_FULL: "ClassSignUpsFull",
    Reason.WAITLIST_FULL: "ClassSignUpsFull",
    Reason.CLASS_CANCELLED: "InvalidClassId",
    Reason.CLASS_STARTED: "SchedulingWindowViolated",
    Reason.ALREADY_BOOKED: "ClientIsAlreadyBooked",
    Reason.NOT_BOOKED: "ClassVisitNotFound",
    Reason.STALE_SEQUENCE: "StaleSequence",
    Reason.BAD_OFFER: "InvalidParameter",
    Reason.BAD_CAPACITY: "InvalidParameter",
}


def booking_routes(routes: Blueprint) -> None:
    """Add them, and the market's refusals in the platform's words."""
    routes.register_error_handler(Refused, lambda error: Refusal(_CODE_OF[error.reason], str(error)).answer())
    routes.add_url_rule("/class/addclienttoclass", view_func=add_client, methods=["POST"])
    routes.add_url_rule("/class/removeclientfromclass", view_func=remove_client, methods=["POST"])
    routes.add_url_rule("/class/removefromwaitlist", view_func=remove_from_waitlist, methods=["POST"])
    routes.add_url_rule("/class/cancelsingleclass", view_func=cancel_class, methods=["POST"])
    routes.add_url_rule("/class/substituteclassteacher", view_func=substitute, methods=["POST"])
    routes.add_url_rule("/client/updateclientvisit", view_func=update_visit, methods=["POST"])


def request_body() -> Body:
    """The JSON object of this write."""
    return Body(request.get_json(silent=True))


def hold_reads(item: ClassInstance) -> None:
    """Before a class is written to: keep what reads show now, where reads are to trail writes."""
    sandbox, view = here(), lens()
    sandbox.lag.hold(sandbox.faults, ("class", view.site.id, item.id), lambda: class_json(view, item))
    sandbox.lag.hold(
        sandbox.faults, ("roster", view.site.id, item.id), lambda: roster_json(view, item, view.site.roster(item.id))
    )


def _client(site: Site, body: Body) -> Client:
    text = body.text("ClientId")
    found = site.client_by_text(text)
    if found is None or found.merged_into is not None:
        raise Refusal("ClientNotFound", f"Client {text} does not exist.")
    return found


def add_client() -> Response:
    """Book a client in, or put them on the waiting list. With staff rights the capacity is no limit."""
    body, site, world = request_body(), caller().site, here().world
    item, client = find_class(site, body.integer("ClassId")), _client(site, body)
    hold_reads(item)
    if body.flag("Waitlist"):
        if body.flag("Test"):
            return answer({"Visit": {"ClassId": item.id, "ClientId": client.id}})
        entry = world.join_waitlist(site.id, item.id, client.unique_id)
        return answer({"Visit": {"ClassId": item.id, "ClientId": client.id, "WaitlistEntryId": entry.id}})
    if body.flag("Test"):
        return answer({"Visit": {"ClassId": item.id, "ClientId": client.id, "Action": "None"}})
    paid = Habit.DROP_IN if body.flag("RequirePayment") else None
    visit = world.book(site.id, item.id, client.unique_id, web=False, habit=paid, overbook=True)
    return answer({"Visit": {**visit_json(lens(), visit), "Action": "Added"}})


def remove_client() -> Response:
    """Cancel a client's booking: early or late as ``LateCancel`` says, by the program's rule where it says nothing."""
    body, site = request_body(), caller().site
    item, client = find_class(site, body.integer("ClassId")), _client(site, body)
    visit = next((v for v in site.visits_of(item.id) if v.active and v.client_id == client.unique_id), None)
    if visit is None:
        raise Refusal("ClassVisitNotFound", f"Client {client.id} is not booked in class {item.id}.")
    hold_reads(item)
    if not body.flag("Test"):
        late = body.flag("LateCancel") if "LateCancel" in body else None
        here().world.cancel(site.id, visit.id, late=late)
    return answer({"Class": shown_class(item)})


def remove_from_waitlist() -> Response:
    """Take entries off the waiting list; an unknown one is no error."""
    site = caller().site
    for name, values in request.args.lists():
        if name.lower().removeprefix("request.").startswith("waitlistentryids"):
            for value in values:
                here().world.leave_waitlist(site.id, int(value))
    return answer({})


def cancel_class() -> Response:
    """Cancel one class and let everybody go; ``HideCancel`` hides it from the public."""
    body, site = request_body(), caller().site
    item = find_class(site, body.integer("ClassID"))
    hold_reads(item)
    here().world.cancel_class(site.id, item.id)
    item.hidden = item.hidden or body.flag("HideCancel")
    return answer({"Class": class_json(lens(), item)})


def substitute() -> Response:
    """Let another teacher give a class."""
    body, site = request_body(), caller().site
    item, teacher = find_class(site, body.integer("ClassId")), body.integer("StaffId")
    if teacher not in site.staff:
        raise Refusal("StaffMemberNotFound", f"Staff member {teacher} does not exist.")
    hold_reads(item)
    here().world.substitute(site.id, item.id, teacher)
    return answer({"Class": class_json(lens(), item)})


def update_visit() -> Response:
    """Sign a client in or out, or cancel the visit (``Execute``: Cancel, Latecancel, Unlatecancel)."""
    body, site = request_body(), caller().site
    visit = site.visits.get(body.integer("VisitId"))
    if visit is None or visit.class_id not in site.classes:
        raise Refusal("ClassVisitNotFound", "The visit does not exist.")
    hold_reads(site.classes[visit.class_id])
    if not body.flag("Test"):
        _change(site, visit, body)
    return answer({"Visit": _shown(visit)})


def _change(site: Site, visit: Visit, body: Body) -> None:
    world = here().world
    order = str(body.get("Execute") or "").lower()
    if order in ("cancel", "latecancel"):
        world.cancel(site.id, visit.id, late=order == "latecancel")
    elif order == "unlatecancel":
        world.undo_late_cancel(site.id, visit.id)
    elif order:
        raise Refusal("InvalidParameter", "Execute must be Cancel, Latecancel or Unlatecancel.")
    if "SignedIn" in body:
        world.mark(site.id, visit.id, came=body.flag("SignedIn"))


def _shown(visit: Visit) -> Json:
    shown: dict[str, Any] = visit_json(lens(), visit)
    return {**shown, "Action": "Updated"}
