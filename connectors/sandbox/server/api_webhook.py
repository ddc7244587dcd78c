"""The subscriptions API. A subscription belongs to the developer's key and brings the events of all sites, or some."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from connectors.sandbox.market.events import EventKind
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.webhooks import Status, Subscription
from connectors.sandbox.server.wire import Json, answer, audit_text

_LONGEST_URL = 2000
_NEVER_HERE = """
    site.created site.updated site.deactivated siteBusinessDayClosure.created siteBusinessDayClosure.cancelled
    location.created location.updated location.deactivated appointmentBooking.created appointmentBooking.updated
    appointmentBooking.cancelled appointmentAddOn.created appointmentAddOn.deleted classSchedule.created
    classSchedule.cancelled classDescription.updated client.deactivated clientMembershipAssignment.created
    clientMembershipAssignment.cancelled clientContract.created clientContract.updated clientContract.cancelled
    staff.created staff.updated staff.deactivated clientArrival.created
"""
"""Event ids that may be asked for, though nothing on this platform gives rise to them."""
_KNOWN_EVENTS = frozenset(kind.value for kind in EventKind).union(_NEVER_HERE.split())
_CODES = {
    "missingAPIKeyHeader": ("14010001", 401, "An API-Key Header was expected in the request but was not provided."),
    "forbidden": ("14030001", 403, "The API key is not valid."),
    "resourceNotFound": ("14040001", 404, "The subscription was not found."),
    "invalidValueWebhookURLRequired": ("14000001", 400, "webhookUrl is required."),
    "invalidWebhookUrlBadFormat": ("14000002", 400, "webhookUrl is not a URL."),
    "invalidWebhookURLMissingHTTPS": ("14000003", 400, "webhookUrl must begin with https."),
    "invalidWebhookURLNoResponse": ("14000004", 400, "webhookUrl did not answer a HEAD request with 2xx."),
    "invalidValueWebhookURLTooLong": ("14000005", 400, "webhookUrl is too long."),
    "invalidValueEventIdsRequired": ("14000006", 400, "eventIds is required."),
    "invalidValueEventIds": ("14000007", 400, "eventIds names an unknown event."),
    "invalidEventSchemaVersion": ("14000008", 400, "eventSchemaVersion must be 1."),
    "subscriptionStatusNotValid": ("14000009", 400, "status must be Active or DeactivatedByUser."),
}


class Unwanted(Exception):
    """The subscription API refuses, with one of its error types."""

    def __init__(self, error_type: str) -> None:
        super().__init__(error_type)
        self.error_type = error_type

    def answer(self) -> Response:
        """In the subscription API's own error shape."""
        code, status, message = _CODES[self.error_type]
        error = {"errorCode": code, "errorType": self.error_type, "errorMessage": message}
        return answer({"errors": [error]}, status)


def webhook_routes() -> Blueprint:
    """The blueprint with all routes of the subscriptions API."""
    routes = Blueprint("webhooks", __name__, url_prefix="/api/v1")
    routes.before_request(_check_key)
    routes.register_error_handler(Unwanted, Unwanted.answer)
    routes.add_url_rule("/subscriptions", view_func=create, methods=["POST"])
    routes.add_url_rule("/subscriptions", view_func=listed)
    routes.add_url_rule("/subscriptions/<number>", view_func=one)
    routes.add_url_rule("/subscriptions/<number>", view_func=change, methods=["PATCH"])
    routes.add_url_rule("/subscriptions/<number>", view_func=remove, methods=["DELETE"])
    routes.add_url_rule("/metrics", view_func=metrics)
    return routes


def _check_key() -> None:
    key = request.headers.get("API-Key")
    if not key:
        raise Unwanted("missingAPIKeyHeader")
    if key != here().options.api_key:
        raise Unwanted("forbidden")


