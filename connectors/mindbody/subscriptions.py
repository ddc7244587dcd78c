"""Subscriptions to events. Knows the subscriptions API, which has an address of its own and asks for our key alone.

A subscription belongs to our developer account and brings the events of every site that the key may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Rejected, TryAgain
from connectors.fields import id_text, reach
from connectors.mindbody.webhooks import EVENTS
from connectors.platform import Api, Subscription, SubscriptionState
from connectors.times import read_instant

NOT_FOUND = "resourceNotFound"
WORDS: Mapping[str, str] = {
    "PendingActivation": "it has not been switched on yet",
    "DeactivatedByUser": "it was switched off by hand",
    "DeactivatedByAdmin": "the platform's staff switched it off",
    "DeactivatedTooManyFailedMessageDeliveryAttempts": "too many of its messages could not be delivered",
    "DeactivatedByEventDeactivation": "one of its kinds of events is no longer offered",
}
_ENDED = "DeactivatedByEventDeactivation"


def subscribe(api: Api, callback: str, **more: Any) -> tuple[str, str]:
    """Subscribe to all events that we understand; the answer is the subscription's id and the key that it signs with.

    ``api`` is open at the subscriptions API. The platform looks whether ``callback`` answers before it agrees. ``more``
    is what a platform that speaks this dialect may be asked besides.
    """
    wanted = {"eventIds": list(EVENTS), "eventSchemaVersion": 1, "referenceId": api.site.id, "webhookUrl": callback}
    made = _unwrapped(api.door.send("POST", "/subscriptions", wanted | more))
    try:
        number, key = id_text(reach(made, "subscriptionId")), reach(made, "messageSignatureKey")
    except ValueError as error:
        raise TryAgain("POST /subscriptions: the answer has no subscriptionId.", unknown=True) from error
    if not isinstance(key, str) or not key:
        raise TryAgain("POST /subscriptions: the answer has no messageSignatureKey.", unknown=True)
    resume(api, number)
    return number, key


def listed(api: Api) -> Sequence[Subscription]:
    """Every subscription of our key, with how many of its messages were given up."""
    given_up = {reach(item, "subscriptionId"): reach(item, "messagesFailed") for item in _items(api, "/metrics")}
    return [_subscription(item, given_up) for item in _items(api, "/subscriptions")]


def resume(api: Api, number: str) -> None:
    """Switch a subscription on. Its events are named each time: others have found them lost otherwise."""
    api.door.send("PATCH", f"/subscriptions/{number}", {"status": "Active", "eventIds": list(EVENTS)})


def delete(api: Api, number: str) -> None:
    """End a subscription; one that is gone already is gone."""
    try:
        api.door.send("DELETE", f"/subscriptions/{number}", None)
    except Rejected as error:
        if error.code != NOT_FOUND:
            raise


def _items(api: Api, path: str) -> list[Any]:
    found = reach(_unwrapped(api.door.get(path)), "items")
    if not isinstance(found, list):
        raise TryAgain(f"GET {path}: the answer has no list of items.")
    return found


def _subscription(item: Any, given_up: Mapping[Any, Any]) -> Subscription:
    try:
        number = id_text(reach(item, "subscriptionId"))
    except ValueError as error:
        raise TryAgain("GET /subscriptions: one has no subscriptionId.") from error
    status = str(reach(item, "status"))
    failed = given_up.get(number)
    return Subscription(
        id=number,
        callback=str(reach(item, "webhookUrl") or ""),
        state=_state(status),
        why=None if status == "Active" else WORDS.get(status, status),
        since=_instant(reach(item, "statusChangeDate")),
        given_up=failed if isinstance(failed, int) and not isinstance(failed, bool) else 0,
    )


def _state(status: str) -> SubscriptionState:
    """A word that nobody has heard of is taken as off: switching it on tells."""
    if status == "Active":
        return SubscriptionState.ACTIVE
    return SubscriptionState.ENDED if status == _ENDED else SubscriptionState.OFF


def _instant(given: Any) -> datetime | None:
    with suppress(ValueError):
        return None if given is None else read_instant(str(given), ZoneInfo("UTC"))
    return None


def _unwrapped(answer: Any) -> Any:
    """The documentation wraps an answer in ``value``, in life it comes bare."""
    wrapped = reach(answer, "value")
    return answer if wrapped is None else wrapped
