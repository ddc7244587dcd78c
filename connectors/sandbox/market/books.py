"""The books of one studio's site: its records, and the indexes that make a request cheap.

Knows how records come in and change; what may be asked of them is in ``site``. Every record comes in through an
``add_…`` method and every change of a key goes through a method here, so the indexes cannot drift.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.sandbox.market.state import (
    ClassDescription,
    ClassInstance,
    ClassSchedule,
    Client,
    ClientService,
    Location,
    Offer,
    PricingOption,
    Program,
    Sale,
    SessionType,
    Staff,
    Visit,
    WaitlistEntry,
)

FIRST_ID = {
    "class": 20_001,
    "visit": 500_001,
    "client": 100_000_001,
    "service": 90_001,
    "sale": 30_001,
    "item": 70_001,
    "waiting": 4_001,
}
"""Where the numbering of each kind of record begins. Kinds count apart: one more visit renumbers no class."""


def _none_taken() -> list[int]:
    return [0, 0]


@dataclass(kw_only=True)
class Books:
    """What a tenant of the platform has in writing. ``now`` is how far it has been written."""

    id: int
    name: str
    timezone: str  # IANA
    currency: str  # ISO 4217
    country: str  # ISO 3166 alpha-2
    tax_rate: Decimal
    now: datetime
    locations: dict[int, Location] = field(default_factory=dict)
    staff: dict[int, Staff] = field(default_factory=dict)
    programs: dict[int, Program] = field(default_factory=dict)
    session_types: dict[int, SessionType] = field(default_factory=dict)
    descriptions: dict[int, ClassDescription] = field(default_factory=dict)
    schedules: dict[int, ClassSchedule] = field(default_factory=dict)
    options: dict[int, PricingOption] = field(default_factory=dict)  # by product id
    classes: dict[int, ClassInstance] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    waitlist: dict[int, WaitlistEntry] = field(default_factory=dict)
    clients: dict[int, Client] = field(default_factory=dict)  # by unique id
    services: dict[int, ClientService] = field(default_factory=dict)
    sales: dict[int, Sale] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)  # by class id
    _classes_on: dict[date, list[int]] = field(default_factory=lambda: defaultdict(list))
    _classes_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _visits_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _visits_by: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _taken: dict[int, list[int]] = field(default_factory=lambda: defaultdict(_none_taken))  # all, online
    _holding: set[tuple[int, int]] = field(default_factory=set)  # class and client of active visits
    _waiting_for: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _services_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _client_by_text: dict[str, int] = field(default_factory=dict)
    _clients_modified: list[tuple[datetime, int]] = field(default_factory=list)
    _sales_by_time: list[tuple[datetime, int]] = field(default_factory=list)
    _last_id: dict[str, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site's clock."""
        return ZoneInfo(self.timezone)

    def next_id(self, kind: str) -> int:
        """The next number of a kind of record. Every site starts at the same ones, so ids collide between sites."""
        number = self._last_id.get(kind, FIRST_ID[kind] - 1) + 1
        self._last_id[kind] = number
        return number

    # What comes in

    def add_class(self, item: ClassInstance) -> None:
        """Enter a class."""
        self.classes[item.id] = item
        insort(self._classes_on[item.starts_local.date()], item.id)
        self._classes_of[item.schedule_id].append(item.id)

    def add_visit(self, visit: Visit) -> None:
        """Enter a booking."""
        self.visits[visit.id] = visit
        self._visits_of[visit.class_id].append(visit.id)
        self._visits_by[visit.client_id].append(visit.id)
        self._count(visit, 1)

    def add_waiting(self, entry: WaitlistEntry) -> None:
        """Put a client on a class's waiting list."""
        self.waitlist[entry.id] = entry
        self._waiting_for[entry.class_id].append(entry.id)

    def add_client(self, client: Client) -> None:
        """Enter a client."""
        self.clients[client.unique_id] = client
        self._client_by_text[client.id] = client.unique_id
        insort(self._clients_modified, (client.last_modified, client.unique_id))

    def add_service(self, service: ClientService) -> None:
        """Enter a client's purchase."""
        self.services[service.id] = service
        self._services_of[service.client_id].append(service.id)

    def add_sale(self, sale: Sale) -> None:
        """Enter a sale."""
        self.sales[sale.id] = sale
        insort(self._sales_by_time, (sale.sold_at, sale.id))

    # What changes

    def touch_client(self, client: Client, at: datetime, *, text_id: str | None = None) -> None:
        """Note that a client changed, and give it another text id where one is given."""
        index = bisect_left(self._clients_modified, (client.last_modified, client.unique_id))
        del self._clients_modified[index]
        client.last_modified = at
        insort(self._clients_modified, (at, client.unique_id))
        if text_id is not None:
            del self._client_by_text[client.id]
            client.id = text_id
            self._client_by_text[text_id] = client.unique_id

    def release_visit(self, visit: Visit, at: datetime, *, late: bool) -> None:
        """Note that a booking was cancelled: its place is free."""
        self._count(visit, -1)
        visit.cancelled_at = visit.last_modified = at
        visit.late_cancelled = late

    def restore_visit(self, visit: Visit, at: datetime) -> None:
        """Undo a cancellation: the booking takes its place again."""
        visit.cancelled_at, visit.late_cancelled, visit.last_modified = None, False, at
        self._count(visit, 1)

    def move_class(self, item: ClassInstance, starts_at: datetime, at: datetime) -> None:
        """Hold a class at another time; its length stays."""
        self._classes_on[item.starts_local.date()].remove(item.id)
        length = item.ends_at - item.starts_at
        item.starts_at, item.ends_at, item.last_modified = starts_at, starts_at + length, at
        item.starts_local = self.local(starts_at)
        item.ends_local = self.local(item.ends_at)
        insort(self._classes_on[item.starts_local.date()], item.id)

    def move_visit(self, visit: Visit, class_id: int, at: datetime) -> None:
        """Give a booking a place in another class; it stays the same booking."""
        self._count(visit, -1)
        self._visits_of[visit.class_id].remove(visit.id)
        visit.class_id, visit.last_modified = class_id, at
        self._visits_of[class_id].append(visit.id)
        self._count(visit, 1)

    def reassign_visits(self, source: int, target: int, at: datetime) -> None:
        """Give all that one client has to another (a merger)."""
        for visit_id in self._visits_by.pop(source, []):
            visit = self.visits[visit_id]
            self._holding.discard((visit.class_id, source))
            visit.client_id, visit.last_modified = target, at
            self._visits_by[target].append(visit_id)
            if visit.active:
                self._holding.add((visit.class_id, target))
        for service_id in self._services_of.pop(source, []):
            self.services[service_id].client_id = target
            self._services_of[target].append(service_id)
        for entry in self.waitlist.values():
            if entry.client_id == source:
                entry.client_id = target
        for sale in self.sales.values():
            if sale.client_id == source:
                sale.client_id = target

    def remove_class(self, class_id: int) -> None:
        """Take a class out of the books altogether, as a cut series loses its instances; its visits stay unread."""
        item = self.classes.pop(class_id)
        self._classes_on[item.starts_local.date()].remove(class_id)
        self._classes_of[item.schedule_id].remove(class_id)
        self.offers.pop(class_id, None)

    def remove_visit(self, visit_id: int) -> None:
        """Take a standing booking out of the books altogether, as if it had never been made: nobody is told."""
        visit = self.visits.pop(visit_id)
        self._visits_of[visit.class_id].remove(visit_id)
        self._visits_by[visit.client_id].remove(visit_id)
        self._count(visit, -1)

    def local(self, instant: datetime) -> datetime:
        """The naive time on the site's clock at an instant."""
        return instant.astimezone(self.zone).replace(tzinfo=None)

    def _count(self, visit: Visit, by: int) -> None:
        taken = self._taken[visit.class_id]
        taken[0] += by
        taken[1] += by if visit.web_signup else 0
        (self._holding.add if by > 0 else self._holding.discard)((visit.class_id, visit.client_id))
