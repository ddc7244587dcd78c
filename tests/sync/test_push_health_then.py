"""How pushing stood at an earlier instant: what is told of it later is what was told at that instant."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from adapter.steering.own_caps import use_ours_again
from adapter.steering.push_mode import switch_push_mode
from adapter.store.calendar import upcoming
from adapter.store.push_health import PushHealth, push_health_of
from adapter.store.push_health_then import push_health_then
from adapter.store.tables import Connection, PushMode, RunKind
from adapter.store.then import upcoming_then
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import sign_in
from tests.sync.conftest import Road
from tests.sync.test_parity import pushed, somebody_sets
from tests.sync.test_then import owner_of

__all__ = ["pushed"]
WRITES = {"path": "/channel/offers", "method": "PUT"}


class Hands:
    """What people, the platform and time do to a studio whose offers stand at the platform."""

    def __init__(self, road: Road, sandbox: LiveSandbox) -> None:
        self.road, self.sandbox, self.dice = road, sandbox, random.Random(11)

    def tell(self) -> PushHealth:
        with self.road.ctx.store.read() as db:
            return push_health_of(db, self.road.connection_id, self.road.ctx.now())

    def classes(self, then: datetime | None = None) -> list[Any]:
        """What the calendar says of the classes of two days."""
        at = then or self.road.ctx.now()
        mine, span = frozenset({1}), (at, at + timedelta(days=2))
        with self.road.ctx.store.read() as db:
            items = upcoming(db, mine, *span) if then is None else upcoming_then(db, mine, *span, then)
            return [
                (
                    *(item.session.id, item.session.starts_at, item.takes_place, item.class_name, item.venue),
                    *(item.places, item.push_mode, item.decision and item.decision.id),
                    item.push and (item.push.id, item.push.state),
                )
                for item in items
            ]

    def hours_pass(self) -> None:
        self.sandbox.tick(hours=1, minutes=1)
        self.road.do(RunKind.PUSH)

    def a_day_passes(self) -> None:
        self.sandbox.tick(hours=20)
        self.road.do(RunKind.PULL)

    def somebody_meddles(self) -> None:
        """The same three classes again and again: at last it is meant."""
        for session in self.road.upcoming()[:3]:
            if int(session.external_id) in self.sandbox.site.offers:
                somebody_sets(self.sandbox, session, 1, ahead=7)

    def a_class_moves(self) -> None:
        """Of those that stand at the platform: the soonest comes later, a later one is soon over."""
        soonest, *_, last = self.road.upcoming()
        for row, to in ((soonest, timedelta(days=3)), (last, timedelta(minutes=30))):
            starts_at = (row if row is soonest else soonest).starts_at + to
            self.sandbox.world.move_class(self.sandbox.site.id, int(row.external_id), starts_at)
        self.sandbox.tick(minutes=2)
        self.road.do(RunKind.PULL)

    def the_studio_changes_its_mind(self) -> None:
        self.road.agree(min_spots=self.dice.randrange(9), nothing_after_minutes=1440, no_increase_after_minutes=1430)
        self.road.do(RunKind.DECIDE)

    def offers_are_refused(self) -> None:
        self.sandbox.faults({**WRITES, "kind": "error", "status": 422, "count": 2})
        self.the_studio_changes_its_mind()
        self.road.do(RunKind.PUSH)

    def the_platform_is_down(self) -> None:
        self.sandbox.faults({**WRITES, "kind": "error", "status": 503, "count": 40})
        self.the_studio_changes_its_mind()
        self.road.do(RunKind.PUSH)

    def all_is_well(self) -> None:
        self.sandbox.mend()
        self.sandbox.tick(minutes=20)
        self.road.do(RunKind.PUSH)

    def selling_is_stopped(self) -> None:
        self.mode(PushMode.PAUSED)

    def selling_goes_on(self) -> None:
        self.mode(PushMode.LIVE)
        self.road.do(RunKind.DECIDE)
        self.road.do(RunKind.PUSH)

    def mode(self, mode: PushMode) -> None:
        with self.road.ctx.store.write() as db:
            row = db.get_one(Connection, self.road.connection_id)
            switch_push_mode(db, row, mode, actor="user:1", now=self.road.ctx.now())

    def ours_is_used_again(self) -> None:
        with self.road.ctx.store.write() as db:
            row = db.get_one(Connection, self.road.connection_id)
            use_ours_again(db, row, actor="user:1", now=self.road.ctx.now())


WEEK = (
    *(Hands.hours_pass, Hands.somebody_meddles) * 3,
    *(Hands.hours_pass, Hands.offers_are_refused, Hands.hours_pass, Hands.the_studio_changes_its_mind),
    *(Hands.a_class_moves, Hands.the_platform_is_down, Hands.hours_pass, Hands.all_is_well, Hands.ours_is_used_again),
    *(Hands.hours_pass, Hands.a_day_passes, Hands.somebody_meddles, Hands.hours_pass, Hands.a_class_moves),
    *(Hands.selling_is_stopped, Hands.hours_pass, Hands.selling_goes_on, Hands.hours_pass),
)


def board(client: FlaskClient, **asked: str) -> list[str]:
    """What the first page says of the connection."""
    page = client.get("/studios/1/today", query_string=asked).text
    cells: list[str] = re.findall(r"<td[^>]*>(.*?)</td>", page.split("<tbody>")[1].split("</tbody>")[0], re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell) for cell in cells]


def test_n_23_how_pushing_stood_is_told_later_as_it_was_told_then(pushed: Road, sandbox: LiveSandbox) -> None:
    hands, seen = Hands(pushed, sandbox), []
    client = owner_of(pushed)
    for act in WEEK:
        sandbox.tick(seconds=1)
        act(hands)
        seen.append((pushed.ctx.now(), act.__name__, hands.tell(), board(client), hands.classes()))
        if act is Hands.a_day_passes:
            sign_in(client, pushed.ctx, 1)
    sandbox.tick(seconds=1)
    kept = {"checked_at": None, "next_probe_at": None, "breaker_words": None}
    for at, act, told, page, classes in seen:
        with pushed.ctx.store.read() as db:
            assert push_health_then(db, pushed.connection_id, at) == replace(told, **kept), act
            assert hands.classes(at) == classes, act
        assert board(client, as_of=at.isoformat()) == page, act
    every = [told for _, _, told, *_ in seen]
    assert all(any(getattr(told, name) for told in every) for name in ("waiting", "mended", "own_caps", "failures"))
    assert any(told.breaker_open_since for told in every)
    assert any(told.parity not in (None, 100) for told in every)
