"""Webhooks out: subscriptions, signed deliveries, the retry clock.

At least once and in no promised order. A pump turns the market's events into deliveries and makes those that are due;
a background thread pumps by itself, a test pumps when it wants to. Routes are in api_webhook.py.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import requests

from connectors.sandbox.server.faults import Kind
from connectors.sandbox.server.shapes_event import is_gone, message_json

if TYPE_CHECKING:
    from connectors.sandbox.server.sandbox import Sandbox

SIGNATURE = "X-Mindbody-Signature"
ANSWER_WITHIN = 10.0  # seconds
PUMP_EVERY = 1.0  # seconds, of the background thread


class Status(StrEnum):
    """Of a subscription, in the platform's words."""

    PENDING = "PendingActivation"
    ACTIVE = "Active"
    OFF_BY_USER = "DeactivatedByUser"
    OFF_BY_FAILURES = "DeactivatedTooManyFailedMessageDeliveryAttempts"


@dataclass(kw_only=True)
class Subscription:
    """Which events go where. ``key`` signs them and is told once; without ``site_ids`` it is told of every site."""

    id: str
    url: str
    event_ids: tuple[str, ...]
    reference_id: str | None
    site_ids: frozenset[str]
    key: str
    created_at: datetime
    changed_at: datetime
    status: Status = Status.PENDING
    attempted: int = 0
    delivered: int = 0
    undelivered: int = 0
    failed: int = 0

    def wants(self, event_id: str, site_id: int) -> bool:
        """Whether it is to be told of such an event of this site now."""
        of_mine = not self.site_ids or str(site_id) in self.site_ids
        return self.status is Status.ACTIVE and event_id in self.event_ids and of_mine

    def turn(self, status: Status, now: datetime) -> None:
        """Switch it on or off. Failures are counted anew when it is switched on."""
        self.status, self.changed_at = status, now
        if status is Status.ACTIVE:
            self.failed = 0


@dataclass(kw_only=True)
class Delivery:
    """One message on its way to one subscription."""

    subscription: Subscription
    body: bytes
    due_at: datetime
    failures: int = 0


def signature(key: str, body: bytes) -> str:
    """The signature header's value: HMAC-SHA256 in base64, over the body as it is sent."""
    return "sha256=" + b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode("ascii")


def send_over_http(method: str, url: str, headers: Mapping[str, str], body: bytes) -> int | None:
    """The status that the receiver answers with; None where there is no answer."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            sent = session.request(
                method, url, headers=dict(headers), data=body, timeout=ANSWER_WITHIN, allow_redirects=False
            )
        except requests.RequestException:
            return None
        return sent.status_code


@dataclass
class Webhooks:
    """All subscriptions and what is under way to them."""

    sandbox: Sandbox
    send: Callable[[str, str, Mapping[str, str], bytes], int | None] = send_over_http
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    pending: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._pumping = threading.Lock()
        self._thread: threading.Thread | None = None

    def subscribe(
        self, url: str, event_ids: tuple[str, ...], reference_id: str | None, site_ids: Iterable[str] = ()
    ) -> Subscription | None:
        """A new subscription; None where the receiver does not answer a HEAD request with 2xx."""
        if not _ok(self.send("HEAD", url, {}, b"")):
            return None
        now = self.sandbox.now()
        made = Subscription(
            id=str(uuid.uuid4()),
            url=url,
            event_ids=event_ids,
            reference_id=reference_id,
            site_ids=frozenset(site_ids),
            key=secrets.token_urlsafe(32),
            created_at=now,
            changed_at=now,
        )
        self.subscriptions[made.id] = made
        return made

    def pump(self) -> int:
        """Take up the market's events and make the deliveries that are due; how many attempts were made."""
        with self._pumping:
            with self.sandbox.lock:
                self._take_up()
                now = self.sandbox.now()
                due = [delivery for delivery in self.pending if delivery.due_at <= now]
                self.pending = [delivery for delivery in self.pending if delivery.due_at > now]
            if len(due) > 1 and self.sandbox.faults.take(Kind.WEBHOOK_REORDER):
                due.reverse()
            for delivery in due:
                self._attempt(delivery)
            return len(due)

    def _take_up(self) -> None:
        now = self.sandbox.now()
        for event in self.sandbox.world.drain():
            takers = [s for s in list(self.subscriptions.values()) if s.wants(event.kind, event.site_id)]
            site = self.sandbox.site(event.site_id)
            if not takers or site is None or self.sandbox.revoked(site.id) or is_gone(site, event):
                continue
            body = json.dumps(message_json(site, event), separators=(",", ":")).encode()
            late = self.sandbox.faults.take(Kind.WEBHOOK_LATE)
            due_at = now + timedelta(seconds=late.seconds if late else 0)
            self.pending += [Delivery(subscription=taker, body=body, due_at=due_at) for taker in takers]

    def _attempt(self, delivery: Delivery) -> None:
        subscription = delivery.subscription
        if subscription.status is not Status.ACTIVE or self.sandbox.faults.take(Kind.WEBHOOK_LOST):
            return
        headers = {"Content-Type": "application/json", SIGNATURE: signature(subscription.key, delivery.body)}
        for _ in range(2 if self.sandbox.faults.take(Kind.WEBHOOK_DUPLICATE) else 1):
            subscription.attempted += 1
            status = self.send("POST", subscription.url, headers, delivery.body)
        if _ok(status):
            subscription.delivered += 1
        else:
            self._again(delivery)

    def _again(self, delivery: Delivery) -> None:
        """Put a failed delivery back on the clock, or give it up."""
        subscription, options, now = delivery.subscription, self.sandbox.options, self.sandbox.now()
        subscription.undelivered += 1
        if delivery.failures < len(options.retry_waits):
            delivery.due_at = now + options.retry_waits[delivery.failures]
            delivery.failures += 1
            with self.sandbox.lock:
                self.pending.append(delivery)
            return
        subscription.failed += 1
        if subscription.failed >= options.webhook_give_up_after:
            subscription.turn(Status.OFF_BY_FAILURES, now)

    def start(self) -> None:
        """Pump in the background until ``stop``."""
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread, if there is one."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=ANSWER_WITHIN)

    def _run(self) -> None:
        while not self._stopped.wait(PUMP_EVERY):
            self.pump()


def _ok(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
