"""The sandbox's second dialect: who is let in, how lists come, what is refused; the same market behind it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.sandbox.market.state import Seller
from tests.fixtures.sandbox import LiveSandbox

ENGINE = "X-Mariana-Pricing-Engine-Token"


def ask(sandbox: LiveSandbox, path: str, *, token: str = "sandbox-service-key", brand: str = "", **params: Any) -> Any:
    spoken = sandbox.dialect("marianatek")
    home = spoken["settings"]["API_URL"].replace("{site}", brand or spoken["sites"][0])
    return requests.get(home + path, params=params, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def price(sandbox: LiveSandbox, token: str, **override: Any) -> Any:
    spoken, item = sandbox.dialect("marianatek"), next(i for i in sandbox.site.classes.values() if not i.cancelled)
    told = {"payer_id": 789, "max_reservations": 2, "price": {"amount": "9.50", "currency_code": "USD"}} | override
    return requests.post(
        spoken["settings"]["API_URL"].replace("{site}", spoken["sites"][0]) + "/pricing/v1/pricing_information/",
        json={"classes": [{"id": item.id, "overrides": [told]}]},
        headers={ENGINE: token},
        timeout=10,
    )


def test_both_dialects_tell_of_the_same_market(sandbox: LiveSandbox) -> None:
    start, end = "2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z"
    answer = ask(sandbox, "/class_sessions", min_datetime=start, max_datetime=end, page_size=500).json()
    headers = sandbox.staff_headers()
    asked = {"request.startDateTime": "2026-03-01", "request.endDateTime": "2026-03-06", "request.limit": 200}
    there = requests.get(f"{sandbox.api_url}/class/classes", params=asked, headers=headers, timeout=10).json()[
        "Classes"
    ]
    counts = {str(item["Id"]): item["TotalBooked"] for item in there}
    assert answer["data"]
    for item in answer["data"]:
        assert item["attributes"]["standard_reservation_user_count"] == counts[item["id"]]


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/locations", {"token": ""}, 401),
        ("/locations", {"token": "guessed"}, 401),
        ("/locations", {"brand": "nobody"}, 404),
        ("/class_sessions/1", {}, 404),
        ("/locations", {"page": 2}, 404),
        ("/reservations", {"min_updated_datetime": "soon"}, 422),
        ("/locations", {}, 200),
    ],
)
def test_who_and_what_is_refused(sandbox: LiveSandbox, path: str, asked: dict[str, Any], status: int) -> None:
    answer = ask(sandbox, path, **asked)
    assert answer.status_code == status
    if status in (401, 422) or "page" in asked:
        assert all(isinstance(words, list) for words in answer.json()["errors"].values())


def test_a_brand_that_withdrew_access_and_one_that_is_asked_too_often_say_so(sandbox: LiveSandbox) -> None:
    sandbox.options(per_minute=2)
    assert [ask(sandbox, "/locations").status_code for _ in range(3)] == [200, 200, 429]
    assert int(ask(sandbox, "/locations").headers["Retry-After"]) > 0
    sandbox.tick(minutes=2)
    sandbox.faults({"kind": "revoked_site", "site": sandbox.sites[0]["id"]})
    assert ask(sandbox, "/locations").status_code == 401


def test_guests_are_no_users_and_their_address_is_on_the_reservation(sandbox: LiveSandbox) -> None:
    users = {row["id"] for row in ask(sandbox, "/users", page_size=500).json()["data"]}
    listed = ask(sandbox, "/reservations", page_size=500, reservation_type="standard").json()["data"]
    guests = [row for row in listed if row["relationships"]["user"]["data"]["id"] == "789"]
    assert guests
    assert all(row["attributes"]["reserved_for_guest"] for row in guests)
    others = [row for row in listed if row["relationships"]["user"]["data"]["id"] not in ("789", "790")]
    assert {row["relationships"]["user"]["data"]["id"] for row in others} <= users
    assert not any(row["attributes"]["guest_email"] for row in others)
    bought = sum(sandbox.site.seller_of(visit) is Seller.MARKETPLACE for visit in sandbox.site.visits.values())
    assert len(guests) <= bought


def test_the_engine_shows_its_own_token_and_what_comes_last_holds(sandbox: LiveSandbox) -> None:
    assert price(sandbox, "sandbox-service-key").status_code == 401
    assert price(sandbox, "sandbox-engine-token", payer_id=1).status_code == 422
    assert price(sandbox, "sandbox-engine-token", max_reservations=-1).status_code == 422
    assert price(sandbox, "sandbox-engine-token", price={"amount": "much"}).status_code == 422
    assert sandbox.site.offers == {}
    for limit in (2, 2, 3):
        assert price(sandbox, "sandbox-engine-token", max_reservations=limit).status_code == 200
    (offer,) = sandbox.site.offers.values()
    assert (offer.limit, offer.sequence, str(offer.rate)) == (3, 2, "9.50")  # the repetition changed nothing
