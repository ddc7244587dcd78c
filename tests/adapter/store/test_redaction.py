"""What may be kept of a payload: no address, no name, no phone, no birth date, no postal address, no card."""

from __future__ import annotations

import json
import random
import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from adapter.store.redaction import MARK, about_person, redact, scrub
from adapter.store.sealing import Keyring
from adapter.store.tables import Base, Client
from connectors.records import Fetched, SetAside, Stream
from tests.adapter.store.records import (
    Mirror,
    class_type,
    client,
    fetched,
    price,
    reservation,
    sale,
    session,
    venue,
)

EVENT_FIELDS = Path(__file__).parent.parent.parent / "connectors" / "samples" / "mindbody" / "event_fields.json"
"""The texts that each kind of event carries, told apart into what may be kept and what may not."""


@pytest.mark.parametrize(
    "key",
    [
        "FirstName", "lastName", "middle_name", "fullName", "BirthDate", "birth_date", "dob", "MobilePhone",
        "clientPhone", "phone_number", "HomePhone", "AddressLine1", "address_line_2", "Address", "formatted_address",
        "StreetAddress", "PostalCode", "postal_code", "ClientCreditCard", "CardNumber", "CardHolder", "LastFour",
        "ACHLastFour", "AccountNumber", "NameOnAccount", "BillingName", "EmergencyContactInfoName", "clientFirstName",
        "staffName", "StaffDisplayName", "customerName", "SSN",
        "payingCustomerName", "RecipientName", "guest_name", "PhotoUrl",
        "creditCardExpDate", "directDebitLastFour", "assistantOneName", "cvv",
        "ClientPhotoUrl", "Gender", "Notes", "RedAlert", "ClientRelationships", "stripeToken", "soldBy", "teacher",
    ],
)  # fmt: skip
def test_personal_keys_are_dropped_however_they_are_written(keys: Keyring, key: str) -> None:
    kept = json.dumps(redact({"Id": 1, key: "canary", "Deep": [{"Client": {key: "canary", "Id": 2}}]}, keys))
    assert "canary" not in kept
    assert '"Id": 2' in kept


@pytest.mark.parametrize(
    "raw",
    [
        {"Name": "Yoga", "ServiceName": "Ten classes", "MembershipName": "Gold", "ClassName": "Flow"},
        {"ClientId": "100015", "ClientUniqueId": 7, "StaffId": 3, "SignedIn": True, "WebSignup": False},
        {"ClassDescription": {"Id": 5, "Name": "Flow", "Program": {"Name": "Mats"}}},
        {"clientPassId": "112", "clientPassSessionsTotal": 10, "ClientService": {"Id": 3, "Name": "Ten classes"}},
        {"Staff": {"Id": 9}, "Instructors": ["7", "12"], "Price": 12.5, "None": None},
    ],
)
def test_what_is_not_personal_stays(keys: Keyring, raw: dict[str, Any]) -> None:
    assert redact(raw, keys) == raw


def test_a_plain_name_is_a_persons_where_the_payload_is_about_a_person(keys: Keyring) -> None:
    assert redact({"Name": "Ana", "City": "Berlin", "Id": 1}, keys, person=True) == {"Id": 1}
    nested = {"Staff": {"Name": "Ana", "Id": 3}, "Class": {"Name": "Yoga"}}
    assert redact(nested, keys) == {"Staff": {"Id": 3}, "Class": {"Name": "Yoga"}}


@pytest.mark.parametrize(
    "key", ["Email", "email_address", "clientEmail", "guestMail", "EmergencyContactInfoEmail", "UserEmail"]
)
def test_an_address_becomes_the_hash_by_which_it_is_known(keys: Keyring, key: str) -> None:
    kept = redact({key: " Ana@Example.com "}, keys)
    assert kept == {key: MARK + keys.keyed_hash("ana@example.com")}


def test_what_stands_where_an_address_belongs_is_hashed_too(keys: Keyring) -> None:
    assert "ana" not in json.dumps(redact({"Email": "ana at example dot com"}, keys))
    assert redact({"SendAccountEmails": True, "Email": None, "EmailOptIn": ""}, keys) == {
        "SendAccountEmails": True,
        "Email": None,
        "EmailOptIn": "",
    }


@pytest.mark.parametrize(
    "text",
    [
        "write to canary@example.com.", "mailto:canary@example.com?subject=x", "<canary@example.com>",
        "https://x.example/?to=canary%40example.com&a=1", "canary＠example.com",
        "grüße%20an%20canary%40example.com", "a;canary@example.com;b@c.de",
        "canary@bücher.example", "email:canary@example.com", "Pass (canary@example.com)",
    ],
)  # fmt: skip
def test_addresses_are_found_inside_any_text_and_key(keys: Keyring, text: str) -> None:
    assert "canary" not in json.dumps(redact({"Anything": [text], text: 1, "Email": text}, keys))


def test_redacting_twice_changes_nothing(keys: Keyring) -> None:
    once = redact(
        {"Email": "ana@example.com", "Text": "see bob@example.com", "Client": {"Id": "x7", "Name": "A"}}, keys
    )
    assert redact(once, keys) == once


def test_a_text_made_to_take_long_does_not(keys: Keyring) -> None:
    assert len(scrub("a" * 300_000 + " @", keys)) == 300_002


