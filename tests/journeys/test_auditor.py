"""J6: the auditor has the signed file and the verifier, and asks why. J8: the franchisor. J7: the machine room."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from adapter.accounts import create_user
from adapter.context import Context
from adapter.statements.command import guarantee
from adapter.statements.entering import enter_participation
from adapter.statements.making import state_daily
from adapter.store.tables import GuaranteeStatement, PushMode, Role, Run, RunKind, RunState
from sync.engine import engine_of
from tests.adapter.guarantee.cases import aurora
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import Seeded, link_of, sign_in
from tests.sync.conftest import Road


def test_j6_the_file_alone_proves_itself_and_a_line_leads_to_its_record(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded, tmp_path: Path
) -> None:
    with ctx.store.write() as db:
        studio = mirror_case(db, ctx, "Aurora", aurora().case)
        user = create_user(db, ctx.keys, "ines", "ines@x.org", role=Role.FINANCE, studio_id=studio, now=NOON).id
        state_daily(db, ctx, studio)
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, user)
    signed = client.get(f"/studios/{studio}/guarantee/statement.json").json
    file = tmp_path / "signed.json"
    file.write_text(json.dumps(signed))
    assert CliRunner().invoke(guarantee, ["verify", str(file), "--key", signed["public_key"]]).exit_code == 0
    body = signed["statement"]
    # With nothing but the file: the totals are the sums of the lines.
    fields = {"payouts": "payout", "switchers": "switcher_revenue", "taxes": "tax"}
    for total, field in fields.items():
        lines = [Decimal(line[field]) for line in body["lines"] if line[field]]
        assert sum(lines) == Decimal(body["classpass_revenue"][total]), total
    lost = sum(Decimal(line["lost_revenue"]) for line in body["lines"] if line["lost_revenue"])
    assert lost == Decimal(body["lost_revenue"]) == Decimal(82)
    assert len(body["readings"]) > 10, "how the terms are read stands in the file"
    assert {other["reading"] for other in body["alternatives"]} <= set(body["readings"])
    # "Why this line?": the record at the service has the hash that the line names.
    line = next(line for line in body["lines"] if line["lost"])
    page = unescape(client.get(f"/studios/{studio}/guarantee?record={line['reservation_id']}").text)
    assert line["record"] in page
    leaves = unescape(client.get(f"/studios/{studio}/number?of=guarantee.lost").text)
    named = re.escape(line["reservation_id"])
    link = re.search(rf'href="([^"]+record[^"]+)">Lost revenue of reservation {named}', leaves)
    assert link
    assert line["record"] in client.get(link[1]).text


@pytest.mark.browser
def test_j8_the_franchisor_sees_venues_and_coverage_and_nobodys_clients(
    tab: Page, ctx: Context, seeded: Seeded
) -> None:
    tab.goto(link_of(ctx, seeded.users[Role.FRANCHISOR]))
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("link", name="Franchise").click()
    expect(tab.locator(".lead")).to_contain_text("SmartTools decide 53 of 53 classes")
    expect(tab.get_by_role("region", name="Venues").get_by_role("row")).to_have_count(3)
    tab.get_by_role("link", name="Harbor Movement").first.click()
    tab.get_by_role("link", name="Reformer Pilates").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Reformer Pilates")
    expect(tab.locator("main")).not_to_contain_text("@")
    expect(tab.locator("main")).not_to_contain_text("7.5")
    expect(tab.locator(".n")).to_have_count(0)


def test_j7_the_machine_room_goes_by_itself_from_pull_to_the_days_statement(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    """What is killed meanwhile is proven in tests/sync/test_kill.py."""
    road, engine = mirrored, engine_of(mirrored.ctx)
    road.set(push_mode=PushMode.LIVE)
    with road.ctx.store.write() as db:
        told = {"policy_hours": 12, "sign_up": "assisted", "earlier": False, "actor": "finance", "now": NOON}
        enter_participation(db, road.connection.studio_id, acknowledged_at=NOON - timedelta(days=9), **told)
    sandbox.tick(minutes=11)
    for _ in range(3):  # the clock asks, work is done, what follows from it is asked for
        engine.tick()
        engine.run_due()
        sandbox.tick(minutes=1)
    kinds = {run.kind for run in road.all(Run, Run.state == RunState.DONE)}
    assert kinds >= {RunKind.PULL, RunKind.TRAIN, RunKind.DECIDE, RunKind.PUSH, RunKind.STATE}
    assert sandbox.site.offers
    (first,) = road.all(GuaranteeStatement)
    assert (first.version, first.final) == (1, False)
    calls = sandbox.calls()
    engine.run_due()
    assert sandbox.calls() == calls, "nothing is left to do, and nothing is done twice"
    assert [run.errors for run in road.all(Run, Run.state == RunState.FAILED)] == []