def create() -> Response:
    """Make a subscription, pending until it is activated. The key that signs is told in this answer alone."""
    body = _body()
    url, events = _url(body), _events(body)
    if body.get("eventSchemaVersion") != 1:
        raise Unwanted("invalidEventSchemaVersion")
    made = here().webhooks.subscribe(url, events, body.get("referenceId"), _site_ids(body))
    if made is None:
        raise Unwanted("invalidWebhookURLNoResponse")
    return answer({**_subscription_json(made), "messageSignatureKey": made.key})


def listed() -> Response:
    """All subscriptions of the key."""
    return answer({"items": [_subscription_json(item) for item in here().webhooks.subscriptions.values()]})


def one(number: str) -> Response:
    """One subscription."""
    return answer(_subscription_json(_find(number)))


def change(number: str) -> Response:
    """Switch a subscription on or off, or change what it is about."""
    item, body = _find(number), _body()
    if "webhookUrl" in body:
        item.url = _url(body)
    if "eventIds" in body:
        item.event_ids = _events(body)
    if "status" in body:
        if body["status"] not in (Status.ACTIVE, Status.OFF_BY_USER):
            raise Unwanted("subscriptionStatusNotValid")
        item.turn(Status(body["status"]), here().now())
    return answer(_subscription_json(item))


def remove(number: str) -> Response:
    """End a subscription."""
    item = _find(number)
    del here().webhooks.subscriptions[number]
    item.turn(Status.OFF_BY_USER, here().now())
    return answer(
        {
            "message": "Subscription deactivated successfully.",
            "deactivationDateTime": audit_text(item.changed_at),
            "subscriptionId": item.id,
            "referenceId": item.reference_id,
        }
    )


def metrics() -> Response:
    """How deliveries went."""
    items = [
        {
            "subscriptionId": item.id,
            "status": item.status,
            "statusChangeDate": audit_text(item.changed_at),
            "creationDateTime": audit_text(item.created_at),
            "messagesAttempted": item.attempted,
            "messagesDelivered": item.delivered,
            "messagesUndelivered": item.undelivered,
            "messagesFailed": item.failed,
        }
        for item in here().webhooks.subscriptions.values()
    ]
    return answer({"items": items})


def _body() -> dict[str, Any]:
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else {}


def _find(number: str) -> Subscription:
    item = here().webhooks.subscriptions.get(number)
    if item is None:
        raise Unwanted("resourceNotFound")
    return item


def _url(body: dict[str, Any]) -> str:
    url = body.get("webhookUrl")
    if not url:
        raise Unwanted("invalidValueWebhookURLRequired")
    if len(str(url)) > _LONGEST_URL:
        raise Unwanted("invalidValueWebhookURLTooLong")
    parts = urlsplit(str(url))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unwanted("invalidWebhookUrlBadFormat")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise Unwanted("invalidWebhookURLMissingHTTPS")
    return str(url)


def _events(body: dict[str, Any]) -> tuple[str, ...]:
    wanted = body.get("eventIds")
    if not isinstance(wanted, list) or not wanted:
        raise Unwanted("invalidValueEventIdsRequired")
    if not _KNOWN_EVENTS.issuperset(map(str, wanted)):
        raise Unwanted("invalidValueEventIds")
    return tuple(wanted)


def _site_ids(body: dict[str, Any]) -> list[str]:
    """The sites that it is about: our own addition; none: about all of them."""
    given = body.get("siteIds")
    return [str(site) for site in given] if isinstance(given, list) else []


def _subscription_json(item: Subscription) -> Json:
    return {
        "subscriptionId": item.id,
        "status": item.status,
        "subscriptionCreationDateTime": audit_text(item.created_at),
        "statusChangeDate": audit_text(item.changed_at),
        "statusChangeMessage": None,
        "statusChangeUser": None,
        "eventIds": list(item.event_ids),
        "eventSchemaVersion": 1,
        "referenceId": item.reference_id,
        "webhookUrl": item.url,
    }
