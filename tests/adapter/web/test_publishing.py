"""The page of open data: what is public, what lacks, and that a studio says so itself."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from adapter.context import Context
from adapter.store.tables import Role
from tests.fixtures.studio import Seeded, bearer, words

WHERE = {"street": "1 Harbor Street", "locality": "Boston", "region": "MA", "postal_code": "02110", "country": "us"}
WHO = {"organizer": "Harbor Movement", "url": "https://harbor.example/classes"}


def test_a_studio_publishes_and_stops_by_itself(owner: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    page, api = f"/studios/{seeded.studio_id}/open-data", f"/api/v1/studios/{seeded.studio_id}/open-data"
    asking = bearer(ctx, Role.OWNER, seeded.studio_id)
    assert "Nothing of yours is public" in words(owner.get(page).text)
    assert owner.get("/open-data/scheduled-sessions").status_code == 404
    given = {f"venue-1-{name}": text for name, text in WHERE.items()} | {"class-1": "Vinyasa Yoga"}
    assert owner.post(page, data={"act": "publish", **WHO, **given}).status_code == 302
    told = owner.get(api, headers=asking).json
    assert (told["published"], told["classes"] > 0) == (True, True)
    assert told["venues_without_address"] == ["Mill Loft"]
    text = words(owner.get(page).text)
    assert f"{told['classes']} classes of the next 28 days" in text
    assert "1 of 2 have none" in text
    items = owner.get("/open-data/scheduled-sessions").json["items"]
    assert len(items) == told["classes"]
    assert owner.post(page, data={"act": "stop"}).status_code == 302
    assert owner.get(api, headers=asking).json["published"] is False


def test_half_an_address_is_refused_and_nothing_is_kept(owner: FlaskClient, seeded: Seeded) -> None:
    page = f"/studios/{seeded.studio_id}/open-data"
    answer = owner.post(page, data={"act": "publish", **WHO, "venue-1-street": "1 Harbor Street"})
    assert answer.status_code == 422
    assert re.search(
        r'id="venue-1-locality"[^>]*aria-describedby="venue-1-locality-error" aria-invalid="true"', answer.text
    )
    assert '<p class="error" id="venue-1-locality-error">An address has street' in answer.text
    assert re.search(r'id="venue-1-country"[^>]*aria-invalid="true"', answer.text)
    assert not re.search(r'id="venue-1-street"[^>]*aria-invalid', answer.text)
    assert 'role="alert"' in answer.text
    assert 'value="1 Harbor Street"' in answer.text
    assert "Nothing of yours is public" in words(owner.get(page).text)
    answer = owner.post(page, data={"act": "publish", **WHO, "url": "harbor"})
    assert re.search(r'id="url"[^>]*aria-describedby="url-help url-error" aria-invalid="true"', answer.text)
    assert not re.search(r'id="organizer"[^>]*aria-invalid', answer.text)
