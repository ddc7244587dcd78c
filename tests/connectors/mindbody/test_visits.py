"""A visit becomes a reservation: what became of it, how it was booked, who it was."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import BadRecord
from connectors.mindbody.visits import reservation
from connectors.platform import Api
from connectors.records import BookingTime, Outcome, Reservation
from tests.fixtures.database import NOON
from tests.fixtures.doors import SITE

Sample = Callable[..., dict[str, Any]]
ZONE = Api(None, SITE, NOON).zone  # type: ignore[arg-type]  no door is opened


def read(visit: Any, session_id: str = "70211") -> Reservation:
    return reservation(visit, session_id, ZONE)


def test_a_visit(sample: Sample) -> None:
    assert read(sample("visit")) == Reservation(
        external_id="551002",
        session_id="70211",
        client_id="100002044",
        source="service:10 Class Card",
        outcome=Outcome.BOOKED,
        booked_at=None,
        booked_at_source=BookingTime.UNKNOWN,
        purchase_id="4410",
        price_option_id="1552",
        updated_at=datetime(2026, 3, 2, 9, 15, 30, 400_000, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("bent", "outcome"),
    [
        ({}, Outcome.BOOKED),
        ({"SignedIn": True}, Outcome.ATTENDED),
        ({"SignedIn": None, "LateCancelled": None, "Missed": None}, Outcome.BOOKED),
        ({"Missed": True}, Outcome.NO_SHOW),
        ({"LateCancelled": True}, Outcome.LATE_CANCELLED),
        ({"LateCancelled": True, "Missed": True}, Outcome.LATE_CANCELLED),
        ({"SignedIn": True, "AppointmentStatus": "NoShow"}, Outcome.ATTENDED),
        ({"AppointmentStatus": "Something new"}, Outcome.BOOKED),
    ],
)
def test_what_became_of_it(sample: Sample, bent: dict[str, Any], outcome: Outcome) -> None:
    assert read(sample("visit", **bent)).outcome is outcome


@pytest.mark.parametrize(
    ("bent", "source"),
    [
        ({"ServiceName": " ClassPass "}, "service:ClassPass"),
        ({"ServiceName": None}, "web"),
        ({"ServiceName": "", "WebSignup": True}, "web"),
        ({"ServiceName": None, "WebSignup": False}, "staff"),
        ({"ServiceName": None, "WebSignup": None}, "staff"),
    ],
)
def test_how_it_was_booked_is_told_in_the_platforms_own_words(
    sample: Sample, bent: dict[str, Any], source: str
) -> None:
    assert read(sample("visit", **bent)).source == source


def test_a_comped_visit_without_its_optional_keys_is_a_reservation(sample: Sample) -> None:
    bare = sample("visit", ProductId=None, ServiceId=None, ServiceName=None, SignedIn=None, LastModifiedDateTime=None)
    found = read(bare)
    assert (found.purchase_id, found.price_option_id, found.updated_at) == (None, None, None)


def test_a_client_that_is_named_only_by_a_changeable_id_is_not_guessed(sample: Sample) -> None:
    assert read(sample("visit", ClientUniqueId=None)).client_id is None


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        ({"Id": None}, "no Id"),
        ({"Id": 0}, "no Id"),
        ({"ClassId": 99}, "ClassId 99 is not the class that was asked for, 70211"),
        ({"SignedIn": "yes"}, "Visit 551002: SignedIn 'yes' must be true or false"),
        ({"LastModifiedDateTime": "yesterday"}, "LastModifiedDateTime 'yesterday' is not a time"),
        ({"ClientUniqueId": True}, "ClientUniqueId True is no id"),
        ({"ServiceId": {"a": 1}}, "ServiceId .* is no id"),
    ],
)
def test_a_visit_that_cannot_be_read_says_why(sample: Sample, bent: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        read(sample("visit", **bent))


@pytest.mark.parametrize("visit", [None, 5, "visit", []])
def test_what_is_no_object_is_no_visit(visit: Any) -> None:
    with pytest.raises(BadRecord, match="no object"):
        read(visit)


def test_a_visit_is_cheap_to_read(sample: Sample) -> None:
    """A backfill reads millions: they go by a plain function, not by a schema."""
    visit, called = sample("visit"), list[str]()
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        read(visit)
    finally:
        sys.setprofile(None)
    assert 0 < len(called) < 40, called
