"""What Mariana Tek's resources mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import BadRecord
from connectors.marianatek.reservations import reservation
from connectors.marianatek.shapes import ClassTypeShape, ClientShape, SessionShape, VenueShape
from connectors.records import BookingTime, Outcome, SessionStatus
from tests.connectors.marianatek.conftest import Sample
from tests.fixtures.doors import SITE


def test_a_session_is_held_at_one_instant_whichever_clock_tells_it(sample: Sample) -> None:
    raw = sample("class_session")
    session = SessionShape(SITE).read(raw)
    venue = VenueShape(SITE).read(sample("location"), currency="USD")
    assert venue.timezone == "America/New_York"
    there = session.starts_at.astimezone(ZoneInfo(venue.timezone))
    assert (there.date().isoformat(), there.time().isoformat()) == (
        raw["attributes"]["start_date"],
        raw["attributes"]["start_time"],
    )
    assert session.starts_at == datetime(2026, 3, 3, 0, 30, tzinfo=UTC)


def test_places_add_up(sample: Sample) -> None:
    raw = sample("class_session")
    session = SessionShape(SITE).read(raw)
    assert (session.capacity, session.booked, session.waitlisted) == (5, 3, 0)
    assert session.capacity - session.booked == len(raw["attributes"]["available_spots"])
    assert SessionShape(SITE).read(sample("class_session", capacity=None)).capacity is None


@pytest.mark.parametrize(
    ("bent", "status", "hidden"),
    [
        ({}, SessionStatus.SCHEDULED, False),
        ({"archived_at": "2026-03-01T10:00:00Z"}, SessionStatus.CANCELLED, False),
        ({"cancelled_by_user": {"type": "users", "id": "5"}}, SessionStatus.CANCELLED, False),
        ({"public": False}, SessionStatus.SCHEDULED, True),
        ({"cancellation_datetime": None}, SessionStatus.SCHEDULED, False),
    ],
)
def test_the_time_to_cancel_by_is_no_cancellation(
    sample: Sample, bent: dict[str, Any], status: SessionStatus, hidden: bool
) -> None:
    session = SessionShape(SITE).read(sample("class_session", **bent))
    assert (session.status, session.hidden) == (status, hidden)


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        (
            {"end_datetime": "2026-03-03T00:30:00Z"},
            "Class session 2001: attributes.end_datetime .* not after the start",
        ),
        ({"location": None}, "relationships.location.data.id is missing"),
        ({"capacity": -3}, "attributes.capacity -3"),
    ],
)
def test_a_session_that_can_be_none_says_what_is_wrong(sample: Sample, bent: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        SessionShape(SITE).read(sample("class_session", **bent))


def test_a_type_and_a_user_are_read(sample: Sample) -> None:
    assert ClassTypeShape(SITE).read(sample("class_session_type")).name == "Rhythm Ride (45 Minutes)"
    assert ClassTypeShape(SITE).read(sample("class_session_type", enabled=False)).hidden
    assert ClientShape(SITE).read(sample("user")).email == "ana@example.org"
    assert ClientShape(SITE).read(sample("user", email=None)).email is None


@pytest.mark.parametrize(
    ("bent", "outcome"),
    [
        ({}, Outcome.BOOKED),
        ({"check_in_date": "2026-03-03T00:20:00Z"}, Outcome.ATTENDED),
        ({"cancel_date": "2026-03-01T09:00:00Z"}, Outcome.CANCELLED),
        ({"cancel_date": "2026-03-01T09:00:00Z", "check_in_date": "2026-03-03T00:20:00Z"}, Outcome.CANCELLED),
        ({"status": "a word that nobody has written down"}, Outcome.BOOKED),
    ],
)
def test_dates_tell_what_became_of_a_reservation(sample: Sample, bent: dict[str, Any], outcome: Outcome) -> None:
    found = reservation(sample("reservation", **bent), "789")
    assert found.outcome is outcome
    assert (found.booked_at, found.booked_at_source) == (
        datetime(2026, 2, 20, 8, 15, tzinfo=UTC),
        BookingTime.PLATFORM,
    )


def test_a_guest_is_known_by_the_address_on_the_reservation_and_by_who_pays(sample: Sample) -> None:
    guest = {"reserved_for_guest": True, "guest_email": "gil@example.org"}
    ours = reservation(sample("reservation", **guest, user={"type": "users", "id": "789"}), "789")
    assert (ours.client_id, ours.guest_email, ours.source) == (None, "gil@example.org", "guest:payer 789")
    theirs = reservation(sample("reservation", **guest, user={"type": "users", "id": "790"}), "789")
    assert (theirs.client_id, theirs.source) == (None, "guest:of somebody else")
    own = reservation(sample("reservation"), "789")
    assert (own.client_id, own.guest_email, own.source) == ("9001", None, "paid by:membership")
    assert reservation(sample("reservation", payment_options=[]), None).source == "reservation"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (7, "no object"),
        ({"id": "1"}, "class_session.data.id is missing"),
        ({"attributes": {}}, "without|id is missing"),
    ],
)
def test_a_reservation_that_can_be_none_says_so(raw: Any, why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        reservation(raw, None)


def test_a_date_that_is_none_is_named_without_an_address(sample: Sample) -> None:
    with pytest.raises(BadRecord, match=r"Reservation 70001: attributes.creation_date 'soon' is not a time"):
        reservation(sample("reservation", creation_date="soon"), None)
    with pytest.raises(BadRecord) as caught:
        reservation(sample("reservation", creation_date="ana@example.org"), None)
    assert "ana@" not in str(caught.value)


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "data", "attributes"]), inner),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(PARTS, st.sampled_from([SessionShape, ClassTypeShape, ClientShape]))
def test_nothing_that_comes_does_more_than_be_set_aside(payload: Any, kind: Any) -> None:
    for read in (kind(SITE).read, lambda raw: reservation(raw, "789")):
        try:
            made = read(payload)
        except BadRecord:
            continue
        assert made.external_id
