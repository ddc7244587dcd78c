"""The market of one studio as time passes: an agenda of what happens next, worked off in order of time.

The past year and the days to come run through the same rules: history is what has been worked off up to now. The
agenda depends on the clock alone, so it does not matter in how many steps time is moved on.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np

from connectors.sandbox.market.changes import draw_changes, make_change, office_hour
from connectors.sandbox.market.crowd import Crowd
from connectors.sandbox.market.demand import ClassPlan, Demand, Known, MarketArrival
from connectors.sandbox.market.desk import Desk, Emit
from connectors.sandbox.market.marketplace import Allotment, Deal, deal
from connectors.sandbox.market.people import Habit, draw_people, draw_users
from connectors.sandbox.market.plans import StudioPlan
from connectors.sandbox.market.refusals import Refused
from connectors.sandbox.market.state import ClassInstance, Visit, WaitlistEntry
from connectors.sandbox.market.timetable import HORIZON_DAYS, Timetable, found_site, midnight
from connectors.sandbox.market.truth import Truth

_PEOPLE, _USERS = 0xB0D1E5, 0x05E85


class Step(IntEnum):
    """What can be on the agenda; at the same instant the lower comes first."""

    OPEN_DAY = 0
    OFFICE = 1
    CANCEL = 2
    DIRECT = 3
    MARKET = 4
    RETURN = 5
    CHANGE = 6
    FINISH = 7


class Living:
    """One studio's market."""

    def __init__(self, seed: int, plan: StudioPlan, now: datetime, emit: Emit, *, marketplace: bool) -> None:
        self.plan = plan
        self._marketplace = marketplace
        zone = ZoneInfo(plan.timezone)
        today = now.astimezone(zone).date()
        first = today - timedelta(weeks=plan.weeks)
        opening = midnight(first - timedelta(days=HORIZON_DAYS), zone)
        key = (seed, plan.site & 0xFFFFFFFF)
        people = draw_people(
            np.random.default_rng((*key, _PEOPLE)), plan.people, len(plan.slots), opening.timestamp(), now.timestamp()
        )
        users = draw_users(
            np.random.default_rng((*key, _USERS)), plan.marketplace.users, plan.marketplace.known, people
        )
        self.site = found_site(plan, opening)
        self.truth = Truth()
        self.crowd = Crowd(self.site, people, users, emit)
        self.demand = Demand(seed, plan, people)
        self.desk = Desk(self.site, emit)
        self.desk.on_promoted = self._promoted
        self._habits = people.habit
        self._zone = zone
        self._agenda: list[tuple[int, int, int, int]] = []
        self._plans: dict[int, ClassPlan] = {}
        self._slot_of: dict[int, int] = {}
        self._known: set[int] = set()  # classes whose final count a real history gives
        self._stays_away: set[int] = set()  # visits of people who will not turn up
        self._returns: dict[int, int] = {}  # visits of first-time visitors who will come back so many times
        self._waiting: dict[int, int] = {}  # waiting-list entries and the arrivals they are
        self._timetable = Timetable(self.site, plan)
        self._push(opening, Step.OPEN_DAY, first.toordinal())

    def advance(self, now: datetime) -> None:
        """Work off all that happens up to ``now``, included."""
        until = int(now.timestamp())
        while self._agenda and self._agenda[0][0] <= until:
            at, step, one, other = heapq.heappop(self._agenda)
            self.site.now = datetime.fromtimestamp(at, UTC)
            self._steps[step](self, self.site.now, one, other)
        self.site.now = now

    def arrivals(self, class_id: int) -> ClassPlan:
        """All who will ever want a place in a class (evaluation only)."""
        return self._plans[class_id]

    # The steps

    def _open_day(self, at: datetime, ordinal: int, _: int) -> None:
        day = date.fromordinal(ordinal)
        rng = self.demand.day_rng(day)
        for slot, known in self._timetable.held_on(day):
            item = self._timetable.open_class(slot, day, at, known)
            self._expect(item, slot, day, known)
            for when, kind in draw_changes(rng, item, fixed=known is not None):
                self._push(when, Step.CHANGE, item.id, kind)
        tomorrow = day + timedelta(days=1)
        self._push(midnight(tomorrow - timedelta(days=HORIZON_DAYS), self._zone), Step.OPEN_DAY, tomorrow.toordinal())
        self._push(at + timedelta(hours=12), Step.OFFICE, ordinal)

    def _office(self, at: datetime, ordinal: int, _: int) -> None:
        office_hour(self.crowd, self.site, self.demand.day_rng(date.fromordinal(ordinal - HORIZON_DAYS)), at, self.desk)

    def _cancel(self, at: datetime, visit_id: int, _: int) -> None:
        visit = self.site.visits[visit_id]
        item = self.site.classes.get(visit.class_id)
        if item is not None and visit.active and item.starts_at > at:
            self.desk.cancel(visit_id, at)

    def _direct(self, at: datetime, class_id: int, index: int) -> None:
        item = self.site.classes.get(class_id)
        if item is None or item.cancelled or item.starts_at <= at:
            return
        arrival = self._plans[class_id].direct[index]
        self.truth.arrived[class_id, index] = at
        if not arrival.certain and not self.site.has_place(item, web=False):
            self.truth.refused[class_id, index] = at
            if arrival.waits:
                self._wait(item, index, at)
            return
        client, newcomer = self.crowd.client_of_person(arrival.person, at)
        if self.site.holds(class_id, client):
            self.truth.diverted[class_id, index] = at
            if not arrival.certain:
                return
            client = self.crowd.guest(at)
        web = arrival.web and not item.hidden and self.site.has_place(item, web=True)
        habit = None if arrival.comped else self._habits[arrival.person]
        visit = self.desk.book(class_id, client, at, web=web, habit=habit, newcomer=newcomer, overbook=arrival.certain)
        self._foresee(visit, arrival.cancel_at, misses=arrival.misses)

    def _market(self, at: datetime, class_id: int, index: int) -> None:
        item = self.site.classes.get(class_id)
        if item is None or item.cancelled or item.starts_at <= at:
            return
        arrival = self._plans[class_id].market[index]
        agreed = self._deal(item, arrival)
        if agreed is None:
            return
        client, newcomer = self.crowd.client_of_user(arrival.user, at)
        if self.site.holds(class_id, client):
            if not arrival.certain:
                return
            client = self.crowd.guest(at)
        visit = self.desk.book_market(
            class_id, client, at, rate=agreed.rate, premium=agreed.premium, overbook=arrival.certain
        )
        self._foresee(visit, arrival.cancel_at, misses=arrival.misses)
        if newcomer and arrival.returns:
            self._returns[visit.id] = arrival.returns

    def _deal(self, item: ClassInstance, arrival: MarketArrival) -> Deal | None:
        rate = self.plan.marketplace.legacy_rate
        if arrival.certain:
            return Deal(rate, premium=False)
        if not self.site.has_place(item, web=True):
            return None
        return deal(self.site, item, arrival.wtp, Allotment(self.plan.slots[self._slot_of[item.id]].allotment, rate))

    def _return(self, at: datetime, client_id: int, schedule_id: int) -> None:
        """A marketplace visitor who liked it books the next class of the same block, directly."""
        client = self.crowd.current(client_id)
        coming = (item for item in self.site.classes_of(schedule_id) if item.starts_at > at + timedelta(hours=2))
        item = min(coming, key=lambda found: found.starts_at, default=None)
        if item is None or item.cancelled or item.id in self._known or self.site.holds(item.id, client):
            return
        if self.site.has_place(item, web=True):
            visit = self.desk.book(item.id, client, at, web=True, habit=Habit.PACK, newcomer=True)
            self.truth.returned[visit.id] = at

    def _change(self, at: datetime, class_id: int, kind: int) -> None:
        item = self.site.classes.get(class_id)
        if item is not None and not item.cancelled and item.starts_at > at:
            make_change(self.desk, item, kind, at)

    def _finish(self, at: datetime, class_id: int, _: int) -> None:
        item = self.site.classes.get(class_id)
        if item is None or item.cancelled:
            return
        if item.ends_at > at:  # it was moved
            self._push(item.ends_at, Step.FINISH, class_id)
            return
        self.desk.finish_class(class_id, at, lambda visit: visit.id in self._stays_away, mark=self.plan.marks_no_shows)
        for visit in self.site.visits_of(class_id):
            times = self._returns.pop(visit.id, 0) if visit.signed_in else 0
            for week in range(times):
                when = at + timedelta(days=2 + 7 * week, minutes=visit.id % 600)
                self._push(when, Step.RETURN, visit.client_id, item.schedule_id)

    _steps: ClassVar[dict[int, Callable[[Living, datetime, int, int], None]]] = {
        Step.OPEN_DAY: _open_day,
        Step.OFFICE: _office,
        Step.CANCEL: _cancel,
        Step.DIRECT: _direct,
        Step.MARKET: _market,
        Step.RETURN: _return,
        Step.CHANGE: _change,
        Step.FINISH: _finish,
    }

    def _expect(self, item: ClassInstance, slot: int, day: date, known: Known | None) -> None:
        """Put all who will want a place in a class on the agenda."""
        plan = self.demand.of_class(slot, day, int(item.starts_at.timestamp()), known)
        self._plans[item.id], self._slot_of[item.id] = plan, slot
        if known is not None:
            self._known.add(item.id)
        for index, arrival in enumerate(plan.direct):
            heapq.heappush(self._agenda, (arrival.at, Step.DIRECT, item.id, index))
        if self._marketplace:
            for index, looker in enumerate(plan.market):
                heapq.heappush(self._agenda, (looker.at, Step.MARKET, item.id, index))
        self._push(item.ends_at, Step.FINISH, item.id)

    def _wait(self, item: ClassInstance, index: int, at: datetime) -> None:
        client, _ = self.crowd.client_of_person(self._plans[item.id].direct[index].person, at)
        try:
            entry = self.desk.wait(item.id, client, at)
        except Refused:  # the list is full too, or the client is in already: nothing to do but stay away
            return
        self._waiting[entry.id] = index

    def _promoted(self, entry: WaitlistEntry, visit: Visit) -> None:
        index = self._waiting.pop(entry.id, None)
        if index is None:
            return
        del self.truth.refused[entry.class_id, index]
        arrival = self._plans[entry.class_id].direct[index]
        still_to_come = arrival.cancel_at > visit.booked_at.timestamp()
        self._foresee(visit, arrival.cancel_at if still_to_come else 0, misses=arrival.misses)

    def _foresee(self, visit: Visit, cancel_at: int, *, misses: bool) -> None:
        if cancel_at:
            heapq.heappush(self._agenda, (cancel_at, Step.CANCEL, visit.id, 0))
        if misses:
            self._stays_away.add(visit.id)

    def _push(self, at: datetime, step: Step, one: int, other: int = 0) -> None:
        heapq.heappush(self._agenda, (int(at.timestamp()), step, one, other))