def test_what_lies_too_deep_is_dropped(keys: Keyring) -> None:
    deep: Any = "bottom"
    for _ in range(500):
        deep = {"a": [deep]}
    assert "bottom" not in json.dumps(redact(deep, keys))


@pytest.mark.parametrize(
    "number", ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", 4111111111111111, "2223003122003222"]
)
def test_a_card_number_is_dropped_wherever_somebody_wrote_it(keys: Keyring, number: Any) -> None:
    kept = json.dumps(redact({"Id": 7, "Comment": f"paid with {number}, thanks", "Other": [number]}, keys))
    assert not {"4111", "4444", "10005", "3222"} & set(re.findall(r"[0-9]{4,5}$|[0-9]{4,5}", kept))
    assert "thanks" in kept


@pytest.mark.parametrize(
    "value", ["2026-03-02 2026-03-09", "1234567890128", 4111111111111112, "room 12, 1 of 3", 551002]
)
def test_what_is_no_card_number_stays(keys: Keyring, value: Any) -> None:
    assert redact({"Reference": value}, keys) == {"Reference": value}


@pytest.mark.parametrize(("event", "fields"), json.loads(EVENT_FIELDS.read_text(encoding="utf-8")).items())
def test_of_every_event_only_what_is_no_persons_is_kept(
    keys: Keyring, event: str, fields: dict[str, list[str]]
) -> None:
    data = dict.fromkeys(fields["kept"] + fields["dropped"], "canary")
    kept = redact({"eventId": event, "eventData": data}, keys, person=about_person(event))["eventData"]
    left = sorted(name for name, value in kept.items() if "canary" in value)
    assert left == sorted(fields["kept"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


KEYS = st.sampled_from(["Id", "Name", "Email", "Client", "Staff", "notes", "ServiceName", "guestId"])
TEXTS = st.sampled_from(["Yoga", "x7", "Grüße", "10 % off", "2026-03-02", "2026-03-02 18", "4111111111111111", "a\x00"])
PAYLOADS = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, PAYLOADS, max_size=5))
def test_what_is_kept_does_not_depend_on_what_stands_beside_it(raw: dict[str, Any]) -> None:
    beside = redact(raw | {"Comment": "ask ana@example.com"}, RING)
    assert {key: value for key, value in beside.items() if key != "Comment"} == redact(raw, RING)


def test_half_a_character_is_replaced(keys: Keyring) -> None:
    assert redact({"Id": 1, "Smile": "\ud83d"}, keys) == {"Id": 1, "Smile": "\ufffd"}


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_any_payload_becomes_json_that_a_database_takes(raw: dict[str, Any]) -> None:
    kept = json.dumps(redact(raw, RING), allow_nan=False)
    assert "\\u0000" not in kept.replace("\\\\", "")  # two are one backslash of the text, and begin nothing
    assert json.loads(kept.encode("utf-8", "strict")) is not None


def _spread(canary: str) -> dict[str, Any]:
    """A payload that carries an address and personal data in many places."""
    address = f"{canary}@example.com"
    person = {
        "Id": 7,
        "Name": canary,
        "FirstName": canary,
        "Email": address,
        "MobilePhone": canary,
        "BirthDate": canary,
    }
    return {
        "Email": address,
        "FirstName": canary,
        "clientLastName": canary,
        "AddressLine1": canary,
        "CreditCard": {"CardNumber": canary, "CardHolder": canary},
        "Client": person,
        "Staff": {**person, "Bio": canary},
        "Text": f"ask {address} about it",
        "List": [{"attendee": person}, address],
        "Notes": canary,
    }


def test_no_planted_address_or_name_reaches_the_database(mirror: Mirror) -> None:
    canary = "zq" + "".join(random.Random(5).choices(string.ascii_lowercase, k=12))
    address, raw = f"{canary}@example.com", _spread(canary)
    mirror.page(Stream.VENUES, fetched(venue(name=f"Mitte {address}"), **raw))
    mirror.page(Stream.CLASS_TYPES, fetched(class_type(name=f"Yoga {address}"), **raw))
    mirror.page(Stream.PRICES, fetched(price(name=address), **raw))
    mirror.page(Stream.CLIENTS, Fetched(client(email=address, public_id=address), {**raw, "Name": canary}))
    mirror.page(Stream.SESSIONS, fetched(session(instructor_id=address), **raw))
    mirror.page(Stream.RESERVATIONS, fetched(reservation(guest_email=address, source=f"service:{address}"), **raw))
    mirror.page(Stream.SALES, fetched(sale(description=f"for {address}"), **raw))
    aside = SetAside(Stream.CLIENTS, address, f"email: {address} is odd", {**raw, "Name": canary})
    mirror.page(Stream.CLIENTS, aside=(aside,))

    assert mirror.one(Client, "c1").email_id is not None
    with mirror.store.read() as db:
        rows = [
            str(tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)).lower()
            for table in Base.metadata.sorted_tables
            for row in db.execute(text(f"select * from {table.name}"))  # noqa: S608
        ]
    assert len(rows) >= 9
    assert not [row for row in rows if canary in row]
    if mirror.store.is_sqlite:
        mirror.store.close()
        folder = mirror.store.url.database
        for suffix in ("", "-wal"):
            assert canary.encode() not in _bytes(f"{folder}{suffix}").lower()


def _bytes(path: str) -> bytes:
    return Path(path).read_bytes() if Path(path).exists() else b""


RING = Keyring(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="], "k")
