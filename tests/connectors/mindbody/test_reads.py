"""What is asked of Mindbody, word for word, and what is made of its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from connectors import registry
from connectors.errors import BadRecord, Rejected, TryAgain
from connectors.platform import Api, Everything, OfSession, Since, Site, Window
from connectors.records import Page, Stream
from tests.fixtures.doors import FAR, SITE, Wire

Sample = Callable[..., dict[str, Any]]
Wires = Callable[..., Wire]
MINDBODY = registry.get("mindbody")
WEEK = Window(datetime(2026, 3, 2, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC))


def listing(collection: str, *items: Any, total: int | None = None) -> dict[str, Any]:
    about = {"RequestedLimit": 200, "RequestedOffset": 0, "PageSize": len(items)}
    known = {"TotalResults": len(items) if total is None else total}
    return {"PaginationResponse": about | known, collection: list(items)}


def answer(path: str, body: Any) -> None:
    responses.get(f"{FAR}{path}", body=_json(body), content_type="application/json")


def _json(body: Any) -> str:
    return json.dumps(body, default=float)


def read(stream: Stream, api: Api, ask: Any) -> list[Page]:
    return list(MINDBODY.streams[stream].read(api, ask))


def asked(number: int = 0) -> dict[str, str]:
    return {
        key: ",".join(value) for key, value in parse_qs(urlsplit(responses.calls[number].request.url).query).items()
    }


def test_it_answers_the_questions_that_it_declares() -> None:
    assert {stream: resource.ask for stream, resource in MINDBODY.streams.items()} == {
        Stream.VENUES: Everything,
        Stream.CLASS_TYPES: Everything,
        Stream.PRICES: Everything,
        Stream.CLIENTS: Since,
        Stream.SESSIONS: Window,
        Stream.RESERVATIONS: OfSession,
        Stream.SALES: Window,
    }


@responses.activate
def test_lists_are_asked_for_by_the_names_of_the_specification(wire: Wires, sample: Sample) -> None:
    api = wire().api
    answer("/site/locations", listing("Locations", sample("location")))
    answer("/class/classdescriptions", listing("ClassDescriptions", sample("classdescription")))
    answer("/sale/services", listing("Services", sample("service")))
    for stream in (Stream.VENUES, Stream.CLASS_TYPES, Stream.PRICES):
        (page,) = read(stream, api, Everything())
        assert page.final
        assert len(page.items) == 1
    whole = {"request.limit": "200", "request.offset": "0"}
    assert asked(0) == whole
    assert asked(1) == whole | {"request.includeInactive": "true"}
    assert asked(2) == whole | {"request.includeDiscontinued": "true"}


@responses.activate
def test_a_record_keeps_the_payload_that_it_was_read_from(wire: Wires, sample: Sample) -> None:
    answer("/client/clients", listing("Clients", sample("client")))
    (page,) = read(Stream.CLIENTS, wire().api, Since(None))
    assert dict(page.items[0].raw) == sample("client")


@responses.activate
def test_clients_are_asked_for_since_an_instant_on_the_sites_clock(wire: Wires, sample: Sample) -> None:
    answer("/client/clients", listing("Clients", sample("client")))
    api = wire().api
    read(Stream.CLIENTS, api, Since(datetime(2026, 3, 1, 3, 30, tzinfo=UTC)))
    read(Stream.CLIENTS, api, Since(None))
    assert asked(0)["request.lastModifiedDate"] == "2026-02-28T22:30:00"
    assert asked(0)["request.includeInactive"] == "true"
    assert "request.lastModifiedDate" not in asked(1)
    assert MINDBODY.streams[Stream.CLIENTS].overlap_hours >= 24


@responses.activate
def test_classes_are_asked_for_by_the_sites_days_and_kept_by_the_instant(wire: Wires, sample: Sample) -> None:
    early = sample("class", Id=1, StartDateTime="2026-03-01T23:59:00", EndDateTime="2026-03-02T00:30:00")
    first = sample("class", Id=2, StartDateTime="2026-03-02T00:00:00", EndDateTime="2026-03-02T01:00:00")
    last = sample("class", Id=3, StartDateTime="2026-03-08T23:59:59", EndDateTime="2026-03-09T01:00:00")
    late = sample("class", Id=4, StartDateTime="2026-03-09T00:00:00", EndDateTime="2026-03-09T01:00:00")
    answer("/class/classes", listing("Classes", early, first, last, late))
    (page,) = read(Stream.SESSIONS, wire().api, WEEK)
    assert [item.record.external_id for item in page.items] == ["2", "3"]
    assert page.final
    assert asked() == {
        "request.startDateTime": "2026-03-02T00:00:00",
        "request.endDateTime": "2026-03-08T23:59:59",
        "request.hideCanceledClasses": "false",
        "request.schedulingWindow": "false",
        "request.limit": "200",
        "request.offset": "0",
    }


@responses.activate
def test_a_page_of_which_nothing_is_kept_does_not_end_the_list(wire: Wires, sample: Sample) -> None:
    outside = [
        sample("class", Id=number, StartDateTime="2026-04-01T10:00:00", EndDateTime="2026-04-01T11:00:00")
        for number in range(200)
    ]
    answer("/class/classes", listing("Classes", *outside, total=201))
    answer("/class/classes", listing("Classes", sample("class", Id=999), total=201))
    pages = read(Stream.SESSIONS, wire().api, WEEK)
    assert [len(page.items) for page in pages] == [0, 1]
    assert asked(1)["request.offset"] == "200"
    assert pages[-1].final


@responses.activate
def test_one_bad_class_is_set_aside_with_its_reason_and_the_rest_goes_on(wire: Wires, sample: Sample) -> None:
    answer(
        "/class/classes",
        listing("Classes", sample("class", Id=1), sample("class", Id=2, MaxCapacity=-3), "odd", sample("class", Id=4)),
    )
    (page,) = read(Stream.SESSIONS, wire().api, WEEK)
    assert [item.record.external_id for item in page.items] == ["1", "4"]
    bad, odd = page.set_aside
    assert (bad.stream, bad.external_id, bad.raw["MaxCapacity"]) == (Stream.SESSIONS, "2", -3)
    assert bad.reason.startswith("Class 2: MaxCapacity -3 must be")
    assert (odd.external_id, odd.raw) == (None, {"value": "odd"})
    assert page.final


@responses.activate
def test_a_number_that_is_none_costs_one_record_not_the_page(wire: Wires, sample: Sample) -> None:
    good, bad = sample("service"), sample("service", Id="7", ProductId=7)
    text = _json(listing("Services", good, bad))
    head, tail = text.rsplit('"Price": 180.0', 1)
    responses.get(f"{FAR}/sale/services", body=f'{head}"Price": NaN{tail}', content_type="application/json")
    (page,) = read(Stream.PRICES, wire().api, Everything())
    assert [item.record.external_id for item in page.items] == ["1552"]
    assert "Price 'NaN' is no amount" in page.set_aside[0].reason


@responses.activate
def test_sales_come_as_lines_of_the_window(wire: Wires, sample: Sample) -> None:
    early = sample("sale", Id=1, SaleDateTime="2026-03-01T23:59:59")
    inside = sample("sale", Id=2, SaleDateTime="2026-03-02T00:00:00")
    answer("/sale/sales", listing("Sales", early, inside, sample("sale", Id=3, SaleDateTime="whenever")))
    (page,) = read(Stream.SALES, wire().api, WEEK)
    assert [item.record.external_id for item in page.items] == ["2:1", "2:2"]
    assert [(each.external_id, "SaleDateTime" in each.reason) for each in page.set_aside] == [
        ("3:1", True),
        ("3:2", True),
    ]
    assert asked()["request.startSaleDateTime"] == "2026-03-01T23:59:59"
    assert asked()["request.endSaleDateTime"] == "2026-03-09T00:00:01"


def roster(sample: Sample, *visits: Any, **bent: Any) -> dict[str, Any]:
    return {"Class": sample("class") | {"Visits": list(visits)} | bent}


@responses.activate
def test_a_roster_is_one_call_and_whole(wire: Wires, sample: Sample) -> None:
    answer("/class/classvisits", roster(sample, sample("visit"), sample("visit", Id=2, SignedIn="?")))
    made = wire()
    (page,) = read(Stream.RESERVATIONS, made.api, OfSession("70211"))
    assert asked() == {"request.classID": "70211"}
    assert [item.record.external_id for item in page.items] == ["551002"]
    assert [each.external_id for each in page.set_aside] == ["2"]
    assert page.final
    assert made.calls == [("GET /class/classvisits", 200)]


@responses.activate
@pytest.mark.parametrize(
    ("bent", "final"),
    [({"TotalBooked": 0}, True), ({"TotalBooked": 9}, False), ({"Visits": None, "TotalBooked": 9}, False)],
)
def test_an_empty_roster_is_not_believed_while_the_class_counts_bookings(
    wire: Wires, sample: Sample, bent: dict[str, Any], final: bool
) -> None:
    answer("/class/classvisits", roster(sample, **bent))
    (page,) = read(Stream.RESERVATIONS, wire().api, OfSession("70211"))
    assert (page.items, page.final) == ((), final)


@responses.activate
@pytest.mark.parametrize(
    "body", [{}, {"Class": None}, [], {"Class": {"Id": 5, "Visits": []}}, {"Class": {"Visits": 5}}]
)
def test_an_answer_about_something_else_is_no_roster(wire: Wires, body: Any) -> None:
    answer("/class/classvisits", body)
    with pytest.raises(TryAgain, match="GET /class/classvisits"):
        read(Stream.RESERVATIONS, wire().api, OfSession("70211"))


@responses.activate
@pytest.mark.parametrize(
    "body", [{}, [], {"Classes": None}, {"Classes": {}}, {"PaginationResponse": {"TotalResults": 5}}]
)
def test_an_answer_without_the_list_is_no_empty_list(wire: Wires, body: Any) -> None:
    answer("/class/classes", body)
    with pytest.raises(TryAgain, match="GET /class/classes: the answer has no list of Classes"):
        read(Stream.SESSIONS, wire().api, WEEK)


@responses.activate
def test_an_empty_list_may_be_left_out_where_there_is_nothing(wire: Wires) -> None:
    answer("/class/classes", {"PaginationResponse": {"TotalResults": 0}})
    (page,) = read(Stream.SESSIONS, wire().api, WEEK)
    assert (page.items, page.final, page.total) == ((), True, 0)


@responses.activate
def test_a_failing_second_page_leaves_the_first_and_no_end(wire: Wires, sample: Sample) -> None:
    answer("/class/classes", listing("Classes", *(sample("class", Id=number) for number in range(200)), total=300))
    responses.get(f"{FAR}/class/classes", status=500)
    pages = MINDBODY.streams[Stream.SESSIONS].read(wire().api, WEEK)
    assert not next(pages).final
    with pytest.raises(TryAgain):
        next(pages)


@responses.activate
def test_a_lying_total_is_no_number_of_pages(wire: Wires, sample: Sample) -> None:
    body = listing("Classes", sample("class"))
    body["PaginationResponse"]["TotalResults"] = "many"
    answer("/class/classes", body)
    (page,) = read(Stream.SESSIONS, wire().api, WEEK)
    assert (len(page.items), page.total, page.final) == (1, None, True)


@responses.activate
def test_the_same_class_in_two_zones_is_two_instants(wire: Wires, sample: Sample) -> None:
    answer("/class/classes", listing("Classes", sample("class")))
    api = wire().api
    sydney = replace(api, site=Site("1002", "", "Australia/Sydney", "AUD"))
    starts = [read(Stream.SESSIONS, each, WEEK)[0].items[0].record.starts_at for each in (api, sydney)]
    assert starts[0] - starts[1] == timedelta(hours=16)


@responses.activate
def test_it_describes_the_account(wire: Wires, sample: Sample) -> None:
    answer("/site/sites", listing("Sites", sample("site", Id=7), sample("site")))
    unknown = replace(wire().api, site=Site("1001", "", "UTC", ""))
    assert MINDBODY.describe(unknown) == Site("1001", "Lantern Yoga", "America/New_York", "USD")
    assert asked() == {"request.siteIds": "1001"}


@responses.activate
def test_an_account_that_is_not_listed_has_not_admitted_us(wire: Wires, sample: Sample) -> None:
    answer("/site/sites", listing("Sites", sample("site", Id=7)))
    with pytest.raises(Rejected, match="does not list site 1001"):
        MINDBODY.describe(wire().api)


@responses.activate
def test_an_account_without_a_time_zone_says_so(wire: Wires, sample: Sample) -> None:
    answer("/site/sites", listing("Sites", sample("site", TimeZone=None)))
    with pytest.raises(BadRecord, match="Site 1001: TimeZone is missing"):
        MINDBODY.describe(wire().api)


def test_requests_carry_the_key_and_the_site() -> None:
    headers = MINDBODY.headers("-99", {"API_KEY": "k"})
    assert (headers["API-Key"], headers["SiteId"]) == ("k", "-99")
    assert SITE.id not in headers.values()
