"""J3: "my schedule is not syncing". Support finds the studio, the cause, repairs it, and tells the customer."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from adapter.people.accounts import create_user
from adapter.store.tables import EventsState, Role, Run, RunKind, RunOrigin, RunState, Session
from sync.commands.resync_command import resync
from sync.engine.jobs import do_next
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import link_of
from tests.sync.conftest import Road, decide, done
from tests.sync.test_pull import soon

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(mirrored: Road, app: Flask, tab: Page, monkeypatch: pytest.MonkeyPatch) -> Road:
    """A live studio, and our own support in front of the desk."""
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)
    decide(mirrored)
    done(mirrored.do(RunKind.PUSH))
    app.extensions["context"] = mirrored.ctx
    with mirrored.ctx.store.write() as db:
        staff = {"role": Role.SUPPORT, "studio_id": None, "now": mirrored.ctx.now()}
        user = create_user(db, mirrored.ctx.keys, "Sam", "sam@us.example", **staff).id
    tab.goto(link_of(mirrored.ctx, user))
    tab.get_by_role("button", name="Sign in").click()
    return mirrored


def works(road: Road) -> Run:
    """The engine takes up what was asked for last."""
    with road.ctx.store.read() as db:
        asked = select(Run).where(Run.origin == RunOrigin.MANUAL, Run.state == RunState.QUEUED)
        run = db.scalars(asked.order_by(Run.id.desc())).first()
    assert run is not None
    do_next(road.ctx, run_id=run.id)
    return road.run(run.id)


def test_j3_from_the_complaint_to_the_letter(desk: Road, tab: Page, sandbox: LiveSandbox) -> None:
    road, page = desk, f"/connections/{desk.connection_id}"
    sandbox.faults({"kind": "too_many", "retry_after": 1800})
    sandbox.tick(hours=3)
    road.do(RunKind.PULL)
    tab.goto("/desk")
    tab.get_by_label("A studio, venue").fill("aurora")
    tab.get_by_role("button", name="Find").click()
    expect(tab.get_by_role("status")).to_contain_text("Aurora")
    row = tab.get_by_role("region", name="Connections").get_by_role("row").nth(1)
    expect(row).to_contain_text("Too old: nothing is listed")
    row.get_by_role("link", name="Diagnosis of").click()
    cause = tab.get_by_role("alert")
    expect(cause).to_contain_text("wants no calls with our key")
    expect(tab.get_by_role("listitem").filter(has_text="Calls and the breaker")).to_contain_text("This is the cause")

    sandbox.mend()
    sandbox.tick(minutes=31)
    first = soon(sandbox)
    sandbox.world.set_capacity(1001, first, max_capacity=40, web_capacity=40)
    asked = [str(road.connection_id), "--session", str(session(road, first)), "--dry-run"]
    said = CliRunner().invoke(resync, asked, obj=road.ctx)
    assert "capacity" in said.stdout, said.output
    tab.get_by_label("Why (kept with the run)").fill("the studio called: ann@client.example")
    tab.get_by_role("button", name="Read again").click()
    works(road)
    tab.reload()
    changes = tab.get_by_role("region", name="What would change")
    expect(changes).to_contain_text(f"Sessions {first}")
    expect(tab.locator("main")).not_to_contain_text("ann@client.example")
    changes.get_by_role("button", name="Read again, and keep the changes").click()
    run_page = tab.url
    expect(tab.get_by_role("log")).to_be_visible()
    tab.go_back()
    tab.get_by_role("button", name="Read again, and keep the changes").click()
    expect(tab.get_by_role("status")).to_contain_text("already running")
    assert tab.url == run_page, "asked twice, it is done once"
    run = works(road)
    assert (run.origin, run.state) == (RunOrigin.MANUAL, RunState.DONE)
    expect(tab.get_by_role("log")).to_contain_text("Done.", timeout=10_000)  # it came by itself
    expect(tab.get_by_role("log")).to_contain_text("Sessions: ")
    expect(tab.locator("main")).to_contain_text("a person (Sam)")

    road.do(RunKind.PULL)
    road.do(RunKind.DECIDE)
    road.do(RunKind.PUSH)
    road.set(webhook_state=EventsState.OFF, webhook_since=road.ctx.now())
    tab.goto(f"{page}/diagnosis")
    expect(tab.get_by_role("heading", level=1)).to_have_text("It syncs")
    expect(tab.get_by_role("heading", name="Worth knowing")).to_contain_text("switched our subscription off")
    tab.get_by_role("button", name="Subscribe again").click()
    assert works(road).kind is RunKind.SUBSCRIBE
    tab.goto(f"{page}/diagnosis")
    letter = tab.get_by_role("textbox", name="For the customer").input_value()
    assert "your schedule was read again" in letter
    assert "100% as we sent them" in letter
    assert "@" not in letter
    assert "7.5" not in letter
    for path in (f"/studios/{road.connection.studio_id}/settings", f"/studios/{road.connection.studio_id}/guarantee"):
        answer = tab.goto(path)
        assert answer is not None
        assert answer.status == 403


def session(road: Road, class_id: int) -> int:
    """Our id of a class."""
    (row,) = road.all(Session, Session.external_id == str(class_id))
    return int(row.id)
