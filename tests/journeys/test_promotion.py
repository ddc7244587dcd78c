"""J1, from the past weeks to one class that is live: the card that looks back, a week in shadow, its score, letting one
class out, and the rest of the rates and spots as it was. And a table that is sorted and taken along.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from adapter.context import Context
from adapter.store.settings import effective_settings
from adapter.store.tables import Audit, BacktestResult, ClassType, Connection, PushMode, Run, RunKind
from tests.adapter.web.test_today import held_yesterday
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded
from tests.journeys.test_owner import sign_in

pytestmark = pytest.mark.browser
OUTCOME = {"value": 1140.2, "low": 610.0, "high": 1690.4, "sold": 80.2, "payouts": 1300.0, "turned_away": 6.4}


def looked_back(ctx: Context, seeded: Seeded) -> None:
    """The past weeks are worked out, and everything is in shadow; the first class was held yesterday."""
    held_yesterday(ctx, seeded)
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.SHADOW
        hurt = {"session_id": str(seeded.sessions[0]), "starts_at": "2026-02-03T12:00:00+00:00"}
        outcome = OUTCOME | {"hurt_classes": 1, "hurt": [hurt | {"turned_away": 3.0, "value": -40.0}], "assumed": True}
        result = {"weeks": 26, "classes": 400, "outcome": outcome}
        db.add(BacktestResult(connection_id=seeded.connection_id, made_at=NOON, result=result))


def test_j1_from_the_past_weeks_to_one_class_that_is_live(tab: Page, ctx: Context, seeded: Seeded) -> None:
    looked_back(ctx, seeded)
    sign_in(tab, ctx, seeded)
    tab.goto(f"/connections/{seeded.connection_id}")
    card = tab.get_by_role("region", name="What it would have brought")
    expect(card).to_contain_text("The last 26 weeks: +$1,140.20 (in four of five cases between $610.00 and $1,690.40)")
    expect(card).to_contain_text("It would have hurt at 1 class")
    expect(tab.get_by_text("Shadow: nothing is pushed")).to_be_visible()

    tab.get_by_role("link", name="Today").click()
    score = tab.get_by_role("region", name="Shadow", exact=True).get_by_role("row").filter(has_text="Vinyasa Flow")
    expect(score).to_contain_text("15")
    score.get_by_role("button", name="Go live").click()
    expect(tab.get_by_role("status")).to_contain_text("Vinyasa Flow is live")
    with ctx.store.read() as db:
        settings = effective_settings(db, seeded.studio_id)
        kinds = db.scalars(select(ClassType).where(ClassType.connection_id == seeded.connection_id)).all()
        assert {kind.name for kind in kinds if not settings.of(class_type_id=kind.id).shadow} == {"Vinyasa Flow"}
        assert db.get_one(Connection, seeded.connection_id).push_mode is PushMode.LIVE
        assert db.scalar(select(func.count()).select_from(Run).where(Run.kind == RunKind.DECIDE)) == 1
        assert db.scalars(select(Audit.act).order_by(Audit.id.desc()).limit(2)).all() == [
            "push_mode.changed",
            "settings.changed",
        ]


def test_a_table_is_sorted_by_keyboard_and_taken_along_without_formulas(
    tab: Page, ctx: Context, seeded: Seeded
) -> None:
    sign_in(tab, ctx, seeded)
    tab.goto(f"/studios/{seeded.studio_id}/today")
    tab.get_by_text("The same as a table").click()
    weeks = tab.get_by_role("region", name="Weeks")
    head = weeks.get_by_role("button", name="Places")
    head.focus()
    tab.keyboard.press("Enter")
    expect(weeks.get_by_role("columnheader", name="Places")).to_have_attribute("aria-sort", "ascending")
    numbers = [int(text) for text in weeks.locator("tbody td:nth-child(3)").all_inner_texts()]
    assert numbers == sorted(numbers)
    tab.keyboard.press("Enter")
    expect(weeks.get_by_role("columnheader", name="Places")).to_have_attribute("aria-sort", "descending")
    tab.evaluate("document.querySelector('[aria-label=Weeks] tbody td').textContent = '=1+1'")
    with tab.expect_download() as taken:
        tab.get_by_role("button", name="Download this table as CSV").first.click()
    lines = Path(taken.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith('"Week from","Classes","Places"')
    assert len(lines) == 13
    assert lines[1].startswith('"\'=1+1",')
