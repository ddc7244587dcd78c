"""Operations, every morning (J2): the board, what a rule holds back, a blackout with its price, a frozen rate, the kill
switch; every act leaves a line in the log, with before and after.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from adapter.context import Context
from adapter.store.tables import Audit, Connection, Decision, PushMode, Role
from sync.deciding.foresee import foresee
from tests.adapter.web.test_opportunities import card_of
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded
from tests.journeys.test_owner import sign_in

pytestmark = pytest.mark.browser


def test_j2_the_morning_of_operations(tab: Page, ctx: Context, seeded: Seeded) -> None:
    ctx.foresee = partial(foresee, ctx)
    with ctx.store.write() as db:
        stuck = Decision.session_id == seeded.sessions[6]
        db.execute(update(Decision).where(stuck).values(binding="stale", spots=0, premium_spots=0))
        for number, session in enumerate(seeded.sessions[8:10]):
            db.add(card_of(seeded.connection_id, session, "excluded", number))
    sign_in(tab, ctx, seeded, Role.OPERATIONS)
    tab.get_by_role("link", name="Today").click()
    board = tab.get_by_role("region", name="Connections")
    expect(board).to_contain_text("Live")
    expect(board).to_contain_text("4 minutes ago")

    tab.get_by_role("link", name="Calendar").click()
    tab.get_by_label("Decided by").select_option("stale")
    tab.get_by_role("button", name="Show").click()
    expect(tab.locator(".row")).to_have_count(1)

    tab.get_by_role("link", name="Sell more").click()
    cards = tab.get_by_role("heading", name="List ")
    expect(cards).to_have_count(2)
    tab.get_by_label("Why").first.fill("A quiet week")
    tab.get_by_role("button", name="List them").first.click()
    expect(cards).to_have_count(1)
    tab.get_by_label("Why").first.fill("A private lesson")
    tab.get_by_role("button", name="No", exact=True).click()
    expect(cards).to_have_count(0)

    tab.get_by_role("link", name="By hand").click()
    friday = (NOON + timedelta(days=4)).date().isoformat()
    tab.get_by_label("Classes that start from", exact=True).fill(friday)
    tab.get_by_label("until before", exact=True).fill(friday)
    tab.get_by_label("Why").fill("An event in the hall")
    tab.get_by_role("button", name="Show the effect first").click()
    expect(tab.get_by_role("status")).to_contain_text("If you set this")
    expect(tab.get_by_role("status")).to_be_focused()
    tab.get_by_role("button", name="Set", exact=True).click()
    expect(tab.get_by_role("region", name="Set by hand")).to_contain_text("An event in the hall")
    tab.get_by_role("radio", name="A fixed rate").check()
    tab.get_by_label("Rate in USD, for a fixed rate").fill("11.50")
    tab.get_by_label("Why").fill("A workshop")
    tab.get_by_role("button", name="Set", exact=True).click()
    expect(tab.get_by_role("region", name="Set by hand")).to_contain_text("$11.50")

    tab.goto(f"/connections/{seeded.connection_id}")
    tab.get_by_label("Paused").check()
    tab.get_by_label("Yes, change it for all of Harbor Movement").check()
    tab.get_by_role("button", name="Change").click()
    expect(tab.get_by_text("Paused: nothing more sells")).to_be_visible()
    with ctx.store.read() as db:
        assert db.get_one(Connection, seeded.connection_id).push_mode is PushMode.PAUSED
        lines = db.scalars(select(Audit).order_by(Audit.id)).all()
    acts = [line.act for line in lines if line.actor.startswith("user:")]
    assert acts[-3:] == ["override.set", "override.set", "push_mode.changed"]
    assert acts[-5:-3] == ["opportunity.accepted", "opportunity.dismissed"]
    assert [line.after["reason"] for line in lines if line.act.startswith("opportunity.") and line.after] == [
        "A quiet week",
        "A private lesson",
    ]
    assert (lines[-1].before, lines[-1].after) == ({"push_mode": "live"}, {"push_mode": "paused"})
