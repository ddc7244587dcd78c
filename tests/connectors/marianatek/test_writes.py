"""What is sent: spots and a rate for one payer, a guest's reservation; and what a lost answer leads to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import responses

from connectors import registry
from connectors.booking import Booked, book_once
from connectors.errors import Misconfigured, Rejected, TryAgain
from connectors.platform import Api, Booking, Guest, OfferPush, ReadBack
from connectors.records import Offer
from connectors.sandbox.market.state import ClassInstance, Seller
from connectors.sandbox.server.brands.shapes import picks_a_spot
from tests.connectors.marianatek.conftest import Sample, listed
from tests.fixtures.doors import FAR, Wire
from tests.fixtures.live import Live
from tests.fixtures.sandbox import LiveSandbox

PLATFORM = registry.get("marianatek")
GIL = Guest("Gil Ortega", "Gil@example.org")
TOKEN = "engine-token-1"


def push() -> OfferPush:
    assert PLATFORM.offers
    return PLATFORM.offers


def booking() -> Booking:
    assert PLATFORM.booking
    return PLATFORM.booking


def offer(session_id: str, limit: int = 5, rate: str = "12.5") -> Offer:
    return Offer(
        session_id=session_id,
        sequence=7,
        limit=limit,
        rate=Decimal(rate),
        premium_limit=0,
        premium_rate=None,
        currency="USD",
    )


@pytest.fixture
def api(wire: Callable[..., Wire]) -> Api:
    return replace(wire().api, settings={"PAYER_ID": "789", "ENGINE_TOKEN": TOKEN})


@responses.activate
def test_the_whole_wanted_state_is_sent_with_the_engines_own_token_and_nobody_elses_price(api: Api) -> None:
    responses.post(f"{FAR}/pricing/v1/pricing_information/", json={})
    push().send(api, offer("2001"), "key")
    sent = responses.calls[0].request
    price = {"amount": "12.50", "currency_code": "USD"}
    override = {"payer_id": 789, "max_reservations": 5, "price": price}
    assert json.loads(sent.body or b"") == {"classes": [{"id": 2001, "overrides": [override]}]}
    assert sent.headers["X-Mariana-Pricing-Engine-Token"] == TOKEN


@responses.activate
def test_premium_places_are_within_the_one_limit_or_they_would_be_refused(api: Api) -> None:
    responses.post(f"{FAR}/pricing/v1/pricing_information/", json={})
    push().send(api, replace(offer("2001"), premium_limit=2, premium_rate=Decimal(15)), "key")
    (told,) = json.loads(responses.calls[0].request.body or b"")["classes"]
    assert told["overrides"][0]["max_reservations"] == 7


@responses.activate
def test_a_refusal_tells_the_field_and_never_the_token(api: Api) -> None:
    body = {"errors": {"overrides": [f"{TOKEN} may not set payer 789."], "price": ["Too low."]}}
    responses.post(f"{FAR}/pricing/v1/pricing_information/", status=422, json=body)
    with pytest.raises(Rejected) as caught:
        push().send(api, offer("2001"), "key")
    assert (caught.value.code, caught.value.status) == ("overrides", 422)
    assert "may not set payer 789" in str(caught.value)
    assert "price: Too low" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_class_without_a_number_is_refused_before_anything_is_sent(api: Api) -> None:
    with pytest.raises(Rejected, match="numbers its classes"):
        push().send(api, offer("2001x"), "key")


@pytest.mark.parametrize("settings", [{}, {"PAYER_ID": "us", "ENGINE_TOKEN": "t"}, {"PAYER_ID": "789"}])
def test_a_setting_that_is_missing_is_named(api: Api, settings: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match=r"ADAPTER_MARIANATEK_(PAYER_ID|ENGINE_TOKEN) is not set"):
        push().send(replace(api, settings=settings), offer("2001"), "key")


@responses.activate
@pytest.mark.parametrize(
    ("held", "seen"),
    [
        ({"direct_booking_reservation_limit": 5, "direct_booking_price": "12.50"}, ReadBack(5, "12.50")),
        ({"direct_booking_reservation_limit": 0, "direct_booking_price": 12}, ReadBack(0, "12")),
        ({}, None),
        ({"direct_booking_reservation_limit": True, "direct_booking_price": "much"}, ReadBack(None, None)),
    ],
)
def test_what_a_class_shows_is_read_back(api: Api, sample: Sample, held: dict[str, Any], seen: ReadBack | None) -> None:
    raw = sample("class_session", **held)
    responses.get(f"{FAR}/class_sessions/2001", json={"data": raw})
    assert push().read_back(api, "2001") == seen
    everything = push().read_all
    assert everything
    responses.get(f"{FAR}/class_sessions", json=listed([raw]))
    assert everything(api) == ({} if seen is None else {"2001": seen})
    responses.replace(responses.GET, f"{FAR}/class_sessions", json=listed([raw], count=3))
    with pytest.raises(TryAgain, match="changed while it was read"):
        everything(api)


@responses.activate
def test_a_class_that_knows_no_direct_booking_does_not_show_what_it_holds(api: Api, sample: Sample) -> None:
    raw = sample("class_session")
    for name in ("direct_booking_reservation_limit", "direct_booking_price"):
        del raw["attributes"][name]
    responses.get(f"{FAR}/class_sessions/2001", json={"data": raw})
    assert push().read_back(api, "2001") == ReadBack(None, None)


def coming(sandbox: LiveSandbox, *, picked: bool) -> ClassInstance:
    """A class with room that starts tomorrow or later, with numbered places or without."""
    site = sandbox.site
    return next(
        item
        for item in site.classes.values()
        if (item.starts_at - sandbox.time[0]).days >= 1
        and (site.free_places(item.id) or 0) >= 3
        and not item.cancelled
        and picks_a_spot(site, item) is picked
    )


def held(sandbox: LiveSandbox, item: ClassInstance) -> int:
    return sandbox.site.sold_by(item.id, Seller.MARKETPLACE)


@pytest.mark.parametrize("picked", [False, True])
def test_a_guest_is_booked_once_even_where_the_answer_was_lost(sandbox: LiveSandbox, live: Live, picked: bool) -> None:
    api, item = live(sandbox, platform="marianatek"), coming(sandbox, picked=picked)
    before, session = held(sandbox, item), str(item.id)
    push().send(api, offer(session, limit=before + 2), "k")
    sandbox.faults({"kind": "lost", "path": "/reservations", "method": "POST", "count": 1})
    first = book_once(booking(), api, session, GIL, "key")
    assert book_once(booking(), api, session, GIL, "key") == Booked(first.reservation_id, new=False)
    assert first.new
    assert held(sandbox, item) == before + 1
    sandbox.faults({"kind": "dropped", "path": "/reservations", "method": "POST", "count": 1})
    with pytest.raises(TryAgain) as caught:
        book_once(booking(), api, session, Guest("Kim Lee", "kim@example.org"), "key")
    assert caught.value.unknown  # it was not carried out, but nobody could tell: the next look says so
    assert held(sandbox, item) == before + 1


def test_no_more_are_booked_than_the_limit_and_the_platforms_words_are_told(sandbox: LiveSandbox, live: Live) -> None:
    api, item = live(sandbox, platform="marianatek"), coming(sandbox, picked=False)
    push().send(api, offer(str(item.id), limit=held(sandbox, item)), "k")
    with pytest.raises(Rejected, match="limit has been reached"):
        book_once(booking(), api, str(item.id), GIL, "key")


@responses.activate
def test_a_spot_that_was_just_taken_is_not_the_end(api: Api, sample: Sample) -> None:
    layout = {"type": "layouts", "id": "61", "attributes": {"format": "pick-a-spot"}}
    responses.get(f"{FAR}/reservations", json=listed([]))
    responses.get(f"{FAR}/class_sessions/2001", json={"data": sample("class_session"), "included": [layout]})
    taken = {"errors": {"spot": ["This spot is already taken."]}}
    responses.post(f"{FAR}/reservations", status=422, json=taken)
    responses.post(f"{FAR}/reservations", status=201, json={"data": sample("reservation")})
    assert book_once(booking(), api, "2001", GIL, "key") == Booked("70001", new=True)
    bodies = [json.loads(call.request.body or b"") for call in responses.calls if call.request.method == "POST"]
    assert [body["data"]["relationships"]["spot"]["data"]["id"] for body in bodies] == ["604", "605"]
    assert responses.calls[-1].request.headers["Content-Type"] == "application/vnd.api+json"


@responses.activate
def test_a_filter_that_is_not_understood_makes_nobody_elses_reservation_ours(api: Api, sample: Sample) -> None:
    ours = {"user": {"type": "users", "id": "789"}, "reserved_for_guest": True}
    others = [
        sample("reservation", id="1", guest_email="somebody@example.org", **ours),
        sample("reservation", id="2", guest_email="gil@example.org", cancel_date="2026-03-01T00:00:00Z", **ours),
        sample("reservation", id="3", guest_email="gil@example.org", user={"type": "users", "id": "790"}),
        sample("reservation", id="4", guest_email="gil@example.org", reservation_type="waitlist", **ours),
    ]
    responses.get(f"{FAR}/reservations", json=listed(others))
    assert booking().find(api, "2001", GIL) is None
    mine = sample("reservation", id="5", guest_email="gil@example.org", **ours)
    responses.replace(responses.GET, f"{FAR}/reservations", json=listed([*others, mine]))
    assert booking().find(api, "2001", GIL) == "5"


@responses.activate
def test_half_a_list_does_not_say_that_a_guest_is_not_in(api: Api, sample: Sample) -> None:
    """Taken for a no, it would book them twice, or give up a place that is held."""
    half = listed([sample("reservation", id="1", guest_email="somebody@example.org")], count=2)
    responses.get(f"{FAR}/reservations", json=half)
    with pytest.raises(TryAgain, match="changed while it was read"):
        booking().find(api, "2001", GIL)


def test_a_guest_is_shown_nowhere() -> None:
    assert "Gil" not in repr(GIL)
    assert "example" not in repr(GIL)
