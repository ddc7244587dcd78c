"""Mindbody's payloads become records, or a reason that a studio can read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadRecord
from connectors.fields import Shape
from connectors.mindbody.sales import SaleLineShape, items_of
from connectors.mindbody.shapes import ClassTypeShape, ClientShape, PriceShape, SessionShape, SiteShape, VenueShape
from connectors.platform import Site
from connectors.records import (
    ClassType,
    Client,
    PriceKind,
    PriceOption,
    SaleLine,
    Session,
    SessionStatus,
    Venue,
)
from tests.fixtures.doors import SITE

Sample = Callable[..., dict[str, Any]]


def session(payload: Any) -> Session:
    return SessionShape(SITE).read(payload)


def price(payload: Any, currency: str = "USD") -> PriceOption:
    return PriceShape(Site("1", "", "UTC", currency)).read(payload, currency=currency)


def test_a_site(sample: Sample) -> None:
    assert SiteShape(SITE).read(sample("site")) == Site("1001", "Lantern Yoga", "America/New_York", "USD")


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        ({"TimeZone": None}, "Site 1001: TimeZone is missing"),
        ({"TimeZone": ""}, "TimeZone '' is empty"),
        ({"TimeZone": "Lantern Time"}, "'Lantern Time' is no time zone that we know"),
        ({"CurrencyIsoCode": None}, "CurrencyIsoCode is missing"),
        ({"CurrencyIsoCode": "dollars"}, "is no currency"),
        ({"Name": None}, "Name is missing"),
    ],
)
def test_a_site_without_what_everything_needs_says_so(sample: Sample, bent: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        SiteShape(SITE).read(sample("site", **bent))


def test_a_location_is_in_the_sites_zone_and_currency(sample: Sample) -> None:
    found = VenueShape(SITE).read(sample("location"), timezone=SITE.timezone, currency=SITE.currency)
    assert found == Venue(
        external_id="1", name="Lantern Yoga Downtown", timezone="America/New_York", currency="USD", city="Albany"
    )


@pytest.mark.parametrize(
    ("bent", "category"),
    [
        ({}, "Yoga"),
        ({"Category": None}, "Flow"),
        ({"Category": "  ", "SessionType": None}, "Group classes"),
        ({"Category": None, "SessionType": None, "Program": None}, None),
    ],
)
def test_a_class_type_takes_the_finest_category(sample: Sample, bent: dict[str, Any], category: str | None) -> None:
    found = ClassTypeShape(SITE).read(sample("classdescription", **bent))
    assert found == ClassType(external_id="61", name="Slow Flow", category=category, hidden=False)


def test_a_retired_class_type_is_hidden(sample: Sample) -> None:
    assert ClassTypeShape(SITE).read(sample("classdescription", Active=False)).hidden


def test_a_client_is_known_by_the_id_that_never_changes(sample: Sample) -> None:
    assert ClientShape(SITE).read(sample("client")) == Client(
        external_id="100002044",
        public_id="L-2044",
        email="robin@example.com",
        created_at=datetime(2025, 11, 20, 21, 40, tzinfo=UTC),
        updated_at=datetime(2026, 2, 11, 8, 0, 1, 200_000, tzinfo=UTC),
        active=True,
    )


@pytest.mark.parametrize("email", [None, "", "   "])
def test_a_client_without_an_address_is_a_client(sample: Sample, email: str | None) -> None:
    assert ClientShape(SITE).read(sample("client", Email=email)).email is None


def test_a_client_without_the_unchanging_id_is_set_aside(sample: Sample) -> None:
    with pytest.raises(BadRecord, match="Client L-2044: UniqueId is missing"):
        ClientShape(SITE).read(sample("client", UniqueId=None))


def test_no_address_stands_in_a_reason(sample: Sample) -> None:
    with pytest.raises(BadRecord) as caught:
        ClientShape(SITE).read(sample("client", Email=["robin@example.com"], CreationDate="robin@example.com"))
    assert "robin" not in str(caught.value)
    assert "Email" in str(caught.value)


def test_a_class(sample: Sample) -> None:
    assert session(sample("class")) == Session(
        external_id="70211",
        venue_id="1",
        class_type_id="61",
        template_id="812",
        instructor_id="100000021",
        starts_at=datetime(2026, 3, 6, 23, 0, tzinfo=UTC),
        ends_at=datetime(2026, 3, 7, 0, 15, tzinfo=UTC),
        capacity=18,
        online_capacity=14,
        booked=9,
        booked_online=7,
        waitlisted=0,
        status=SessionStatus.SCHEDULED,
        hidden=False,
        updated_at=datetime(2026, 3, 1, 14, 2, 11, 700_000, tzinfo=UTC),
    )


def test_a_class_that_says_nothing_of_its_places_has_an_unknown_number_of_them(sample: Sample) -> None:
    found = session(
        sample(
            "class",
            MaxCapacity=None,
            WebCapacity=None,
            TotalBooked=None,
            WebBooked=None,
            Staff=None,
            ClassScheduleId=None,
            LastModifiedDateTime=None,
            IsCanceled=None,
        )
    )
    assert (found.capacity, found.online_capacity, found.booked, found.booked_online) == (None, None, None, None)
    assert (found.template_id, found.instructor_id, found.updated_at) == (None, None, None)
    assert found.status is SessionStatus.SCHEDULED


def test_none_and_zero_places_are_two_things(sample: Sample) -> None:
    assert session(sample("class", WebCapacity=0)).online_capacity == 0
    explicit = sample("class") | {"MaxCapacity": None, "WebCapacity": None}
    assert session(explicit).capacity is None


def test_an_overbooked_class_is_read(sample: Sample) -> None:
    assert session(sample("class", TotalBooked=25)).booked == 25


@pytest.mark.parametrize(
    ("bent", "status", "hidden"),
    [
        ({"IsCanceled": True}, SessionStatus.CANCELLED, False),
        ({"IsCanceled": True, "HideCancel": True}, SessionStatus.CANCELLED, True),
        ({"HideCancel": True}, SessionStatus.SCHEDULED, False),
        ({"Active": False}, SessionStatus.SCHEDULED, True),
    ],
)
def test_cancelled_and_hidden(sample: Sample, bent: dict[str, Any], status: SessionStatus, hidden: bool) -> None:
    found = session(sample("class", **bent))
    assert (found.status, found.hidden) == (status, hidden)


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        ({"MaxCapacity": -1}, "Class 70211: MaxCapacity -1 must be a whole number from 0"),
        ({"MaxCapacity": Decimal("12.5")}, "MaxCapacity 12.5 must be a whole number"),
        ({"MaxCapacity": "NaN"}, "MaxCapacity 'NaN' must be a whole number"),
        ({"MaxCapacity": True}, "MaxCapacity True must be a whole number"),
        ({"MaxCapacity": 10**7}, "MaxCapacity 10000000 must be"),
        ({"WebCapacity": 19}, "WebCapacity 19 is more than MaxCapacity 18"),
        ({"EndDateTime": "2026-03-06T17:00:00"}, "EndDateTime '2026-03-06T17:00:00' is not after the start"),
        ({"EndDateTime": "2026-03-06T18:00:00"}, "is not after the start"),
        ({"StartDateTime": None}, "StartDateTime is missing"),
        (
            {"StartDateTime": "2026-03-08T02:30:00"},
            "StartDateTime '2026-03-08T02:30:00' does not exist in America/New_York",
        ),
        ({"StartDateTime": 5}, "StartDateTime 5 is no time"),
        ({"Id": None}, "Class without an id: Id is missing"),
        ({"Id": ""}, "Id '' is no id"),
        ({"Id": True}, "Id True is no id"),
        ({"Id": "9" * 5000}, "is no id"),
        ({"Id": "a\ufffdb"}, "is no id"),
        ({"Location": None}, "Location.Id is missing"),
        ({"Location": "downtown"}, "Location.Id is missing"),
        ({"ClassDescription": {}}, "ClassDescription.Id is missing"),
        ({"IsCanceled": "perhaps"}, "IsCanceled 'perhaps' must be true or false"),
    ],
)
def test_a_class_that_cannot_be_says_what_is_wrong_with_which_field(
    sample: Sample, bent: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadRecord, match=why):
        session(sample("class", **bent))


@pytest.mark.parametrize("payload", [None, 5, "class", [], [1]])
def test_what_is_no_object_is_no_record(payload: Any) -> None:
    with pytest.raises(BadRecord, match="is no object"):
        session(payload)


def test_ids_are_text_whatever_type_they_come_in(sample: Sample) -> None:
    assert session(sample("class", Id="70211", Staff={"Id": "100000021"})) == session(sample("class"))


def test_all_that_is_wrong_is_said_at_once(sample: Sample) -> None:
    with pytest.raises(BadRecord, match=r"MaxCapacity .*; .*EndDateTime|EndDateTime .*; .*MaxCapacity"):
        session(sample("class", MaxCapacity=-4, EndDateTime="later"))


def test_a_price(sample: Sample) -> None:
    assert price(sample("service")) == PriceOption(
        external_id="1552",
        name="10 Class Card",
        kind=PriceKind.PACKAGE,
        price=Decimal("180.00"),
        currency="USD",
        sessions=10,
        intro_only=False,
        hidden=False,
    )


@pytest.mark.parametrize(
    ("bent", "kind", "sessions"),
    [
        ({"Type": "Drop-in", "Count": 1}, PriceKind.DROP_IN, 1),
        ({"Type": "Unlimited", "Count": 999}, PriceKind.MEMBERSHIP, None),
        ({"Type": "Something new"}, PriceKind.UNKNOWN, 10),
        ({"Type": None, "Count": None}, PriceKind.UNKNOWN, None),
    ],
)
def test_kinds_of_prices(sample: Sample, bent: dict[str, Any], kind: PriceKind, sessions: int | None) -> None:
    found = price(sample("service", **bent))
    assert (found.kind, found.sessions) == (kind, sessions)


@pytest.mark.parametrize("bent", [{"SellOnline": False}, {"Discontinued": True}, {"SaleInContractOnly": True}])
def test_a_price_that_nobody_can_buy_online_is_hidden(sample: Sample, bent: dict[str, Any]) -> None:
    assert price(sample("service", **bent)).hidden


def test_a_price_is_before_tax_where_the_tax_is_known(sample: Sample) -> None:
    assert price(sample("service", Price=Decimal(119), TaxIncluded=Decimal("19.000001"))).price == Decimal("100.00")


@pytest.mark.parametrize(
    ("given", "currency", "why"),
    [
        (Decimal("12.345"), "USD", "Price 12.345 is finer than USD can be paid"),
        (Decimal("12.5"), "JPY", "finer than JPY"),
        (Decimal("1e999"), "USD", "is no amount"),
        ("Infinity", "USD", "is no amount"),
        ("free", "USD", "is no amount"),
        (Decimal(-5), "USD", "less than nothing"),
        (None, "USD", "Price is missing"),
    ],
)
def test_a_price_that_cannot_be_paid_is_set_aside(sample: Sample, given: Any, currency: str, why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        price(sample("service", Price=given), currency)


@pytest.mark.parametrize("form", [Decimal("180.00"), 180, "180.00", Decimal("1.8E+2")])
def test_every_form_of_an_amount_is_the_same_amount(sample: Sample, form: Any) -> None:
    assert price(sample("service", Price=form)).price == Decimal(180)


def lines(sale: Any) -> list[SaleLine]:
    return [SaleLineShape(SITE).read(item) for item in items_of(sale)]


def test_a_sale_has_a_line_for_each_item_in_exact_amounts(sample: Sample) -> None:
    card, mat = lines(sample("sale"))
    assert card == SaleLine(
        external_id="9001:1",
        sale_id="9001",
        client_id="L-2044",
        sold_at=datetime(2026, 3, 1, 15, 30, tzinfo=UTC),
        description="10 Class Card",
        currency="USD",
        quantity=1,
        net=Decimal("162.00"),
        tax=Decimal("12.96"),
        price_option_id="1552",
    )
    assert (mat.net, mat.tax, mat.net + mat.tax) == (Decimal("20.20"), Decimal("1.62"), Decimal("21.82"))
    assert (mat.quantity, mat.price_option_id) == (2, None)


@pytest.mark.parametrize(
    "bent",
    [
        {"Quantity": -1, "TotalAmount": -174.96, "TaxAmount": -12.96},
        {"Quantity": -1},
        {"Returned": True},
        {"Returned": True, "Quantity": -1, "TotalAmount": -174.96, "TaxAmount": -12.96},
        {"TotalAmount": -174.96, "TaxAmount": -12.96},
        {"Returned": True, "Quantity": None},
    ],
)
def test_what_was_returned_is_negative_once_however_it_is_signed(sample: Sample, bent: dict[str, Any]) -> None:
    sale = sample("sale")
    exact = {key: Decimal(str(value)) if isinstance(value, float) else value for key, value in bent.items()}
    item = {key: value for key, value in (sale["PurchasedItems"][0] | exact).items() if value is not None}
    (line,) = lines(sale | {"PurchasedItems": [item]})
    assert (line.quantity, line.net, line.tax) == (-1, Decimal("-162.00"), Decimal("-12.96"))


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        ({"TotalAmount": None}, "PurchasedItem 1552: TotalAmount is missing"),
        ({"TotalAmount": "NaN"}, "TotalAmount 'NaN' is no amount"),
        ({"Quantity": Decimal("1.5")}, "must be a whole number"),
        ({"SaleDetailId": None}, "SaleDetailId is missing"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(sample: Sample, bent: dict[str, Any], why: str) -> None:
    sale = sample("sale")
    item = {key: value for key, value in (sale["PurchasedItems"][0] | bent).items() if value is not None}
    with pytest.raises(BadRecord, match=why):
        lines(sale | {"PurchasedItems": [item]})


@pytest.mark.parametrize("sale", [None, 5, [], {"Id": 1, "PurchasedItems": "none"}])
def test_a_sale_without_a_list_of_items_is_refused(sale: Any) -> None:
    with pytest.raises(BadRecord):
        items_of(sale)


def test_a_sale_of_nothing_has_no_lines(sample: Sample) -> None:
    assert lines(sample("sale", PurchasedItems=None)) == []


SCALARS = st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=30)
NAMES = (
    "Id UniqueId StartDateTime EndDateTime MaxCapacity WebCapacity Location Staff Price Type TimeZone CurrencyIsoCode"
    " Email Active Count SaleDetailId TotalAmount Quantity Sale Name"
)
KEYS = st.sampled_from(NAMES.split())
PAYLOADS = st.dictionaries(KEYS, SCALARS | st.dictionaries(KEYS, SCALARS, max_size=3) | st.lists(SCALARS, max_size=2))


@given(
    PAYLOADS,
    st.sampled_from([SiteShape, VenueShape, ClassTypeShape, ClientShape, SessionShape, PriceShape, SaleLineShape]),
)
def test_nothing_that_a_platform_sends_does_more_than_be_set_aside(payload: Any, kind: type[Shape]) -> None:
    more: dict[str, Any] = {VenueShape: {"timezone": "UTC", "currency": "USD"}, PriceShape: {"currency": "USD"}}.get(
        kind, {}
    )
    try:
        kind(SITE).read(payload, **more)
    except BadRecord as error:
        reason = str(error)
    else:
        reason = "read"
    assert reason
    assert "\n" not in reason
