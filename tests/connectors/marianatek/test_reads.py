"""What is asked, how lists come, and what is taken as complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import responses
from responses.matchers import query_param_matcher

from connectors import registry
from connectors.errors import Misconfigured, Rejected, TryAgain
from connectors.platform import Api, Everything, OfSession, Since, Site, Window
from connectors.records import Page, Stream
from tests.connectors.marianatek.conftest import Sample, listed
from tests.fixtures.database import NOON
from tests.fixtures.doors import FAR, Wire

PLATFORM = registry.get("marianatek")
Wires = Callable[..., Wire]


@pytest.fixture
def api(wire: Wires) -> Api:
    return replace(wire().api, settings={"PAYER_ID": "789", "ENGINE_TOKEN": "engine-token-1"})


def read(api: Api, stream: Stream, ask: Any) -> list[Page]:
    return list(PLATFORM.streams[stream].read(api, ask))


def lay(path: str, answer: Any, *, status: int = 200, **params: Any) -> None:
    matched = [query_param_matcher({"page_size": 500, **params}, strict_match=False)] if params else []
    responses.get(f"{FAR}{path}", json=answer, status=status, match=matched)


@responses.activate
def test_pages_are_read_to_the_last_and_the_last_is_final(api: Api, sample: Sample) -> None:
    for page, ids in enumerate((("1", "2"), ("3",)), start=1):
        lay("/users", listed([sample("user", id=n) for n in ids], page=page, pages=2, count=3), page=page)
    pages = read(api, Stream.CLIENTS, Everything())
    assert [item.record.external_id for page in pages for item in page.items] == ["1", "2", "3"]
    assert [page.final for page in pages] == [False, True]


@responses.activate
@pytest.mark.parametrize("second", [None, ("2", "3")])
def test_a_list_that_moves_is_not_complete_and_gives_nobody_twice(api: Api, sample: Sample, second: Any) -> None:
    lay("/users", listed([sample("user", id=n) for n in ("1", "2")], pages=2, count=3), page=1)
    if second is None:  # it grew shorter: there is no second page any more
        lay("/users", {"errors": {"detail": ["Invalid page."]}}, status=404, page=2)
    else:
        lay("/users", listed([sample("user", id=n) for n in second], page=2, pages=2, count=4), page=2)
    pages = read(api, Stream.CLIENTS, Everything())
    ids = [item.record.external_id for page in pages for item in page.items]
    assert ids == sorted(set(ids))
    assert not any(page.final for page in pages)


@responses.activate
def test_a_first_page_that_is_not_there_is_an_error_not_an_empty_list(api: Api) -> None:
    lay("/users", {"errors": {"detail": ["Not found."]}}, status=404)
    with pytest.raises(Rejected):
        read(api, Stream.CLIENTS, Everything())
    responses.replace(responses.GET, f"{FAR}/users", json={"meta": None})
    with pytest.raises(TryAgain, match="no list of data"):
        read(api, Stream.CLIENTS, Everything())


@responses.activate
def test_what_changed_is_asked_for_up_to_now_and_only_places_count(api: Api, sample: Sample) -> None:
    asked = {"min_updated_datetime": "2026-03-01T12:00:00Z", "max_updated_datetime": "2026-03-02T12:00:01Z", "page": 1}
    kinds = [sample("reservation", id=str(n), reservation_type=kind) for n, kind in enumerate(("standard", "waitlist"))]
    lay("/reservations", listed([*kinds, sample("reservation", id="9", creation_date="soon")]), **asked)
    resource = PLATFORM.changes[Stream.RESERVATIONS]
    (page,) = resource.read(api, Since(NOON - timedelta(days=1)))
    assert [item.record.external_id for item in page.items] == ["0"]
    assert [aside.external_id for aside in page.set_aside] == ["9"]
    assert page.final


@responses.activate
def test_a_window_is_cut_to_the_instant_by_ourselves(api: Api, sample: Sample) -> None:
    start, end = NOON, NOON + timedelta(hours=13)
    at_its_end = sample("class_session", id="2", start_datetime="2026-03-03T01:00:00Z")
    asked = {"min_datetime": "2026-03-02T12:00:00Z", "max_datetime": "2026-03-03T01:00:00Z", "page": 1}
    lay("/class_sessions", listed([sample("class_session"), at_its_end]), **asked)
    (page,) = read(api, Stream.SESSIONS, Window(start, end))
    assert [item.record.external_id for item in page.items] == ["2001"]


@responses.activate
def test_a_class_that_vanished_is_looked_for_by_itself(api: Api, sample: Sample) -> None:
    look = PLATFORM.streams[Stream.SESSIONS].look
    assert look
    responses.get(f"{FAR}/class_sessions/2001", json={"data": sample("class_session")})
    responses.get(f"{FAR}/class_sessions/7", status=404, json={"errors": {"detail": ["Not found."]}})
    (page,) = look(api, ["2001", "7"])
    assert [item.record.external_id for item in page.items] == ["2001"]
    assert page.final
    responses.replace(responses.GET, f"{FAR}/class_sessions/7", json={"data": None})
    with pytest.raises(TryAgain, match="no data"):
        list(look(api, ["7"]))


@responses.activate
def test_a_throttled_read_waits_as_it_is_told(api: Api, sample: Sample) -> None:
    responses.get(
        f"{FAR}/reservations", status=429, headers={"Retry-After": "120"}, json={"errors": {"detail": ["Wait."]}}
    )
    with pytest.raises(TryAgain, match="detail: Wait") as caught:
        read(api, Stream.RESERVATIONS, OfSession("2001"))
    assert caught.value.after == 120


@responses.activate
@pytest.mark.parametrize(("code", "currency"), [("USD", "USD"), (None, "")])
def test_a_brand_is_described_by_its_first_location(api: Api, sample: Sample, code: str | None, currency: str) -> None:
    lay("/locations", listed([sample("location", id="112"), sample("location", id="9", timezone="Europe/Paris")]))
    lay("/class_sessions", listed([sample("class_session", direct_booking_currency_code=code)]))
    named = replace(api, site=Site("harbor", "", "UTC", ""))
    assert PLATFORM.describe(named) == Site("harbor", "harbor", "Europe/Paris", currency)
    responses.replace(responses.GET, f"{FAR}/locations", json=listed([]))
    with pytest.raises(Rejected, match="no location"):
        PLATFORM.describe(named)


@pytest.mark.parametrize("brand", ["harbor", "a", "harbor-and-pine2", "x" * 63])
def test_a_brand_becomes_the_first_label_of_its_address(brand: str) -> None:
    assert PLATFORM.address(PLATFORM.api_url, brand) == f"https://{brand}.marianatek.com/api"


@pytest.mark.parametrize(
    "brand",
    [
        "",
        "-a",
        "a-",
        "x" * 64,
        "Harbor",
        "a.b",
        "evil.example/",
        "a/..",
        "127.0.0.1:80#",
        "a@b",
        "a\n",
        "ä",
        "a_b",
        "{site}",
    ],
)
def test_nothing_else_gets_into_a_hosts_name(brand: str) -> None:
    with pytest.raises(Misconfigured, match="is no brand"):
        PLATFORM.address(PLATFORM.api_url, brand)
