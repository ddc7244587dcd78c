"""Spotlight as a studio sees it: the page, the API, the command line."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from adapter.command_line.spotlight import spotlight
from adapter.context import Context
from adapter.marketplace.campaigns import Wanted, register_campaign
from adapter.marketplace.feed import announce
from adapter.store.tables import Campaign, Marketplace, Role
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, sign_in, words

GIVEN = {"name": "Spring", "starts_on": "2026-02-16", "ends_on": "2026-03-01", "fee": "100,00"}


def test_a_campaign_is_registered_shown_and_withdrawn(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    path = f"/studios/{seeded.studio_id}/spotlight"
    for name, given, why in (
        ("fee", "much", "as an amount"),
        ("starts_on", "", "first and the last day"),
        ("ends_on", "2026-01-01", "may not lie before the first"),
        ("name", " ", "Give it a name"),
    ):
        answer = client.post(path, data=GIVEN | {name: given})
        assert answer.status_code == 422
        assert re.search(rf'<p class="error" id="{name}-error">[^<]*{why}', answer.text)
        assert re.search(
            rf'id="{name}"[^>]*aria-describedby="{name}-help {name}-error" aria-invalid="true"', answer.text
        )
        assert f'value="{GIVEN["ends_on" if name == "fee" else "fee"]}"' in answer.text  # nothing has to be typed twice
    text = words(client.post(path, data=GIVEN, follow_redirects=True).text)
    assert "Spring Mon, Feb 16 to Sun, Mar 1, Harbor Street, Mill Loft" in text
    assert "Fee $100.00" in text
    assert "Too little to compare so far" in text
    assert "registered for these days already" in client.post(path, data=GIVEN).text
    with ctx.store.read() as db:
        number = db.query(Campaign).one().id
    assert "No campaigns yet" in client.post(path, data={"withdraw": number}, follow_redirects=True).text
    assert client.post(path, data={"withdraw": 99}).status_code == 404


def test_the_api_and_the_command_line_do_the_same(client: FlaskClient, ctx: Context, seeded: Seeded) -> None:
    path = f"/api/v1/studios/{seeded.studio_id}/campaigns"
    headers = bearer(ctx, Role.OWNER, seeded.studio_id)
    body = GIVEN | {"fee": "100.00"}
    made = client.post(path, headers=headers | {"Idempotency-Key": "1"}, json=body)
    assert (made.status_code, float(made.json["fee"]), made.json["lift"]) == (201, 100.0, None)
    wrong = client.post(path, headers=headers | {"Idempotency-Key": "2"}, json=body | {"venues": [99]})
    assert (wrong.status_code, "no venue 99" in wrong.json["detail"]) == (409, True)
    assert [row["name"] for row in client.get(path, headers=headers).json["items"]] == ["Spring"]

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(spotlight, [str(seeded.studio_id), *arguments], obj=ctx)

    assert run("--register", "Summer").exit_code == 2
    dated = ["--from", "2026-06-01", "--to", "2026-06-07"]
    assert run("--register", "Summer", *dated, "--fee", "-5").exit_code == 1
    assert run("--register", "Summer", *dated, "--fee", "80").exit_code == 0
    told = run("--withdraw", str(made.json["id"]), "--json")
    assert [row["name"] for row in json.loads(told.output)] == ["Summer"]


def test_the_channel_marks_what_a_campaign_places_at_that_marketplace(
    client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        db.add_all(Marketplace(name=name, created_at=NOON) for name in ("alpha", "beta"))
        announce(db, seeded.sessions, NOON)

    def placed(name: str, cursor: str = "") -> tuple[set[str], str]:
        headers = bearer(ctx, Role.MARKETPLACE, None, marketplace=name)
        told = client.get(f"/channel/v1/offers?limit=1000{cursor}", headers=headers).json
        return {item["starts_at"][:10] for item in told["items"] if item["spotlight"]}, told["next_cursor"]

    days, cursor = placed("alpha")
    assert days == set()
    with ctx.store.write() as db:
        wanted = Wanted("Spring", date(2026, 3, 5), date(2026, 3, 6), Decimal(100), marketplace="Alpha")
        register_campaign(db, seeded.studio_id, wanted, actor="test", now=NOON)
    assert placed("alpha", f"&cursor={cursor}")[0] == {"2026-03-05", "2026-03-06"}
    assert placed("beta")[0] == set()
