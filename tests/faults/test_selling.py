"""F42 to F46: pushes that die, get lost, are poisoned or raced; and the last place, wanted twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from adapter.store.tables import Push, PushState, RunKind
from connectors.sandbox.market.refusals import Refused
from connectors.sandbox.market.state import ClassInstance, Seller
from sync.pushing import outbox
from sync.pushing.push import push_due
from tests.faults.conftest import Scene, both_databases
from tests.faults.test_crashes import Killed
from tests.sync.conftest import done

PUT = "PUT /channel/offers"


@both_databases
def test_f42_killed_after_an_offer_landed_and_before_that_was_noted_it_is_sent_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.road.go_live()
    settle, settled = outbox.settle, [0]

    def killed(*given: Any, **values: Any) -> bool:
        settled[0] += 1
        if settled[0] in (1, 4):
            raise Killed
        return settle(*given, **values)

    monkeypatch.setattr(outbox, "settle", killed)
    with pytest.raises(Killed):
        scene.sell()
    for _ in range(3):
        scene.sandbox.tick(minutes=2)
        try:
            scene.work()
        except Killed:
            continue
    assert settled[0] > 4
    assert scene.sandbox.calls(PUT) == len(scene.road.pushes())
    scene.agree_on_offers()


def test_f43_an_offer_of_unknown_fate_is_looked_up_and_never_sent_blindly_again(scene: Scene) -> None:
    scene.road.go_live()
    scene.sandbox.faults(
        {"kind": "lost", "path": "/channel/offers", "method": "PUT", "count": 2},
        {"kind": "dropped", "path": "/channel/offers", "method": "PUT", "skip": 2, "count": 2},
        {"kind": "truncated", "path": "/channel/offers", "method": "PUT", "skip": 2, "count": 2},
    )
    scene.sell()
    states = {push.state for push in scene.road.pushes(Push.state != PushState.CONFIRMED)}
    assert states == {PushState.UNKNOWN}
    scene.mend()
    scene.road.do(RunKind.PUSH)  # before a new decision takes the place of an offer that was dropped
    assert scene.sandbox.calls(PUT) == len(scene.road.pushes())  # those that were dropped never counted as calls
    scene.sell()
    assert scene.sandbox.calls(PUT) == len(scene.road.pushes())
    scene.agree_on_offers()


def test_f44_a_poisoned_offer_is_parked_with_its_reason_and_the_others_pass(scene: Scene) -> None:
    scene.road.go_live()
    done(scene.road.do(RunKind.DECIDE))
    poisoned = scene.road.pushes()[2]
    ours = poisoned.session_id
    path = f"/channel/offers/{poisoned.wanted['session_id']}"
    scene.sandbox.faults({"kind": "error", "path": path, "method": "PUT"})
    scene.road.do(RunKind.PUSH)
    assert {push.state for push in scene.road.pushes(Push.session_id != ours)} == {PushState.CONFIRMED}
    for _ in range(12):
        scene.sandbox.tick(minutes=20)
        push_due(scene.ctx, scene.now)
    (parked,) = scene.road.pushes(Push.session_id == ours)
    assert parked.state is PushState.FAILED
    assert "unexpected error" in (parked.answer or "")
    assert {str(each.class_id) for each in scene.site.offers.values()} == {
        push.wanted["session_id"] for push in scene.road.pushes(Push.session_id != ours)
    }


@both_databases
def test_f45_two_that_push_at_once_send_each_offer_once(scene: Scene) -> None:
    scene.road.go_live()
    done(scene.road.do(RunKind.DECIDE))
    threads = [threading.Thread(target=push_due, args=(scene.ctx, scene.now)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene.sandbox.calls(PUT) == len(scene.road.pushes())
    scene.agree_on_offers()


def test_f45_one_that_slept_past_its_claim_changes_nothing(scene: Scene) -> None:
    scene.road.go_live()
    done(scene.road.do(RunKind.DECIDE))
    with scene.ctx.store.write() as db:
        asleep = outbox.claim_next(db, scene.road.connection_id, scene.now)
    assert asleep is not None
    scene.sandbox.tick(minutes=2)
    push_due(scene.ctx, scene.now)
    with scene.ctx.store.write() as db:
        assert not outbox.still_mine(db, asleep.push, scene.now)
        assert not outbox.settle(db, asleep.push, PushState.FAILED, scene.now)
    assert scene.sandbox.calls(PUT) == len(scene.road.pushes())
    scene.agree_on_offers()


def test_f46_the_last_place_is_never_given_twice_however_late_we_hear_of_it(scene: Scene) -> None:
    scene.road.go_live()
    scene.sell()
    item = next(
        item
        for item in map(scene.coming, range(9))
        if item.id in scene.site.offers and scene.site.offers[item.id].limit > _sold(scene, item.id)
    )
    _fill(scene, item)  # the studio's own clients come first: they may take what is listed
    for _ in range(4):
        scene.live_on(hours=5)  # the marketplace goes on selling by the offers of before
        over = [each for each in scene.site.classes.values() if scene.site.booked(each.id) > (each.max_capacity or 999)]
        assert over == []
    scene.pull()
    scene.sell()
    scene.reconcile()
    scene.agree()
    scene.agree_on_offers()
    assert scene.site.offers[item.id].limit == _sold(scene, item.id)


def _sold(scene: Scene, class_id: int) -> int:
    return scene.site.sold_by(class_id, Seller.MARKETPLACE)


def _fill(scene: Scene, item: ClassInstance) -> None:
    while (item.max_capacity or 0) > scene.site.booked(item.id) and scene.site.has_place(item, web=True):
        scene.book(item)
    with pytest.raises(Refused, match="full"):
        scene.book(item)
