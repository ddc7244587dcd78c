"""The rows of a year of classes at a studio with many venues, table by table. Knows the tables; writes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

from adapter.store.tables import (
    ApiCalls,
    Audit,
    Base,
    ClassType,
    Client,
    Decision,
    EmailAddress,
    FirstBooking,
    Listing,
    PayoutLine,
    PriceOption,
    Push,
    PushState,
    PushStep,
    Reservation,
    ReservationReading,
    Run,
    RunKind,
    RunOrigin,
    RunState,
    SaleLine,
    Scope,
    Session,
    SessionReading,
    Setting,
    SourceMapping,
    Venue,
)
from connectors.records import BookingTime, Channel, Outcome, PriceKind, SessionStatus

VENUES, KINDS, CLASSES_A_DAY, CLIENTS = 50, 12, 5, 30_000
PAST, AHEAD = 365, 28  # days
LIVELY = 35  # days back of which every decision, push and reading is kept here; before them the last decision alone
NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
ZONE = "America/New_York"
HOURS = (11, 14, 17, 22, 24)  # UTC: from 06:00 to 19:00 on the venue's wall
SOURCES = {"web": Channel.DIRECT, "channel": Channel.MARKETPLACE, "service:Partner pass": Channel.THIRD_PARTY}
Row = dict[str, Any]


class Year:
    """The rows of the year, table by table; each class draws from its own number."""

    def __init__(self, studio: int, connection: int, venues: int) -> None:
        self.studio, self.connection, self.venues = studio, connection, venues

    def tables(self) -> Iterator[tuple[type[Base], Iterable[Row]]]:
        """In an order in which each finds what it points at."""
        yield Venue, (self._row(f"v{n}", name=f"Venue {n}", timezone=ZONE, currency="USD") for n in range(self.venues))
        kinds = (self._row(f"t{n}", name=f"Class {n}", category="Yoga", hidden=False) for n in range(KINDS))
        yield ClassType, kinds
        yield (
            SourceMapping,
            (
                {**self._of, "source": source, "channel": channel, "confirmed_by": "user:1", "confirmed_at": NOW}
                for source, channel in SOURCES.items()
            ),
        )
        yield (
            Setting,
            [
                self._setting(Scope.STUDIO, 0, Decimal("7.5")),
                *(self._setting(Scope.VENUE, number + 1, Decimal(8)) for number in range(self.venues)),
            ],
        )
        yield PriceOption, [self._price()]
        yield (
            EmailAddress,
            ({"id": 100 + n, "keyed_hash": f"{n:064x}", "address": None, "first_seen_at": NOW} for n in range(CLIENTS)),
        )
        yield Client, (self._row(f"c{n}", email_id=100 + n, active=True) for n in range(CLIENTS))
        yield Session, (self._session(number, starts) for number, starts in self._classes())
        yield Reservation, self._reservations()
        yield FirstBooking, self._first_bookings()
        yield SaleLine, (self._sale(number) for number in range(self.venues * PAST))
        yield Decision, self._decisions()
        yield Push, self._pushes()
        yield PushStep, self._push_steps()
        yield Listing, self._listings()
        yield SessionReading, self._session_readings()
        yield ReservationReading, self._reservation_readings()
        yield PayoutLine, self._payout_lines()
        yield Run, (self._run(number) for number in range(LIVELY * 288))
        yield ApiCalls, (self._calls(day, what) for day in range(PAST) for what in range(6))
        yield Audit, (self._act(number) for number in range(5_000))

    @property
    def _of(self) -> Row:
        return {"connection_id": self.connection}

    def _row(self, external: str, **more: Any) -> Row:
        kept = {"external_id": external, "raw": {"Id": external}, "content_hash": f"{crc32(external.encode()):064x}"}
        return {**self._of, **kept, "fetched_at": NOW, **more}

    def _classes(self) -> Iterator[tuple[int, datetime]]:
        midnight = NOW.replace(hour=0) - timedelta(days=PAST)
        per_day = self.venues * CLASSES_A_DAY
        for number in range((PAST + AHEAD) * per_day):
            hour = HOURS[number % CLASSES_A_DAY]
            yield number, midnight + timedelta(days=number // per_day, hours=hour)

    def _lively(self) -> Iterator[tuple[int, datetime]]:
        return ((n, at) for n, at in self._classes() if at > NOW - timedelta(days=LIVELY))

    def _session(self, number: int, starts: datetime) -> Row:
        slot = number % (self.venues * CLASSES_A_DAY)
        return self._row(
            f"s{number}",
            venue_id=f"v{slot // CLASSES_A_DAY}",
            class_type_id=f"t{slot % KINDS}",
            template_id=f"slot{slot}-{starts.weekday()}",
            starts_at=starts,
            ends_at=starts + timedelta(minutes=55),
            timezone=ZONE,
            capacity=16,
            booked=_taken(number, starts),
            waitlisted=0,
            status=SessionStatus.CANCELLED if number % 97 == 0 else SessionStatus.SCHEDULED,
            hidden=False,
        )

    def _booked(self) -> Iterator[tuple[int, int, int, datetime]]:
        """Reservations: its number, its class, its place there, the class's start."""
        found = 0
        for number, starts in self._classes():
            for place in range(_taken(number, starts)):
                yield found, number, place, starts
                found += 1

    def _reservations(self) -> Iterator[Row]:
        for found, number, place, starts in self._booked():
            source, outcome = _source(found), _outcome(found, starts)
            booked_at = min(starts - timedelta(hours=2 + found * 7 % 160), NOW - timedelta(minutes=found % 5_000))
            yield self._row(
                f"r{number}-{place}",
                session_id=f"s{number}",
                client_id=f"c{found * 31 % CLIENTS}",
                source=source,
                outcome=outcome,
                booked_at=booked_at,
                booked_at_source=BookingTime.PLATFORM,
                cancelled_at=starts - timedelta(hours=3) if outcome is Outcome.LATE_CANCELLED else None,
                price_option_id="drop" if source == "web" else None,
                seats=1,
                rate=_rate(found) if source == "channel" else None,
            )

    def _first_bookings(self) -> Iterator[Row]:
        seen: set[int] = set()
        for found, _number, _place, starts in self._booked():
            client = found * 31 % CLIENTS
            if client not in seen:
                seen.add(client)
                told = {"reservation_id": found + 1, "channel": SOURCES[_source(found)], "booked_at": starts}
                yield {"studio_id": self.studio, "email_id": 100 + client, **told, "exact": True, "tie": False}
            if len(seen) == CLIENTS:
                return

    def _price(self) -> Row:
        told = {"name": "One visit", "kind": PriceKind.DROP_IN, "price": Decimal(24), "currency": "USD"}
        return self._row("drop", **told, intro_only=False, hidden=False, class_type_ids=[])

    def _setting(self, scope: Scope, number: int, floor: Decimal) -> Row:
        wishes = {"min_spots": 2, "rate_floor": floor, "rate_ceiling": Decimal(18), "retail_rate": Decimal(24)}
        return {"studio_id": self.studio, "scope": scope, "scope_id": number, **wishes, "updated_at": NOW}

    def _sale(self, number: int) -> Row:
        told: Row = {"sale_id": f"b{number}", "client_id": f"c{number % CLIENTS}", "description": "Ten visits"}
        told |= {"sold_at": NOW - timedelta(hours=number % (24 * PAST)), "currency": "USD", "quantity": 1}
        return self._row(f"b{number}", **told, net=Decimal(200), tax=Decimal(0), price_option_id="drop")

    def _decisions(self) -> Iterator[Row]:
        for number, starts in self._classes():
            lively = starts > NOW - timedelta(days=LIVELY)
            for sequence in range(1, 5 if lively else 2):
                yield self._decision(number, starts, sequence, lively=lively)

    def _decision(self, number: int, starts: datetime, sequence: int, *, lively: bool) -> Row:
        spots = number % 4
        facts = {f"fact_{each}": number % 17 + each / 10 for each in range(90 if lively else 3)}
        parts = [{"label": "places in the class", "value": 16}, {"label": "already taken", "value": spots - 16}]
        return {
            **self._of,
            "session_id": number + 1,
            "sequence": sequence,
            "at": min(starts, NOW) - timedelta(hours=4 * (5 - sequence), minutes=number % 60),
            "spots": spots,
            "rate": _rate(number),
            "premium_spots": 0,
            "currency": "USD",
            "limit": spots + 2,
            "premium_limit": 0,
            "expected_direct": 2.5,
            "displacement_risk": 0.08,
            "expected_value": spots * 6.25,
            "reason": "forecast",
            "binding": "floor" if number % 23 == 1 else None,
            "shadow": number % 2 == 0 and starts < NOW,
            "inputs": {"studio": {"rate_floor": 7.5}, "facts": facts},
            "explanation": {"parts": parts, "rate_parts": [], "binding": "forecast", "signals": facts},
        }

    def _lively_decisions(self) -> Iterator[tuple[int, int, datetime]]:
        """Each decision of a lively class: its id, its class's number, when it was made."""
        quiet = sum(at <= NOW - timedelta(days=LIVELY) for _, at in self._classes())
        for nth, (number, starts) in enumerate(self._lively()):
            for sequence in range(1, 5):
                made = min(starts, NOW) - timedelta(hours=4 * (5 - sequence), minutes=number % 60)
                yield quiet + nth * 4 + sequence, number, made

    def _pushes(self) -> Iterator[Row]:
        for decision, number, made in self._lively_decisions():
            yield {
                **self._of,
                "session_id": number + 1,
                "decision_id": decision,
                "idempotency_key": f"k{decision}",
                "wanted": {"limit": number % 4 + 2},
                "state": PushState.CONFIRMED,
                "attempts": 1,
                "next_try_at": made,
                "created_at": made,
                "settled_at": made + timedelta(seconds=4),
            }

    def _push_steps(self) -> Iterator[Row]:
        for push, (_decision, _number, made) in enumerate(self._lively_decisions(), start=1):
            for after, state in enumerate((PushState.SENDING, PushState.SENT, PushState.CONFIRMED)):
                yield {"push_id": push, "at": made + timedelta(seconds=after), "state": state}

    def _listings(self) -> Iterator[Row]:
        for number, starts in self._lively():
            if starts > NOW:
                told = {"session_id": number + 1, "noted_at": NOW, "sequence": 4, "checked_at": NOW}
                yield {**self._of, **told, "before": None, "drift": None, "own": None}

    def _session_readings(self) -> Iterator[Row]:
        for number, starts in self._lively():
            for step in range(8):
                at = min(starts, NOW) - timedelta(hours=20 * (8 - step))
                told = {"capacity": 16, "online_capacity": None, "booked": step, "waitlisted": 0}
                yield {**self._of, "session_id": f"s{number}", "at": at, **told, "status": SessionStatus.SCHEDULED}

    def _reservation_readings(self) -> Iterator[Row]:
        for found, number, place, starts in self._booked():
            if starts > NOW - timedelta(days=LIVELY):
                at = min(starts, NOW) - timedelta(minutes=found % 5_000)
                named = {"session_id": f"s{number}", "reservation_id": f"r{number}-{place}", "at": at}
                yield {**self._of, **named, "before": None, "after": Outcome.BOOKED}

    def _payout_lines(self) -> Iterator[Row]:
        for found, number, _place, starts in self._booked():
            if _source(found) == "channel" and starts < NOW - timedelta(hours=48):
                rate = _rate(found)
                yield {
                    "studio_id": self.studio,
                    "reservation_id": found + 1,
                    "seat": 1,
                    "sequence": 1,
                    "session_id": number + 1,
                    "kind": "payout",
                    "reason": "attended",
                    "product": "standard",
                    "rate": rate,
                    "currency": "USD",
                    "day": (starts - timedelta(hours=5)).date(),
                    "amount": int(rate * 100),
                    "franchisor": 0,
                    "tax_rate": Decimal(0),
                    "why": "",
                    "at": starts + timedelta(hours=48),
                }

    def _run(self, number: int) -> Row:
        began = NOW - timedelta(minutes=5 * number)
        counts = {"sessions": {"read": 312, "new": 0, "changed": 4, "unchanged": 308, "gone": 0, "failed": 0}}
        told: Row = {"kind": RunKind.PULL, "origin": RunOrigin.SCHEDULE, "actor": "clock", "params": {}}
        told |= {"state": RunState.DONE, "due_at": began, "started_at": began, "errors": [], "changes": None}
        return {**self._of, **told, "finished_at": began + timedelta(minutes=1), "counts": counts}

    def _calls(self, day: int, what: int) -> Row:
        return {**self._of, "day": (NOW - timedelta(days=day)).date(), "what": f"GET /{what}", "calls": 500}

    def _act(self, number: int) -> Row:
        told = {"at": NOW - timedelta(hours=number), "actor": "user:1", "studio_id": self.studio}
        change = {"before": {"min_spots": 2}, "after": {"min_spots": 3}}
        return {**told, "act": "settings.changed", "about": f"studio:{self.studio}", **change}


def _taken(number: int, starts: datetime) -> int:
    """How many reservations a class has: fewer, the further it lies ahead."""
    taken = random.Random(number).randrange(5, 14)
    ahead = (starts - NOW) / timedelta(days=1)
    return taken if ahead <= 0 else int(taken / (1 + ahead / 3))


def _source(found: int) -> str:
    return ("web", "web", "channel", "web", "service:Partner pass", "web", "channel", "web")[found * 5 % 8]


def _outcome(found: int, starts: datetime) -> Outcome:
    if starts > NOW:
        return Outcome.BOOKED
    return Outcome.LATE_CANCELLED if found % 19 == 0 else Outcome.NO_SHOW if found % 31 == 0 else Outcome.ATTENDED


def _rate(number: int) -> Decimal:
    return Decimal(800 + number * 7 % 900) / 100
