"""How the adapter speaks with the sandbox: Mindbody's dialect, and an offer for a session."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
import responses

from connectors import registry
from connectors.errors import Misconfigured, Rejected
from connectors.platform import Capability, OfferPush, ReadBack
from connectors.records import Offer
from tests.fixtures.doors import FAR, Wire
from tests.fixtures.live import Live
from tests.fixtures.sandbox import LiveSandbox

Wires = Callable[..., Wire]
SANDBOX, MINDBODY = registry.get("sandbox"), registry.get("mindbody")


def offers() -> OfferPush:
    assert SANDBOX.offers is not None
    return SANDBOX.offers


def offer(session_id: str, sequence: int, limit: int = 3, premium: str | None = "15.00") -> Offer:
    return Offer(
        session_id=session_id,
        sequence=sequence,
        limit=limit,
        rate=Decimal("12.50"),
        premium_limit=1 if premium else 0,
        premium_rate=Decimal(premium) if premium else None,
        currency="USD",
    )


def test_it_is_mindbody_but_for_what_it_takes() -> None:
    assert SANDBOX.streams == MINDBODY.streams
    more = {Capability.SPOTS_NATIVE, Capability.RATE_NATIVE, Capability.BOOK}
    assert SANDBOX.capabilities - MINDBODY.capabilities == more
    assert MINDBODY.capabilities - SANDBOX.capabilities == {
        Capability.SPOTS_LOCAL,
        Capability.RATE_LOCAL,
        Capability.SPOTS_TOTAL,
        Capability.RATE_CATALOG,
    }
    assert MINDBODY.offers is None
    assert (SANDBOX.totals, SANDBOX.catalog) == (None, None)


def test_it_has_no_address_until_one_is_started(wire: Wires) -> None:
    with pytest.raises(Misconfigured):
        wire(SANDBOX.api_url)
    assert SANDBOX.oauth is not None
    assert SANDBOX.oauth.issuer is None


@responses.activate
def test_an_offer_is_sent_whole_with_exact_rates_and_a_key(wire: Wires) -> None:
    responses.put(f"{FAR}/channel/offers/77", json={})
    offers().send(wire().api, offer("77", 4), "push-4")
    sent = responses.calls[0].request
    assert json.loads(sent.body or b"") == {
        "Sequence": 4,
        "Limit": 3,
        "Rate": "12.50",
        "PremiumLimit": 1,
        "PremiumRate": "15.00",
        "Currency": "USD",
    }
    assert sent.headers["Idempotency-Key"] == "push-4"


def test_an_older_offer_is_refused_by_name(sandbox: LiveSandbox, live: Live) -> None:
    api, class_id = (
        live(sandbox),
        next(str(i.id) for i in sandbox.site.classes.values() if i.starts_at > sandbox.time[0]),
    )
    assert offers().read_back(api, class_id) is None
    offers().send(api, offer(class_id, 5, premium=None), "k5")
    assert offers().read_back(api, class_id) == ReadBack(3, "12.50", 0, None, 5)
    with pytest.raises(Rejected) as caught:
        offers().send(api, offer(class_id, 4), "k4")
    assert (caught.value.code, caught.value.status) == ("StaleSequence", 409)


def test_a_class_that_is_not_there_holds_no_offer_and_other_refusals_are_told(sandbox: LiveSandbox, live: Live) -> None:
    api = live(sandbox)
    with pytest.raises(Rejected):
        offers().send(api, offer("999999", 1), "k")
    sandbox.faults({"kind": "answer", "path": "offers", "status": 400, "body": '{"Error": {"Code": "Odd"}}'})
    with pytest.raises(Rejected) as caught:
        offers().read_back(api, "1")
    assert caught.value.code == "Odd"
