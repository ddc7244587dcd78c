"""Subscriptions to events. Knows the subscriptions API, which has an address of its own and asks for our key alone."""

from __future__ import annotations

from typing import Any

from connectors.errors import TryAgain
from connectors.fields import id_text, reach
from connectors.mindbody.webhooks import EVENTS
from connectors.platform import Api


def subscribe(api: Api, callback: str) -> tuple[str, str]:
    """Subscribe to all events that we understand; the answer is the subscription's id and the key that it signs with.

    ``api`` is open at the subscriptions API. The platform looks whether ``callback`` answers before it agrees.
    """
    wanted = {"eventIds": list(EVENTS), "eventSchemaVersion": 1, "referenceId": api.site.id, "webhookUrl": callback}
    made = _unwrapped(api.door.send("POST", "/subscriptions", wanted))
    try:
        number, key = id_text(reach(made, "subscriptionId")), reach(made, "messageSignatureKey")
    except ValueError as error:
        raise TryAgain("POST /subscriptions: the answer has no subscriptionId.", unknown=True) from error
    if not isinstance(key, str) or not key:
        raise TryAgain("POST /subscriptions: the answer has no messageSignatureKey.", unknown=True)
    api.door.send("PATCH", f"/subscriptions/{number}", {"status": "Active", "eventIds": list(EVENTS)})
    return number, key


def _unwrapped(answer: Any) -> Any:
    """The documentation wraps an answer in ``value``, in life it comes bare."""
    wrapped = reach(answer, "value")
    return answer if wrapped is None else wrapped
