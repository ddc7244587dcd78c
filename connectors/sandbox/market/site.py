"""One studio's site: what may be asked of its books.

Knows how records hang together; knows nothing of demand, prices or time passing.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connectors.sandbox.market.books import Books
from connectors.sandbox.market.state import (
    ClassInstance,
    Client,
    ClientService,
    Sale,
    Seller,
    Visit,
    WaitlistEntry,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many clients a class has, as the platform counts them."""

    booked: int
    web_booked: int
    signed_in: int
    waitlisted: int


class Site(Books):
    """A tenant of the platform."""

    def classes_between(self, first: date, last: date) -> list[ClassInstance]:
        """Classes that start on the local days from ``first`` to ``last``, both included, by start."""
        days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
        found = [self.classes[number] for day in days for number in self._classes_on.get(day, ())]
        return sorted(found, key=lambda item: (item.starts_at, item.id))

    def classes_of(self, schedule_id: int) -> list[ClassInstance]:
        """The instances of a recurring block."""
        return [self.classes[number] for number in self._classes_of.get(schedule_id, ())]

    def visits_of(self, class_id: int) -> list[Visit]:
        """Every booking ever made in a class, cancelled ones too."""
        return [self.visits[number] for number in self._visits_of.get(class_id, ())]

    def roster(self, class_id: int) -> list[Visit]:
        """What the platform shows on a class's roster: all but early cancellations."""
        return [visit for visit in self.visits_of(class_id) if visit.on_roster]

    def visits_by(self, client_id: int) -> list[Visit]:
        """Every booking of a client."""
        return [self.visits[number] for number in self._visits_by.get(client_id, ())]

    def waiting_for(self, class_id: int) -> list[WaitlistEntry]:
        """Who waits for a place in a class, first come first."""
        entries = (self.waitlist[number] for number in self._waiting_for.get(class_id, ()))
        return [entry for entry in entries if entry.removed_at is None]

    def services_of(self, client_id: int) -> list[ClientService]:
        """What a client has bought."""
        return [self.services[number] for number in self._services_of.get(client_id, ())]

    def client_by_text(self, text_id: str) -> Client | None:
        """The client that has this text id now."""
        number = self._client_by_text.get(text_id)
        return None if number is None else self.clients[number]

    def clients_modified_since(self, instant: datetime) -> list[Client]:
        """Clients changed at or after an instant, oldest change first."""
        start = bisect_left(self._clients_modified, (instant, 0))
        return [self.clients[number] for _, number in self._clients_modified[start:]]

    def sales_between(self, start: datetime, end: datetime) -> list[Sale]:
        """Sales from ``start`` (included) to ``end`` (excluded), in order of time."""
        first = bisect_left(self._sales_by_time, (start, 0))
        last = bisect_left(self._sales_by_time, (end, 0))
        return [self.sales[number] for _, number in self._sales_by_time[first:last]]

    def counts(self, class_id: int) -> Counts:
        """How many clients a class has."""
        booked, web = self._taken.get(class_id, (0, 0))
        signed_in = sum(visit.signed_in for visit in self.visits_of(class_id) if visit.active)
        return Counts(booked, web, signed_in, len(self.waiting_for(class_id)))

    def booked(self, class_id: int) -> int:
        """Places taken in a class."""
        return self._taken.get(class_id, (0, 0))[0]

    def holds(self, class_id: int, client_id: int) -> bool:
        """Whether a client has a place in a class."""
        return (class_id, client_id) in self._holding

    def has_place(self, item: ClassInstance, *, web: bool) -> bool:
        """Whether one more client fits into a class, online or at the desk."""
        booked, online = self._taken.get(item.id, (0, 0))
        fits = item.max_capacity is None or booked < item.max_capacity
        return fits and (not web or item.web_capacity is None or online < item.web_capacity)

    def free_places(self, class_id: int) -> int | None:
        """Places that can still be booked; None where the class has no capacity of its own."""
        capacity = self.classes[class_id].max_capacity
        return None if capacity is None else max(0, capacity - self.booked(class_id))

    def sold_by(self, class_id: int, seller: Seller, *, premium: bool | None = None) -> int:
        """Active reservations in a class through one seller."""
        visits = (visit for visit in self.visits_of(class_id) if visit.active and self.seller_of(visit) is seller)
        return sum(premium is None or visit.premium is premium for visit in visits)

    def seller_of(self, visit: Visit) -> Seller:
        """Who sold what paid for a visit; a visit without a pricing option was made at the studio."""
        return Seller.STUDIO if visit.product_id is None else self.options[visit.product_id].seller
