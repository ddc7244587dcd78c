"""How persons become clients in a studio's books: on their first booking, sometimes twice, merged in time.

Knows which client a person or a marketplace user is; knows nothing of demand.
"""

from __future__ import annotations

from datetime import datetime

from connectors.sandbox.market.desk import Emit
from connectors.sandbox.market.events import EventKind
from connectors.sandbox.market.people import People, Users
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import Client


class Crowd:
    """The clients of one site, and who they are."""

    def __init__(self, site: Site, people: People, users: Users, emit: Emit) -> None:
        self._site = site
        self._people = people
        self._users = users
        self._emit = emit
        self._by_person: dict[int, int] = {}
        self._by_user: dict[int, int] = {}
        self._twins: list[tuple[int, int]] = []  # the same person twice: (kept, to be merged away)

    def client_of_person(self, person: int, at: datetime) -> tuple[int, bool]:
        """The client that a direct client is, entered now if this is their first booking; and whether it is."""
        known = self._by_person.get(person)
        if known is not None:
            return self.current(known), False
        people = self._people
        client = self.enter(people.first[person], people.last[person], people.email[person], at)
        self._by_person[person] = client.unique_id
        return client.unique_id, True

    def client_of_user(self, user: int, at: datetime) -> tuple[int, bool]:
        """The client that a marketplace user is, and whether this is the first the studio sees of them."""
        known = self._by_user.get(user)
        if known is not None:
            return self.current(known), False
        person = self._users.known_as[user]
        held = None if person is None else self._by_person.get(person)
        if held is not None and self._users.same_record[user]:
            self._by_user[user] = held
            return self.current(held), False
        client = self.enter(self._users.first[user], self._users.last[user], self._users.email[user], at)
        self._by_user[user] = client.unique_id
        if held is not None:
            self._twins.append((held, client.unique_id))
        return client.unique_id, held is None

    def enter(self, first: str, last: str, email: str | None, at: datetime) -> Client:
        """Enter a client in the studio's books."""
        number = self._site.next_id("client")
        client = Client(
            unique_id=number,
            id=f"{number - 100_000_000:07d}",
            first_name=first,
            last_name=last,
            email=email,
            created_at=at,
            last_modified=at,
        )
        self._site.add_client(client)
        self._emit(EventKind.CLIENT_CREATED, at, client_id=number)
        return client

    def guest(self, at: datetime) -> int:
        """A client whom the desk enters by first name only, because the name given is in the class already."""
        return self.enter("Guest", "", None, at).unique_id

    def merge_twins(self, at: datetime) -> None:
        """Let the studio notice a person that it has twice in its books, if there is one."""
        if self._twins:
            self.merge(*self._twins.pop(0), at)

    def merge(self, kept: int, removed: int, at: datetime) -> None:
        """Make one client of two; the removed one keeps its record, inactive, and nothing points at it any more."""
        kept, gone = self.current(kept), self._site.clients[removed]
        self._site.reassign_visits(removed, kept, at)
        gone.active, gone.merged_into, gone.status = False, kept, "Terminated"
        self._site.touch_client(gone, at)
        self._site.touch_client(self._site.clients[kept], at)
        self._emit(EventKind.CLIENTS_MERGED, at, client_id=kept, removed_client_id=removed)

    def current(self, number: int) -> int:
        """The client that a client is today: itself, or the one it was merged into."""
        into = self._site.clients[number].merged_into
        return number if into is None else self.current(into)
