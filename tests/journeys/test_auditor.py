"""J6: the auditor gets only the signed file and the verifier, recomputes, and asks why this line."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import unescape
from pathlib import Path

from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from adapter.context import Context
from adapter.people.accounts import create_user
from adapter.statements.command import guarantee
from adapter.statements.making import state_daily
from adapter.store.tables import Role
from tests.adapter.guarantee.cases import aurora
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.fixtures.studio import Seeded, sign_in


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
