"""The rules a second time, as plainly as they can be said: slow, from the JSON itself, sharing no code with what it
checks. For the cases that the invariants draw: a displayed start date, every channel and exchange rate known.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
NOBODYS = ("none", "noemail", "no-email", "na", "unknown")
ORDER = ("direct", "third_party", "unknown", "marketplace")
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Plain:
    """A case, read by the book."""

    def __init__(self, case: Json) -> None:
        self.case, self.readings = case, case["readings"]
        self.reservations = case["reservations"]
        self.offered = [row for row in self.reservations if row["channel"] == "marketplace"]
        self.purchases = {row["id"]: row for row in case["purchases"]}
        self.start = date.fromisoformat(case["participation"]["displayed_start_date"])
        self.addresses = {row["client_id"]: self._addresses(row) for row in case["people"]}
        self.groups = self._groups()
        self.person = {row["id"]: self._person(row) for row in self.reservations}
        self.verdicts = self._verdicts()

    def read(self, name: str, default: Any) -> Any:
        return self.readings.get(name, default)

    def settled(self, row: Json) -> bool:
        return when(self.case["as_of"]) >= when(row["starts_at"]) + timedelta(hours=48)

    def venue(self, row: Json) -> Json:
        return next(venue for venue in self.case["venues"] if venue["id"] == row["venue_id"])

    def day(self, instant: datetime, row: Json) -> date:
        return instant.astimezone(ZoneInfo(row.get("timezone") or self.venue(row)["timezone"])).date()

    def in_dollars(self, amount: Any, currency: str, row: Json) -> Fraction:
        if currency == "USD":
            return Fraction(amount)
        day = self.day(when(row["starts_at"]), row).isoformat()
        rates = [rate for rate in self.case["fx"] if rate["from"] == currency and rate["date"] <= day]
        return Fraction(amount) * Fraction(max(rates, key=lambda rate: str(rate["date"]))["rate"])

    def local(self, amount: Any, row: Json) -> Fraction:
        return self.in_dollars(amount, self.venue(row).get("currency", "USD"), row)

    # Who

    def _addresses(self, client: Json) -> list[tuple[datetime, tuple[str, str]]]:
        known = []
        for row in client["emails"]:
            node = ("key", row["key"]) if "key" in row else ("address", self._spelled(row["email"]))
            if node[1]:
                known.append((when(row["from"]) if "from" in row else BEGINNING, node))
        return sorted(known)

    def _spelled(self, email: str) -> str:
        before, at, after = email.strip().casefold().rpartition("@")
        if self.read("email_mode", "strict") == "collapse":
            before = before.partition("+")[0].replace(".", "")
        return f"{before}@{after}" if at and before and before not in NOBODYS else ""

    def _groups(self) -> list[set[Any]]:
        """The drawn cases have one merge at most."""
        return [
            {node for client in row["client_ids"] for node in (("client", client), *self._nodes(client))}
            for row in self.case["merges"]
        ]

    def _nodes(self, client: str) -> list[tuple[str, str]]:
        return [node for _, node in self.addresses[client]]

    def _person(self, row: Json) -> Any:
        known = self.addresses[row["client_id"]]
        held = [node for since, node in known if since <= made(row)] or self._nodes(row["client_id"])[:1]
        node = held[-1] if held else ("client", row["client_id"])
        group = next((group for group in self.groups if node in group), {node})
        named = sorted(each for each in group if each[0] != "client")
        return named[0] if named else None

    # Qualifying

    def _verdicts(self) -> dict[str, tuple[bool, str]]:
        found = {row["id"]: self._alone(row) for row in self.offered}
        late = [row for row in self.offered if found[row["id"]][1] == "late_cancelled"]
        replaced: set[str] = {row["rebooked_by"] for row in self.offered if "rebooked_by" in row}
        for row in late:
            if "rebooked_by" in row:
                found[row["id"]] = (False, "rebooked")
        late = [row for row in late if "rebooked_by" not in row]
        for row in sorted(late, key=lambda row: (when(row["cancelled_at"]), row["id"])):
            takers = [other for other in self.offered if self._takes(other, row) and other["id"] not in replaced]
            if takers:
                replaced.add(min(takers, key=lambda other: (when(other["booked_at"]), other["id"]))["id"])
                found[row["id"]] = (False, "rebooked")
        return found

    def _alone(self, row: Json) -> tuple[bool, str]:
        hours = (self.case["business"]["cancellation_policy_hours"], 12)
        cutoff = max(hours) if self.read("cutoff", "").startswith("max") else min(hours)
        if row["outcome"] == "attended":
            return True, "attended"
        if row["outcome"] == "denied":
            return False, "denied"
        if not row["cancelled_at"]:
            return True, "no_show" if row["outcome"] == "no_show" else "attended"
        if row["cancelled_by"] == "studio":
            return False, "cancelled_by_studio"
        early = when(row["cancelled_at"]) <= when(row["starts_at"]) - timedelta(hours=cutoff)
        return (False, "cancelled_early") if early else (True, "late_cancelled")

    def _takes(self, other: Json, row: Json) -> bool:
        booked = other["booked_at"]
        return other["class_id"] == row["class_id"] and bool(booked) and when(booked) > when(row["cancelled_at"])

    # Where people came from

    def first(self, person: Any, *, in_window: bool) -> str | None:
        theirs = [row for row in self.reservations if self.person[row["id"]] == person and self._counts(row)]
        if in_window:
            window = self.start.replace(year=self.start.year - 1)
            theirs = [row for row in theirs if window <= self.day(made(row), row) < self.start]
        order = [(made(row), when(row["starts_at"]), ORDER.index(row["channel"]), row["id"]) for row in theirs]
        return None if not order else ORDER[min(order)[2]]

    def _counts(self, row: Json) -> bool:
        if self.read("first_counts_cancelled", True):
            return True
        return row["outcome"] == "attended" or (row["outcome"] != "denied" and not row["cancelled_at"])

    def left_out(self, person: Any) -> bool:
        theirs = [row for row in self.reservations if self.person[row["id"]] == person and row["channel"] == "direct"]
        return self.read("free_only", "exercised") == "exercised" and all(self._paid(row) <= 0 for row in theirs)

    def _paid(self, row: Json) -> Fraction:
        funding = row["funding"]
        return net(self.purchases.get(funding.get("purchase_id"), funding))

    # Money

    def earned(self, row: Json) -> Fraction:
        funding = row["funding"]
        if not earns(row) or "purchase_id" not in funding:
            return self.local(net(funding), row) if earns(row) else Fraction(0)
        purchase = self.purchases[funding["purchase_id"]]
        if purchase["sessions"]:
            return net(purchase) / (purchase["sessions"] + purchase.get("bonus_sessions", 0))
        direct = [
            each for each in self.reservations if each["channel"] == "direct" and self.settled(each) and earns(each)
        ]
        return net(purchase) / sum(each["funding"].get("purchase_id") == purchase["id"] for each in direct)

    def retail(self, venue: str) -> Fraction:
        packages = [row for row in self.case["pricing"] if row["kind"] == "package" and row["venue_id"] == venue]
        if not packages:
            return Fraction(20)
        if self.read("retail_method", "") == "package_pooled":
            return sum(net(row) for row in packages) / Fraction(sum(row["sessions"] for row in packages))
        return sum((net(row) / row["sessions"] for row in packages), Fraction(0)) / len(packages)

    def told(self) -> Json:
        """The totals in cents, and what each line is."""
        payouts = switchers = taxes = lost_revenue = Fraction(0)
        lines = {}
        for row in self.reservations:
            person = self.person[row["id"]]
            inside = self.start <= self.day(when(row["starts_at"]), row) <= self.start + timedelta(days=89)
            if not inside or not self.settled(row):
                continue
            switcher = person is not None and self.first(person, in_window=False) == "marketplace"
            lost = person is not None and self.first(person, in_window=True) == "direct" and not self.left_out(person)
            if row["channel"] == "marketplace":
                qualifying, reason = self.verdicts[row["id"]]
                lines[row["id"]] = (qualifying, reason, switcher, lost)
                if qualifying:
                    payouts, taxes = payouts + self.local(row["payout"], row), taxes + self.local(row["tax"], row)
                    difference = self.local(self.retail(row["venue_id"]) - Fraction(row["payout"]), row)
                    kept = max(difference, Fraction(0)) if self.read("neg_lines", "") == "floor" else difference
                    lost_revenue += kept if lost else 0
            elif row["channel"] == "direct" and switcher:
                lines[row["id"]] = (False, "direct", switcher, lost)
                switchers += self.earned(row)
                taxes += self.local(row["tax"], row) if self.earned(row) else 0
        totals = [cents(each) for each in (payouts, switchers, taxes)]
        return {"revenue": totals, "lost": max(cents(lost_revenue), 0), "lines": lines}


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def made(row: Json) -> datetime:
    return when(row["booked_at"] or row["starts_at"])


def earns(row: Json) -> bool:
    return row["outcome"] not in ("cancelled", "denied") and row["cancelled_by"] != "studio"


def net(row: Json) -> Fraction:
    return Fraction(row.get("price", "0")) - Fraction(row.get("refunded", "0"))


def cents(amount: Fraction) -> int:
    return math.floor(amount * 100 + Fraction(1, 2))
