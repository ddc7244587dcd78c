"""F58, F60: what is written into names and ids over there is only ever shown, and never does anything."""

from __future__ import annotations

import csv

import pytest

from adapter.people.accounts import create_user, sign_in_link
from adapter.statements.exports import as_csv
from adapter.store.tables import Role
from tests.faults.conftest import Scene
from tests.fixtures.studio import app_on
from tests.sync.conftest import done

HOSTILE = "<script>alert(1)</script>\x1b[31m {{ 7 * 7 }} \N{RIGHT-TO-LEFT OVERRIDE}"


def test_f60_a_script_in_a_classs_name_is_text_on_every_page(scene: Scene) -> None:
    for each in scene.site.descriptions.values():
        each.name = HOSTILE
    for option in scene.site.options.values():
        option.name = HOSTILE  # becomes a booking source, too
    done(scene.night())
    scene.reconcile()
    scene.agree()
    studio, now = scene.road.connection.studio_id, scene.now
    with scene.ctx.store.write() as db:
        asked = {"role": Role.OWNER, "studio_id": studio, "now": now}
        owner = create_user(db, scene.ctx.keys, "Owner", "owner@example.com", **asked)
        link = sign_in_link(db, scene.ctx.keys, owner.id, now)
    app = app_on(scene.ctx)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    browser.post(f"/sign-in/{link}")
    session = scene.session(scene.coming().id).id
    for path in (f"/studios/{studio}", f"/sessions/{session}", f"/connections/{scene.road.connection_id}"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert b"<script>alert" not in page.data
        assert b"{{ 7 * 7 }}" in page.data or b"alert" not in page.data


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", '"quoted",\r\nand broken']
)
def test_f58_a_formula_in_an_id_is_text_in_a_spreadsheet(text: str) -> None:
    table = as_csv({"lines": [{"reservation_id": text, "payout": "-7.50"}]})
    (row,) = csv.DictReader(table.splitlines(keepends=True))
    assert row["reservation_id"].removeprefix("'") == text
    assert row["reservation_id"][0] not in "=+-@\t\r"
    assert row["payout"] == "-7.50"
