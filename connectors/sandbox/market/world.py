"""The sandbox's world: some studios whose markets live on as the clock moves, and the doors to their books.

Everything happens under one lock, which the server takes too while it reads. Deterministic: the same seed, studios,
clock and calls give the same books. There is no clock here; ``advance`` is told the time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from connectors.sandbox.market import changes
from connectors.sandbox.market.demand import ClassPlan
from connectors.sandbox.market.events import Event, EventKind
from connectors.sandbox.market.living import Living
from connectors.sandbox.market.offers import Terms as Terms
from connectors.sandbox.market.offers import hold_offer
from connectors.sandbox.market.people import Habit
from connectors.sandbox.market.plans import StudioPlan
from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, Client, Offer, Visit, WaitlistEntry
from connectors.sandbox.market.studios import demo_studios, small_studio
from connectors.sandbox.market.truth import Truth


class World:
    """Studios at a platform, and their markets."""

    def __init__(
        self, seed: int, now: datetime, studios: Sequence[StudioPlan] | None = None, *, marketplace: bool = True
    ) -> None:
        """Build the past up to ``now``. Without ``marketplace`` no user of it ever comes: the counterfactual."""
        self.lock = threading.RLock()
        self.now = now
        self._events: list[Event] = []
        self._told = 0
        self._heard = False
        self._living: dict[int, Living] = {}
        for plan in demo_studios() if studios is None else studios:
            self._living[plan.site] = Living(seed, plan, now, partial(self._tell, plan.site), marketplace=marketplace)
        for living in self._living.values():
            living.advance(now)
        self._heard = True  # of the past, nobody had asked to be told

    @property
    def sites(self) -> dict[int, Site]:
        """The sites by id."""
        return {number: living.site for number, living in self._living.items()}

    def site(self, site_id: int) -> Site:
        """A site's books; ``Refused`` where there is no such site."""
        return self._of(site_id).site

    def truth(self, site_id: int) -> Truth:
        """What no platform knows of a site's market."""
        return self._of(site_id).truth

    def arrivals(self, site_id: int, class_id: int) -> ClassPlan:
        """All who will ever want a place in a class: for evaluation, not for any platform's eyes."""
        return self._of(site_id).arrivals(class_id)

    def advance(self, now: datetime) -> None:
        """Let time pass up to ``now``; an earlier instant changes nothing."""
        with self.lock:
            if now > self.now:
                for living in self._living.values():
                    living.advance(now)
                self.now = now

    def drain(self) -> list[Event]:
        """What has happened since the last call, as it was written."""
        with self.lock:
            events, self._events = self._events, []
            return events

    # Bookings

    def book(
        self,
        site_id: int,
        class_id: int,
        client_id: int,
        *,
        web: bool = True,
        habit: Habit | None = Habit.DROP_IN,
        overbook: bool = False,
    ) -> Visit:
        """Book a client in now; ``overbook`` lets staff go past the capacity. Raises ``Refused``."""
        with self.lock:
            return self._of(site_id).desk.book(class_id, client_id, self.now, web=web, habit=habit, overbook=overbook)

    def book_guest(
        self, site_id: int, class_id: int, first: str, last: str, email: str, *, rate: Decimal, premium: bool = False
    ) -> Visit:
        """Book somebody whom the marketplace names, as a client of their own. Raises ``Refused``."""
        with self.lock:
            living = self._of(site_id)
            living.desk.open_class(class_id, self.now)
            if not living.site.has_place(living.site.classes[class_id], web=True):
                raise Refused(Reason.CLASS_FULL, f"class {class_id} is full")
            client = living.crowd.enter(first, last, email, self.now)
            return living.desk.book_market(class_id, client.unique_id, self.now, rate=rate, premium=premium)

    def cancel(self, site_id: int, visit_id: int, *, late: bool | None = None) -> Visit:
        """Cancel a booking now; late by the studio's rule unless told. Raises ``Refused``."""
        with self.lock:
            return self._of(site_id).desk.cancel(visit_id, self.now, late=late)

    def undo_late_cancel(self, site_id: int, visit_id: int) -> Visit:
        """Let a late cancellation not have been one. Raises ``Refused``."""
        with self.lock:
            visit = self._visit(site_id, visit_id)
            self._of(site_id).desk.undo_late_cancel(visit, self.now)
            return visit

    def mark(self, site_id: int, visit_id: int, *, came: bool) -> Visit:
        """Sign a client in, or mark that they did not come."""
        with self.lock:
            visit = self._visit(site_id, visit_id)
            self._of(site_id).desk.mark(visit, self.now, came=came)
            return visit

    def join_waitlist(self, site_id: int, class_id: int, client_id: int, *, web: bool = True) -> WaitlistEntry:
        """Put a client on a class's waiting list."""
        with self.lock:
            return self._of(site_id).desk.wait(class_id, client_id, self.now, web=web)

    def leave_waitlist(self, site_id: int, entry_id: int) -> None:
        """Take a client off a waiting list; unknown entries are left alone."""
        with self.lock:
            living = self._of(site_id)
            entry = living.site.waitlist.get(entry_id)
            if entry is not None and entry.removed_at is None:
                living.desk.stop_waiting(entry_id, self.now)

    # Clients

    def enter_client(self, site_id: int, first_name: str, last_name: str, email: str | None) -> Client:
        """Enter a client in the books."""
        with self.lock:
            return self._of(site_id).crowd.enter(first_name, last_name, email, self.now)

    def change_client(self, site_id: int, client_id: int, *, email: str | None, text_id: str | None = None) -> Client:
        """Give a client another address, and another text id where one is given."""
        with self.lock:
            living = self._of(site_id)
            client = living.site.clients.get(client_id)
            if client is None:
                raise Refused(Reason.UNKNOWN_CLIENT, f"client {client_id} does not exist")
            client.email = email
            living.site.touch_client(client, self.now, text_id=text_id)
            living.desk.tell(EventKind.CLIENT_UPDATED, self.now, client_id=client_id)
            return client

    def merge(self, site_id: int, kept: int, removed: int) -> None:
        """Make one client of two."""
        with self.lock:
            living = self._of(site_id)
            if not {kept, removed} <= living.site.clients.keys() or kept == removed:
                raise Refused(Reason.UNKNOWN_CLIENT, f"clients {kept} and {removed} cannot be merged")
            living.crowd.merge(kept, removed, self.now)

    # Classes

    def cancel_class(self, site_id: int, class_id: int) -> None:
        """Cancel a class and let everybody in it go."""
        with self.lock:
            self._of(site_id).desk.cancel_class(class_id, self.now)

    def substitute(self, site_id: int, class_id: int, staff_id: int) -> ClassInstance:
        """Let another teacher give a class."""
        with self.lock:
            return changes.substitute(self._of(site_id).desk, class_id, staff_id, self.now)

    def move_class(self, site_id: int, class_id: int, starts_at: datetime) -> ClassInstance:
        """Hold a class at another time."""
        with self.lock:
            return changes.move(self._of(site_id).desk, class_id, starts_at, self.now)

    def set_capacity(
        self, site_id: int, class_id: int, *, max_capacity: int | None, web_capacity: int | None
    ) -> ClassInstance:
        """Give one class other capacities. Cut below what is booked, the bookings stay and nobody else gets in."""
        with self.lock:
            return changes.resize(self._of(site_id).desk, class_id, max_capacity, web_capacity, self.now)

    def cut_schedule(self, site_id: int, schedule_id: int, first: date, last: date) -> list[int]:
        """Give a recurring block another range of dates: coming classes outside it are gone. Returns their ids."""
        with self.lock:
            return changes.cut_schedule(self._of(site_id).desk, schedule_id, first, last, self.now)

    # The marketplace

    def set_offer(self, site_id: int, class_id: int, terms: Terms) -> Offer:
        """Hold an offer for a class. Raises ``Refused``: unknown class, stale sequence, or terms without sense."""
        with self.lock:
            return hold_offer(self._of(site_id).site, class_id, terms, self.now)

    def offer(self, site_id: int, class_id: int) -> Offer | None:
        """The offer held for a class."""
        return self._of(site_id).site.offers.get(class_id)

    def _of(self, site_id: int) -> Living:
        living = self._living.get(site_id)
        if living is None:
            raise Refused(Reason.UNKNOWN_SITE, f"site {site_id} does not exist")
        return living

    def _visit(self, site_id: int, visit_id: int) -> Visit:
        visit = self._of(site_id).site.visits.get(visit_id)
        if visit is None:
            raise Refused(Reason.UNKNOWN_VISIT, f"visit {visit_id} does not exist")
        return visit

    def _tell(self, site_id: int, kind: EventKind, at: datetime, **ids: Any) -> None:
        if self._heard:
            self._told += 1
            self._events.append(Event(number=self._told, site_id=site_id, kind=kind, at=at, **ids))

    def __getstate__(self) -> dict[str, Any]:
        """All of it but the lock: a copy has its own."""
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy lives on by itself."""
        vars(self).update(state, lock=threading.RLock())


def small_world(now: datetime, *, seed: int = 7, marketplace: bool = True) -> World:
    """One small studio, for tests."""
    return World(seed, now, (small_studio(),), marketplace=marketplace)
