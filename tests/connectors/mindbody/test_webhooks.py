"""Mindbody's messages: genuine or not, and what they tell us to look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.errors import BadRecord
from connectors.mindbody.webhooks import EVENTS, read, verify
from connectors.records import BookingEvent, Delivery, Hint, Stream
from connectors.signatures import sha256_base64

Sample = Callable[..., dict[str, Any]]
FOLDER = Path(__file__).parent.parent / "samples" / "mindbody"
SECRET = "the subscription's own key"
BODY = (FOLDER / "booking_event.json").read_bytes()
RIGHT = f"sha256={sha256_base64(SECRET, BODY)}"


def signed(signature: str, name: str = "X-Mindbody-Signature") -> dict[str, str]:
    return {"Content-Type": "application/json", name: signature}


def test_a_message_signed_with_the_key_is_genuine_whatever_the_case_of_its_header() -> None:
    assert verify(SECRET, signed(RIGHT), BODY)
    assert verify(SECRET, signed(RIGHT, "x-mindbody-signature"), BODY)


def test_the_signature_is_of_the_raw_body_not_of_what_it_means() -> None:
    assert not verify(SECRET, signed(RIGHT), json.dumps(json.loads(BODY)).encode())


@pytest.mark.parametrize("position", [0, len(BODY) // 2, len(BODY) - 1])
def test_a_changed_byte_is_found_out(position: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= 1
    assert not verify(SECRET, signed(RIGHT), bytes(changed))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        RIGHT.removeprefix("sha256="),
        RIGHT.upper(),
        RIGHT + "=",
        f"{RIGHT}, {RIGHT}",
        ", ".join([RIGHT] * 1000),
        "sha256=" + "!" * 44,
        "sha256=é",
        "sha1=" + RIGHT.removeprefix("sha256="),
        "sha256=" + "0" * 64,
        "a" * 2**20,
        f"sha256={sha256_base64('another key', BODY)}",
    ],
)
def test_any_other_signature_is_wrong(signature: str) -> None:
    assert not verify(SECRET, signed(signature), BODY)


def test_without_a_signature_or_without_a_key_nothing_is_genuine() -> None:
    assert not verify(SECRET, {}, BODY)
    assert not verify(SECRET, signed(RIGHT) | {"x-mindbody-signature": RIGHT}, BODY)
    assert not verify("", signed(f"sha256={sha256_base64('', BODY)}"), BODY)


def test_a_booking_tells_its_class_and_when_it_was_made() -> None:
    assert read(BODY) == Delivery(
        message_id="m-205",
        event="classRosterBooking.created",
        hints=(
            Hint(
                site="1001",
                stream=Stream.RESERVATIONS,
                external_id="551002",
                session_id="70211",
                booking=BookingEvent.MADE,
                occurred_at=datetime(2026, 3, 2, 11, 5, 9, 250_000, tzinfo=UTC),
            ),
        ),
    )


def event(name: str, when: Any = "2026-03-02T11:00:00Z", **data: Any) -> bytes:
    return json.dumps(
        {"messageId": "m-1", "eventId": name, "eventInstanceOriginationDate": when, "eventData": data}
    ).encode()


@pytest.mark.parametrize(
    ("name", "data", "stream", "external_id", "session_id", "booking"),
    [
        (
            "classRosterBooking.cancelled",
            {"classRosterBookingId": 5, "classId": 9},
            "reservations",
            "5",
            "9",
            "cancelled",
        ),
        (
            "classRosterBookingStatus.updated",
            {"classRosterBookingId": 5, "classId": 9},
            "reservations",
            "5",
            "9",
            "changed",
        ),
        ("class.updated", {"classId": 9}, "sessions", "9", None, None),
        ("classWaitlistRequest.created", {"classId": 9}, "sessions", "9", None, None),
        ("classWaitlistRequest.cancelled", {"waitlistEntryId": 1}, "sessions", None, None, None),
        ("classSchedule.updated", {"classScheduleId": 3}, "sessions", None, None, None),
        ("classDescription.updated", {"id": 61}, "class_types", "61", None, None),
        ("client.created", {"clientUniqueId": 8}, "clients", "8", None, None),
        (
            "clientProfileMerger.created",
            {"keptClientUniqueId": 8, "removedClientUniqueId": 7},
            "clients",
            "8",
            None,
            None,
        ),
        ("clientSale.created", {"saleId": 96}, "sales", "96", None, None),
        ("location.updated", {"locationId": 1}, "venues", "1", None, None),
    ],
)
def test_each_event_tells_where_to_look(
    name: str, data: Any, stream: str, external_id: str | None, session_id: str | None, booking: str | None
) -> None:
    (hint,) = read(event(name, siteId=-99, **data)).hints
    assert (hint.site, hint.stream, hint.external_id, hint.session_id) == ("-99", stream, external_id, session_id)
    assert hint.booking == booking
    assert hint.occurred_at == datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize("name", ["site.updated", "clientContract.created", "something.new", "", "staff.created"])
def test_an_event_that_we_do_not_know_tells_nothing(name: str) -> None:
    assert read(event(name, siteId=1)).hints == ()


def test_new_keys_change_nothing() -> None:
    assert read(event("class.updated", siteId=1, classId=2, invented={"a": [1]})).hints[0].external_id == "2"


def test_nothing_of_a_person_is_taken_along(sample: Sample) -> None:
    told = repr(read(json.dumps(sample("updated_client_event")).encode()))
    for secret in ("4242", "6789", "2028", "robin", "Robin"):
        assert secret not in told


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"<html>", "can't be read"),
        (b"[1]", "messageId is no id"),
        (b"{}", "messageId is no id"),
        (event("class.updated", classId=2), "siteId is no id"),
        (event("class.updated", siteId=1), "classId is no id"),
        (event("class.updated", siteId=1, classId={"a": 1}), "classId is no id"),
        (event("class.updated", when="soon", siteId=1, classId=2), "is not a time"),
    ],
)
def test_a_message_that_cannot_be_read_says_why(body: bytes, why: str) -> None:
    with pytest.raises(BadRecord, match=why):
        read(body)


def test_a_message_without_a_time_is_still_a_hint() -> None:
    assert read(event("class.updated", when=None, siteId=1, classId=2)).hints[0].occurred_at is None


@given(
    st.dictionaries(
        st.sampled_from(["messageId", "eventId", "eventData", "eventInstanceOriginationDateTime"]),
        st.sampled_from([*EVENTS, "m", 5, None, True, {}, {"siteId": 1, "classId": "x"}, [], "2026-03-02T11:00:00Z"]),
    )
)
def test_no_message_does_more_than_be_refused(message: dict[str, Any]) -> None:
    try:
        delivery = read(json.dumps(message).encode())
    except BadRecord:
        return
    assert all(hint.site for hint in delivery.hints)


def test_the_declaration_names_the_events_that_it_understands() -> None:
    webhooks = registry.get("mindbody").webhooks
    assert webhooks is not None
    assert webhooks.events == EVENTS
    assert "classRosterBooking.created" in webhooks.events
