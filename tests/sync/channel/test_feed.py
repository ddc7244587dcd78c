"""What a marketplace is shown, and told when it changes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from adapter.marketplace.feed import announce_connection, announce_due
from adapter.marketplace.offering import offered
from adapter.store.calendar import one_session
from adapter.store.tables import (
    Decision,
    Push,
    PushState,
    Role,
    RunKind,
    Session,
)
from connectors import registry
from connectors.platform import Capability
from tests.fixtures.studio import bearer
from tests.sync.conftest import Road, done
from tests.sync.selling import Seller, go_stale, listed_with, seller_of, start_class


def announced(road: Road) -> int:
    with road.ctx.store.write() as db:
        return announce_due(db, road.ctx.now())


def test_the_feed_tells_what_is_on_offer_and_never_a_floor(shop: Seller) -> None:
    """SS-06, SR-11."""
    answer = shop.get("offers?limit=1000")
    told = {item["session_id"]: item for item in answer.json["items"]}
    with shop.road.ctx.store.read() as db:
        current = offered(db, list(shop.road.latest()), shop.road.ctx.now())
    open_now = {number: each.offer for number, each in current.items() if each.offer.spots or each.offer.premium_spots}
    assert {number for number, item in told.items() if item["spots"] or item["premium_spots"]} == set(open_now)
    for number, offer in open_now.items():
        assert (told[number]["spots"], told[number]["premium_spots"]) == (offer.spots, offer.premium_spots)
    with shop.road.ctx.store.read() as db:
        kept = [one_session(db, number).places.kept for number in open_now]
    assert sum(kept) > 0, "free, and not shown"
    assert any(item["premium_spots"] for item in told.values())
    assert all(item["credits"] for item in told.values() if item["spots"])
    assert b"floor" not in answer.data
    rates_apart = answer.data.replace(b'"7.50"', b"")  # as a rate somebody is paid it may stand there
    assert not re.search(rb"(?<!\d)7\.50?(?!\d)", rates_apart)


def test_a_raise_is_sold_once_the_platform_holds_it_and_a_cut_at_once(listed: Road, app: Flask) -> None:
    shop, decision = seller_of(listed, app), listed_with(listed)
    session, cursor = decision.session_id, shop.get("offers?limit=1000").json["next_cursor"]
    assert shop.spots(session) == (0, 0)  # decided, and refused there by now
    assert shop.quote(session).json["refusal"] == "not_listed"
    with listed.ctx.store.write() as db:
        db.execute(update(Push).where(Push.session_id != session).values(state=PushState.SUPERSEDED))
    done(listed.do(RunKind.PUSH))
    both = decision.spots, decision.premium_spots
    (told,) = shop.get(f"offers?cursor={cursor}").json["items"]
    assert (told["session_id"], told["spots"], told["premium_spots"]) == (session, *both)
    for spots, shown in ((decision.spots + 2, both), (1, (1, decision.premium_spots))):
        with listed.ctx.store.write() as db:
            row = db.get_one(Decision, decision.id)
            row.limit, row.spots = row.limit - row.spots + spots, spots
            announce_connection(db, listed.connection_id, listed.ctx.now())
        assert sum(shop.spots(session)) == sum(shown)


def test_where_the_platform_has_a_limit_of_its_own_the_smaller_number_is_listed(
    listed: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = registry.get("sandbox")
    told = declared.capabilities - {Capability.SPOTS_NATIVE} | {Capability.SPOTS_READ}
    monkeypatch.setattr(registry, "get", lambda name: replace(declared, capabilities=told, offers=None))
    decision = listed_with(listed)
    with listed.ctx.store.write() as db:
        (row,) = offered(db, [decision.session_id], listed.ctx.now()).values()
        assert (row.offer.spots, row.offer.premium_spots) == (decision.spots, decision.premium_spots)
        sold = decision.limit - decision.spots
        db.get_one(Session, decision.session_id).online_capacity = sold + 1
        (row,) = offered(db, [decision.session_id], listed.ctx.now()).values()
        assert (row.offer.spots, row.offer.premium_spots) == (1, 0)
    done(listed.do(RunKind.DECIDE))
    limited = listed.latest()[decision.session_id]
    assert (limited.spots, limited.premium_spots, limited.binding) == (1, 0, "their_limit")


def test_the_feed_can_be_resumed_anywhere_and_misses_nothing(shop: Seller) -> None:
    sessions = [row.session_id for row in shop.road.latest().values() if row.spots >= 2][:3]
    first = shop.get("offers?limit=2").json
    assert (len(first["items"]), first["more"]) == (2, True)
    whole, rest = shop.offers(), shop.offers(first["next_cursor"])
    assert {item["session_id"] for item in first["items"]} | set(rest) == set(whole)
    cursor = shop.get("offers?limit=1000").json["next_cursor"]
    assert shop.get(f"offers?cursor={cursor}").json == {"items": [], "next_cursor": cursor, "more": False}
    for session in sessions:
        shop.sell(session)
    later = shop.get(f"offers?cursor={cursor}").json["items"]
    assert [item["session_id"] for item in later] == sessions
    assert [item["spots"] for item in later] == [whole[session]["spots"] - 1 for session in sessions]
    assert shop.get("offers?cursor=nonsense").status_code == 400


def test_what_time_alone_closes_is_told_by_the_feed(shop: Seller) -> None:
    session, cursor = listed_with(shop.road).session_id, shop.get("offers?limit=1000").json["next_cursor"]
    assert announced(shop.road) == 0
    start_class(shop.road, session)
    announced(shop.road)
    told = shop.get(f"offers?cursor={cursor}").json["items"]
    assert [(item["session_id"], item["spots"], item["rate"]) for item in told] == [(session, 0, None)]
    go_stale(shop.road, session)
    announced(shop.road)
    assert {item["spots"] for item in shop.offers().values()} == {0}


def test_no_other_role_opens_the_channel(shop: Seller) -> None:
    for role in set(Role) - {Role.MARKETPLACE}:
        headers = bearer(shop.road.ctx, role, None)
        assert shop.client.get("/channel/v1/offers", headers=headers).status_code == 403
        assert shop.client.post("/channel/v1/quotes", headers=headers, json={"session_id": 1}).status_code == 403
