"""The studio's front desk and its booking rules: the only place where bookings are made, cancelled and signed in.

Knows places, waiting lists, late cancellations and how a visit is paid; tells what it did as events. Knows nothing of
why a client comes. A refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.market.events import EventKind
from connectors.sandbox.market.people import Habit
from connectors.sandbox.market.prices import MARKET_PASS, Till
from connectors.sandbox.market.refusals import Reason, Refused
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClassInstance, ClientService, Sale, Visit, WaitlistEntry

Emit = Callable[..., None]
"""Called with the kind, the instant and the ids of what happened."""


def _nobody_minds(entry: WaitlistEntry, visit: Visit) -> None:
    """Nobody wants to know who came up from a waiting list."""


class Desk:
    """Books, cancels and signs in at one site."""

    def __init__(self, site: Site, emit: Emit) -> None:
        self.site = site
        self.till = Till(site)
        self._emit = emit
        self.on_promoted: Callable[[WaitlistEntry, Visit], None] = _nobody_minds

    def open_class(self, class_id: int, at: datetime) -> ClassInstance:
        """The class, if it can be booked at all at this instant."""
        item = self.site.classes.get(class_id)
        if item is None:
            raise Refused(Reason.UNKNOWN_CLASS, f"class {class_id} does not exist")
        if item.cancelled:
            raise Refused(Reason.CLASS_CANCELLED, f"class {class_id} is cancelled")
        if item.starts_at <= at:
            raise Refused(Reason.CLASS_STARTED, f"class {class_id} has started")
        return item

    def book(
        self,
        class_id: int,
        client_id: int,
        at: datetime,
        *,
        web: bool,
        habit: Habit | None,
        newcomer: bool = False,
        overbook: bool = False,
    ) -> Visit:
        """Book a client in, paid by their habit; without one nobody pays (a comped visit)."""
        item = self._admit(class_id, client_id, at)
        if not overbook and not self.site.has_place(item, web=web):
            raise Refused(Reason.CLASS_FULL, f"class {class_id} is full")
        service, sale = None, None
        if habit is not None:
            service, sale = self.till.pay(client_id, habit, at, newcomer=newcomer)
        return self._enter(item, client_id, at, web=web, service=service, sale=sale)

    def book_market(
        self,
        class_id: int,
        client_id: int,
        at: datetime,
        *,
        rate: Decimal,
        premium: bool,
        overbook: bool = False,
    ) -> Visit:
        """Book a marketplace user in, through the marketplace's pricing option."""
        item = self._admit(class_id, client_id, at)
        if not overbook and not self.site.has_place(item, web=True):
            raise Refused(Reason.CLASS_FULL, f"class {class_id} is full")
        service, _ = self.till.sell_and_use(client_id, MARKET_PASS, at)
        return self._enter(item, client_id, at, web=True, service=service, sale=None, rate=rate, premium=premium)

    def wait(self, class_id: int, client_id: int, at: datetime, *, web: bool = True) -> WaitlistEntry:
        """Put a client on the waiting list."""
        item = self._admit(class_id, client_id, at)
        waiting = self.site.waiting_for(class_id)
        if any(entry.client_id == client_id for entry in waiting):
            raise Refused(Reason.ALREADY_BOOKED, "the client is on the waiting list already")
        if len(waiting) >= item.waitlist_capacity:
            raise Refused(Reason.WAITLIST_FULL, f"the waiting list of class {class_id} is full")
        entry = WaitlistEntry(
            id=self.site.next_id("waiting"), class_id=class_id, client_id=client_id, requested_at=at, web=web
        )
        self.site.add_waiting(entry)
        self._tell(EventKind.WAITLIST_CREATED, at, entry.class_id, client_id, waitlist_entry_id=entry.id)
        return entry

    def stop_waiting(self, entry_id: int, at: datetime) -> None:
        """Take a client off the waiting list."""
        entry = self.site.waitlist[entry_id]
        entry.removed_at = at
        self._tell(EventKind.WAITLIST_CANCELLED, at, entry.class_id, entry.client_id, waitlist_entry_id=entry_id)

    def cancel(self, visit_id: int, at: datetime, *, late: bool | None = None) -> Visit:
        """Cancel a booking; late by the program's rule unless told. The first who waits moves up."""
        visit = self.site.visits.get(visit_id)
        if visit is None:
            raise Refused(Reason.UNKNOWN_VISIT, f"visit {visit_id} does not exist")
        if not visit.active:
            raise Refused(Reason.NOT_BOOKED, f"visit {visit_id} is cancelled already")
        item = self.site.classes.get(visit.class_id)
        if item is None:
            raise Refused(Reason.UNKNOWN_CLASS, f"class {visit.class_id} does not exist any more")
        self._release(visit, at, late=self._is_late(item, at) if late is None else late)
        self.promote(visit.class_id, at)
        return visit

    def undo_late_cancel(self, visit: Visit, at: datetime) -> None:
        """Let a late cancellation not have been one, if the place is still free."""
        item = self.open_class(visit.class_id, at)
        if not visit.late_cancelled:
            raise Refused(Reason.NOT_BOOKED, f"visit {visit.id} is not cancelled late")
        if self.site.holds(item.id, visit.client_id):
            raise Refused(Reason.ALREADY_BOOKED, f"the client is booked in class {item.id} again")
        if not self.site.has_place(item, web=False):
            raise Refused(Reason.CLASS_FULL, f"class {item.id} is full")
        self.site.restore_visit(visit, at)
        self._no_longer_waits(visit, at)
        self._tell_visit(EventKind.BOOKING_STATUS, visit, at)

    def cancel_class(self, class_id: int, at: datetime) -> None:
        """Cancel a class; everybody who was booked or waiting is let go, and passes are given back."""
        item = self.open_class(class_id, at)
        item.cancelled, item.last_modified = True, at
        for visit in self.site.visits_of(class_id):
            if visit.active:
                self._release(visit, at, late=False)
        for entry in self.site.waiting_for(class_id):
            self.stop_waiting(entry.id, at)
        self.tell_class(item, at)

    def promote(self, class_id: int, at: datetime) -> None:
        """Give free places to those who wait, first come first."""
        item = self.site.classes[class_id]
        if item.cancelled or item.starts_at <= at:
            return
        for entry in self.site.waiting_for(class_id):
            if not self.site.has_place(item, web=False):
                return
            entry.removed_at = at
            visit = self._enter(item, entry.client_id, at, web=entry.web, service=None, sale=None, entry=entry)
            entry.visit_id = visit.id
            self.on_promoted(entry, visit)

    def finish_class(self, class_id: int, at: datetime, stayed_away: Callable[[Visit], bool], *, mark: bool) -> None:
        """Sign in who came and, where the studio does so, mark who did not."""
        for visit in self.site.visits_of(class_id):
            if visit.active and not visit.signed_in and not visit.missed:
                self.mark(visit, at, came=not stayed_away(visit), mark_missed=mark)
        for entry in self.site.waiting_for(class_id):
            self.stop_waiting(entry.id, at)

    def mark(self, visit: Visit, at: datetime, *, came: bool, mark_missed: bool = True) -> None:
        """Write into the roster whether a client came."""
        if not came and not mark_missed:
            return
        visit.signed_in, visit.missed, visit.last_modified = came, not came, at
        self._tell_visit(EventKind.BOOKING_STATUS, visit, at, status="SignedIn" if came else "Missed")

    def tell(self, kind: EventKind, at: datetime, **ids: Any) -> None:
        """Say what happened to the records with these ids."""
        self._emit(kind, at, **ids)

    def tell_class(self, item: ClassInstance, at: datetime) -> None:
        """Say that a class was changed."""
        self._emit(EventKind.CLASS_UPDATED, at, class_id=item.id, schedule_id=item.schedule_id)

    def _admit(self, class_id: int, client_id: int, at: datetime) -> ClassInstance:
        item = self.open_class(class_id, at)
        if client_id not in self.site.clients:
            raise Refused(Reason.UNKNOWN_CLIENT, f"client {client_id} does not exist")
        if self.site.holds(class_id, client_id):
            raise Refused(Reason.ALREADY_BOOKED, f"the client is booked in class {class_id} already")
        return item

    def _enter(
        self,
        item: ClassInstance,
        client_id: int,
        at: datetime,
        *,
        web: bool,
        service: ClientService | None,
        sale: Sale | None,
        rate: Decimal | None = None,
        premium: bool = False,
        entry: WaitlistEntry | None = None,
    ) -> Visit:
        visit = Visit(
            id=self.site.next_id("visit"),
            class_id=item.id,
            client_id=client_id,
            booked_at=at,
            web_signup=web,
            last_modified=at,
            product_id=service.product_id if service else None,
            client_service_id=service.id if service else None,
            waitlist_entry_id=entry.id if entry else None,
            rate=rate,
            premium=premium,
        )
        self.site.add_visit(visit)
        self._no_longer_waits(visit, at)
        if sale is not None:
            self._emit(EventKind.SALE_CREATED, at, client_id=client_id, sale_id=sale.id)
        self._tell_visit(EventKind.BOOKING_CREATED, visit, at)
        return visit

    def _no_longer_waits(self, visit: Visit, at: datetime) -> None:
        for entry in self.site.waiting_for(visit.class_id):
            if entry.client_id == visit.client_id:
                self.stop_waiting(entry.id, at)

    def _is_late(self, item: ClassInstance, at: datetime) -> bool:
        kind = self.site.session_types[self.site.descriptions[item.description_id].session_type_id]
        offset = self.site.programs[kind.program_id].cancel_offset
        return item.starts_at - at < timedelta(minutes=offset)

    def _release(self, visit: Visit, at: datetime, *, late: bool) -> None:
        self.site.release_visit(visit, at, late=late)
        if late:
            self._tell_visit(EventKind.BOOKING_STATUS, visit, at, status="LateCancelled")
            return
        if visit.client_service_id is not None:
            self.till.give_back(visit.client_service_id)
        self._tell_visit(EventKind.BOOKING_CANCELLED, visit, at, status="EarlyCancelled")

    def _tell_visit(self, kind: EventKind, visit: Visit, at: datetime, status: str | None = None) -> None:
        self._tell(kind, at, visit.class_id, visit.client_id, visit_id=visit.id, status=status)

    def _tell(self, kind: EventKind, at: datetime, class_id: int, client_id: int, **more: Any) -> None:
        self._emit(kind, at, class_id=class_id, client_id=client_id, **more)
