"""Every connector against a live double of its platform; and the checks against connectors that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors import registry
from connectors.conformance import CHECKS, Finding, run_conformance
from connectors.errors import TryAgain
from connectors.platform import Api, Capability, OfferPush, Platform, ReadBack, Resource, Site
from connectors.records import Fetched, Page, SetAside, Stream
from connectors.sandbox.server.dialects import DIALECTS
from tests.fixtures.live import Live
from tests.fixtures.sandbox import LiveSandbox

TOKYO = ZoneInfo("Asia/Tokyo")
Bend = Callable[[Platform], Platform]


TESTS = Path(__file__).parent


def test_every_connector_is_held_to_the_checks() -> None:
    """Here, where the sandbox speaks its dialect; else by a double of its own."""
    own = {name for name in registry.names() if (TESTS / name / f"test_{name}.py").exists()}
    assert set(registry.names()) - DIALECTS.keys() == own - DIALECTS.keys()
    for name in own - DIALECTS.keys():
        assert "run_conformance" in (TESTS / name / f"test_{name}.py").read_text()


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_connector_conforms(sandbox: LiveSandbox, live: Live, name: str) -> None:
    findings = run_conformance(registry.get(name), live(sandbox, platform=name))
    assert [finding for finding in findings if not finding.passed] == []
    assert [finding.check for finding in findings] == list(CHECKS)


@pytest.mark.parametrize("options", [{"utc_mode": True}, {"drop_optional": 0.5}, {"short_pages": True}])
def test_it_conforms_on_a_platform_with_habits(
    sandbox_with: Callable[..., LiveSandbox], live: Live, options: dict[str, Any]
) -> None:
    findings = run_conformance(registry.get("sandbox"), live(sandbox_with(**options)))
    assert [finding for finding in findings if not finding.passed] == []


def reading(stream: Stream, bend: Callable[[Page], Page]) -> Bend:
    """A platform whose pages of one stream are bent."""

    def bent(platform: Platform) -> Platform:
        resource = platform.streams[stream]

        def read(api: Api, ask: Any) -> Iterator[Page]:
            return (bend(page) for page in resource.read(api, ask))

        return replace(platform, streams={**platform.streams, stream: Resource(resource.ask, read)})

    return bent


def looking(bend: Callable[[Page], Page]) -> Bend:
    """A platform whose answers about sessions by id are bent."""

    def bent(platform: Platform) -> Platform:
        resource = platform.streams[Stream.SESSIONS]
        look = resource.look
        assert look is not None
        changed = replace(resource, look=lambda api, ids: (bend(page) for page in look(api, ids)))
        return replace(platform, streams={**platform.streams, Stream.SESSIONS: changed})

    return bent


def each(**changes: Any) -> Callable[[Page], Page]:
    """Change every record of a page."""
    return lambda page: replace(page, items=tuple(Fetched(replace(i.record, **changes), i.raw) for i in page.items))


def without(capability: Capability) -> Bend:
    return lambda platform: replace(platform, capabilities=platform.capabilities - {capability})


def holding(held: ReadBack | None) -> Bend:
    return lambda platform: replace(
        platform, offers=OfferPush(send=lambda api, offer, key: None, read_back=lambda api, session_id: held)
    )


def trusting(platform: Platform) -> Platform:
    assert platform.webhooks
    return replace(platform, webhooks=replace(platform.webhooks, verify=lambda secret, headers, body: True))


def describing(platform: Platform) -> Platform:
    return replace(platform, describe=lambda api: Site("1001", "x", "Mars", "usd"))


def torn(page: Page) -> Page:
    return replace(page, set_aside=(SetAside(Stream.VENUES, "1", "torn", {}),))


DECLARED, DESCRIBED, WHOLE, SOUND = list(CHECKS)[:4]
SENSE, BY_ID, ROSTERS, CHANGES, STRANGERS, OFFERS, GUESTS = list(CHECKS)[4:]
WRONG: list[tuple[str, Bend, str]] = [
    (DECLARED, lambda platform: replace(platform, webhooks=None), "WEBHOOKS is declared, but not there"),
    (DECLARED, without(Capability.SPOTS_NATIVE), "SPOTS_NATIVE is there, but not declared"),
    (DECLARED, without(Capability.RATE_NATIVE), "it is not said where spots and rates are kept"),
    (DECLARED, lambda platform: replace(platform, streams={}), "the stream sessions is missing"),
    (DESCRIBED, describing, "Mars is no IANA zone"),
    (DESCRIBED, describing, "usd is no currency"),
    (WHOLE, reading(Stream.VENUES, lambda page: replace(page, final=False)), "venues: the last page"),
    (WHOLE, reading(Stream.VENUES, lambda page: replace(page, items=page.items * 2)), "comes twice"),
    (WHOLE, reading(Stream.VENUES, torn), "set aside: torn"),
    (SOUND, reading(Stream.SESSIONS, each(venue_id=1)), "venue_id is no text"),
    (SOUND, reading(Stream.SESSIONS, each(starts_at=datetime(2026, 3, 2, tzinfo=TOKYO))), "starts_at is not in UTC"),
    (SOUND, reading(Stream.SALES, each(net=1.5)), "net is no exact number"),
    (SOUND, reading(Stream.SALES, each(net=Decimal("NaN"))), "net is no exact number"),
    (SOUND, reading(Stream.SESSIONS, each(capacity=-1)), "capacity is negative"),
    (SENSE, reading(Stream.SESSIONS, each(capacity=0, online_capacity=5)), "more places online"),
    (BY_ID, looking(lambda page: replace(page, final=False)), "the answer is not complete"),
    (BY_ID, looking(lambda page: replace(page, items=page.items[1:])), "asked for by id"),
    (BY_ID, looking(each(waitlisted=77)), "not as it is in the timetable"),
    (ROSTERS, reading(Stream.RESERVATIONS, each(session_id="0")), "belongs to another session"),
    (ROSTERS, reading(Stream.RESERVATIONS, each(source="")), "does not say how it was booked"),
    (
        ROSTERS,
        reading(Stream.RESERVATIONS, lambda page: replace(page, items=())),
        "places taken, its roster tells of 0",
    ),
    (STRANGERS, trusting, "taken for genuine"),
    (DECLARED, without(Capability.RATE_NATIVE), "RATE_NATIVE is there, but not declared"),
    (OFFERS, holding(None), "is not held"),
    (OFFERS, holding(ReadBack(2, "12.50", 1, "15.00", 1)), "an older offer is accepted"),
]


@pytest.mark.parametrize(("check", "bend", "why"), WRONG)
def test_what_is_wrong_is_found(sandbox: LiveSandbox, live: Live, check: str, bend: Bend, why: str) -> None:
    platform = bend(registry.get("sandbox"))
    found = Finding(check, tuple(CHECKS[check](platform, live(sandbox))))
    assert not found.passed
    assert any(why in wrong for wrong in found.wrong), found.wrong


def forgetful(platform: Platform) -> Platform:
    """It never finds whom it has booked."""
    assert platform.booking
    return replace(platform, booking=replace(platform.booking, find=lambda api, session_id, guest: None))


def clinging(platform: Platform) -> Platform:
    """It lets nobody go."""
    assert platform.booking
    return replace(platform, booking=replace(platform.booking, cancel=lambda api, reservation_id: None))


def telling(**changes: Any) -> Bend:
    """Changes that are told otherwise than the whole tells them."""

    def bent(platform: Platform) -> Platform:
        resource = platform.changes[Stream.RESERVATIONS]

        def read(api: Api, ask: Any) -> Iterator[Page]:
            return (each(**changes)(page) for page in resource.read(api, ask))

        return replace(platform, changes={Stream.RESERVATIONS: replace(resource, read=read)})

    return bent


@pytest.mark.parametrize(
    ("check", "bend", "why"),
    [
        (GUESTS, forgetful, "a guest is in twice"),
        (GUESTS, clinging, "still has a place"),
        (CHANGES, telling(source="otherwise"), "told differently"),
        (DECLARED, without(Capability.BOOK), "BOOK is there, but not declared"),
    ],
)
def test_what_is_wrong_with_bookings_and_changes_is_found(
    sandbox: LiveSandbox, live: Live, check: str, bend: Bend, why: str
) -> None:
    platform = bend(registry.get("marianatek"))
    found = tuple(CHECKS[check](platform, live(sandbox, platform="marianatek")))
    assert any(why in wrong for wrong in found), found


def test_a_platform_that_names_no_currency_and_no_addresses_is_not_wrong(sandbox: LiveSandbox, live: Live) -> None:
    nameless = reading(Stream.RESERVATIONS, each(guest_email=None, client_id=None))
    platform = nameless(without(Capability.CLIENT_EMAILS)(registry.get("marianatek")))
    api = live(sandbox, platform="marianatek")
    described = replace(platform, describe=lambda api: replace(api.site, currency=""))
    assert list(CHECKS[DESCRIBED](described, api)) == []
    assert list(CHECKS[GUESTS](platform, api)) == []
    assert list(CHECKS[GUESTS](clinging(platform), api)) == ["a guest who was let go still has a place"]


@pytest.mark.parametrize("error", [TryAgain("GET /site/locations: down."), KeyError("Id")])
def test_a_connector_that_fails_is_a_finding_not_a_crash(sandbox: LiveSandbox, live: Live, error: Exception) -> None:
    def down(api: Api, ask: Any) -> Iterator[Page]:
        raise error
        yield

    platform = registry.get("sandbox")
    broken = replace(
        platform, streams={**platform.streams, Stream.VENUES: replace(platform.streams[Stream.VENUES], read=down)}
    )
    findings = {finding.check: finding.wrong for finding in run_conformance(broken, live(sandbox))}
    assert findings["streams are whole"] == (f"{type(error).__name__}: {error}",)
    assert findings["strangers are refused"] == ()
