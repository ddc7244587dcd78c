"""A marketplace of its own: an HTTP client that knows docs/channel.md and nothing of ours.

It follows the feed by its cursor, keeps its own picture of what is on offer and its own books, sells to made-up guests
who now and then cancel, ask twice or want no membership, and believes nothing but the answers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

TIMEOUT = 30  # seconds
STANDING = ("confirmed", "attended", "no_show")


@dataclass
class Marketplace:
    """One marketplace: what it was shown, what it sold."""

    name: str
    url: str  # ends with /channel/v1
    token: str = field(repr=False)
    seed: int = 0
    shown: dict[int, dict[str, Any]] = field(default_factory=dict)
    books: dict[str, dict[str, Any]] = field(default_factory=dict)  # its reservations as last answered, by its own id
    guests: dict[str, str] = field(default_factory=dict, repr=False)  # who they are for
    refusals: dict[str, int] = field(default_factory=dict)
    cursor: str = ""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.number = 0

    def follow(self) -> int:
        """Catch up with the feed; how many items came."""
        came = 0
        while True:
            asked = {"limit": "1000"} | ({"cursor": self.cursor} if self.cursor else {})
            answer = self.http.get(f"{self.url}/offers", params=asked, timeout=TIMEOUT)
            answer.raise_for_status()
            page = answer.json()
            for item in page["items"]:
                self.shown[item["session_id"]] = item
            came += len(page["items"])
            self.cursor = page["next_cursor"]
            if not page["more"]:
                return came

    def sell(self, wanted: int) -> int:
        """Let so many guests look for a class; how many got a place."""
        return sum(self._sell_one() for _ in range(wanted))

    def cancel_some(self, share: float) -> int:
        """Let a share of the guests cancel; how many did."""
        standing = [key for key, held in sorted(self.books.items()) if held["state"] == "confirmed"]
        return sum(self._cancel(key) for key in standing if self.dice.random() < share)

    def check(self) -> None:
        """Ask for every reservation again, as an audit would."""
        for key in self.books:
            self.books[key] = self.http.get(f"{self.url}/reservations/{key}", timeout=TIMEOUT).json()

    def standing(self) -> dict[int, list[str]]:
        """The reservations that hold, or held, a place, by session."""
        found: dict[int, list[str]] = {}
        for key, held in self.books.items():
            if held["state"] in STANDING:
                found.setdefault(held["session_id"], []).append(key)
        return found

    def payouts(self) -> Decimal:
        """What the studio is owed for them."""
        owed = [Decimal(held["payout"]) for held in self.books.values() if held["state"] in STANDING]
        return sum(owed, Decimal(0))

    def _sell_one(self) -> bool:
        open_now = sorted(number for number, item in self.shown.items() if item["spots"] or item["premium_spots"])
        if not open_now:
            return False
        session = self.dice.choice(open_now)
        wish = {"a_la_carte": True} if self.dice.random() < 0.1 else {}
        quote = self.http.post(f"{self.url}/quotes", json={"session_id": session, **wish}, timeout=TIMEOUT)
        if quote.status_code != 201:
            return self._refused(quote.json())
        self.number += 1
        key = f"{self.name}-{self.number}"
        guest = {"name": f"Guest {self.number}", "email": f"{self.name}.{self.number}@guests.example"}
        order = {"id": key, "quote": quote.json()["quote"], "guest": guest}
        for _ in range(2 if self.dice.random() < 0.1 else 1):  # an impatient guest clicks twice
            answer = self._post("reservations", order, key)
        if answer.status_code == 409:
            return self._refused(answer.json())
        answer.raise_for_status()
        self.books[key], self.guests[key] = answer.json(), guest["email"]
        return True

    def _cancel(self, key: str) -> bool:
        answer = self._post(f"reservations/{key}/cancellation", None, key)
        if answer.status_code == 409:
            return False
        answer.raise_for_status()
        self.books[key] = answer.json()
        return True

    def _post(self, path: str, body: Any, key: str) -> requests.Response:
        return self.http.post(f"{self.url}/{path}", json=body, headers={"Idempotency-Key": key}, timeout=TIMEOUT)

    def _refused(self, problem: dict[str, Any]) -> bool:
        word = problem.get("refusal", "?")
        self.refusals[word] = self.refusals.get(word, 0) + 1
        return False
