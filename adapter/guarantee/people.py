"""Who a reservation belongs to: people, by e-mail address (GI-01 to GI-04, EC-11 to EC-17).

A client's addresses are as many people unless a merge joins them; one address is one person, whoever uses it. What is
no address, or is shared by too many, stands for nobody.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from adapter.guarantee.case import Address, Case
from adapter.guarantee.facts import Booking
from adapter.guarantee.identity import collapse, normalise
from adapter.guarantee.readings import Readings
from adapter.guarantee.terms import SHARED_BY_MOST

BEGINNING = datetime.min.replace(tzinfo=UTC)

Node = tuple[str, str]  # ("email", the address), ("key", the key of an erased one), ("client", an id)
Known = tuple[datetime, Node]  # an address, and since when


class People:
    """The people of a case, under one reading of what an address is."""

    def __init__(self, case: Case, readings: Readings) -> None:
        self._business = case.business.id
        self._known = _known_addresses(case, collapsed=readings["email_mode"] == "collapse")
        self._groups = _Groups()
        self._join(case)
        self._labels = self._label()

    def of(self, bookings: Iterable[Booking]) -> list[str | None]:
        """The person of each booking, opaque; None where nobody is known."""
        return [self._person(each.reservation.client_id, each.made_at) for each in bookings]

    def _join(self, case: Case) -> None:
        for merge in case.merges:
            clients: list[Node] = [("client", client_id) for client_id in merge.client_ids]
            addresses = [node for _, client_id in clients for _, node in self._known.get(client_id, [])]
            self._groups.join([*clients, *addresses])

    def _label(self) -> dict[Node, str]:
        """One name for each person, from the first client and the place in that client's history that led to them.

        So it stays the same when others come and go, and when an address is erased.
        """
        labels: dict[Node, str] = {}
        for client_id in sorted(self._known):
            for place, (_, node) in enumerate(self._known[client_id]):
                labels.setdefault(self._groups.of(node), _opaque(self._business, client_id, str(place)))
        return labels

    def _person(self, client_id: str, at: datetime) -> str | None:
        known = self._known.get(client_id)
        if not known:
            return self._labels.get(self._groups.of(("client", client_id)))
        held = known[0][1]
        for since, node in known[1:]:
            if since > at:
                break
            held = node
        return self._labels[self._groups.of(held)]


def _opaque(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _known_addresses(case: Case, *, collapsed: bool) -> dict[str, list[Known]]:
    """Each client's addresses in their order, without those that stand for nobody."""
    found = {
        client.client_id: [
            (address.since or BEGINNING, node) for address in client.emails if (node := _node(address, collapsed))
        ]
        for client in case.people
    }
    holders = Counter(node for known in found.values() for node in {node for _, node in known})
    return {
        client_id: kept
        for client_id, known in found.items()
        if (kept := sorted(each for each in known if holders[each[1]] <= SHARED_BY_MOST))
    }


def _node(address: Address, collapsed: bool) -> Node | None:
    if address.key is not None:
        return ("key", address.key)
    normal = normalise(address.email or "")
    if normal is not None and collapsed:
        normal = collapse(normal)
    return None if normal is None else ("email", normal)


class _Groups:
    """Which nodes are one person: a disjoint-set forest."""

    def __init__(self) -> None:
        self._above: dict[Node, Node] = {}

    def of(self, node: Node) -> Node:
        """The node that stands for this one's group."""
        while (above := self._above.get(node, node)) != node:
            self._above[node] = self._above.get(above, above)
            node = above
        return node

    def join(self, nodes: Sequence[Node]) -> None:
        """Make one group of these."""
        for node in nodes[1:]:
            self._above[self.of(node)] = self.of(nodes[0])
