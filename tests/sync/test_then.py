"""The time machine (N-23): a page as of an instant shows what was believed then, before what came later."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from adapter.people.accounts import create_user
from adapter.showing.agenda import agenda_of
from adapter.steering.push_mode import switch_push_mode
from adapter.store.calendar import one_session
from adapter.store.connection_then import picture_of
from adapter.store.settings import map_sources, sources
from adapter.store.tables import Connection, PushMode, ReservationReading, Role, RunKind, Session, Studio
from adapter.store.then import session_then
from connectors.records import Channel, Outcome
from tests.fixtures.sandbox import LiveSandbox
from tests.fixtures.studio import app_on, sign_in
from tests.sync.conftest import Road, decide, done
from tests.sync.test_pull import soon
from tests.sync.test_webhooks import booked


def owner_of(road: Road) -> FlaskClient:
    """A browser of the studio's owner."""
    app = app_on(road.ctx)
    app.config["WTF_CSRF_ENABLED"] = False
    with road.ctx.store.write() as db:
        asked = {"role": Role.OWNER, "studio_id": road.connection.studio_id, "now": road.ctx.now()}
        user = create_user(db, road.ctx.keys, "ada", "ada@x.org", **asked).id
    client = app.test_client()
    sign_in(client, road.ctx, user)
    return client


def words(client: FlaskClient, path: str, then: datetime | None = None) -> str:
    asked = {"as_of": then.isoformat()} if then else {}
    answer = client.get(path, query_string=asked)
    assert answer.status_code == 200, answer.location
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_as_of_14_02_shows_the_state_before_the_webhook(mirrored: Road, sandbox: LiveSandbox) -> None:
    """N-23."""
    road = mirrored
    road.agree(min_spots=40)  # every free place is listed
    decide(road)
    done(road.do(RunKind.PUSH))
    class_id = soon(sandbox)
    (row,) = road.all(Session, Session.external_id == str(class_id))
    with road.ctx.store.read() as db:
        before = one_session(db, row.id)
    sandbox.tick(minutes=2)
    then = road.ctx.now()  # 14:02, so to say
    sandbox.tick(seconds=30)
    visit = booked(road, sandbox, class_id)  # made 40 s earlier at the platform: before "then", and not known then
    done(road.do(RunKind.WEBHOOKS))
    sandbox.tick(minutes=5)
    after = road.ctx.now()
    sandbox.world.cancel(1001, visit, late=False)
    sandbox.tick(minutes=5)
    done(road.do(RunKind.PULL))
    with road.ctx.store.read() as db:
        was, meanwhile = session_then(db, row.id, then), session_then(db, row.id, after)
        studio = db.get_one(Studio, before.studio_id)
        agenda = agenda_of(db, studio, road.ctx.now(), then=then)
    with road.ctx.store.read() as db:
        now = one_session(db, row.id)
    assert was is not None
    assert meanwhile is not None
    assert was.places == before.places
    assert was.decision is not None
    assert before.decision is not None
    assert was.decision.id == before.decision.id
    assert was.push is not None
    assert was.push.state == "confirmed"
    assert meanwhile.places.taken == before.places.taken + 1
    assert meanwhile.decision is not None
    assert meanwhile.decision.sequence == was.decision.sequence + 1
    assert now.places.taken == before.places.taken
    assert next(item for item in agenda.total.items if item.session.id == row.id).places == before.places
    said = road.all(ReservationReading, ReservationReading.reservation_id == str(visit))
    assert [(each.before, each.after) for each in said] == [
        (None, Outcome.BOOKED),
        (Outcome.BOOKED, said[1].after),
    ]
    client = owner_of(road)
    page = words(client, f"/sessions/{row.id}", then)
    assert f"{before.places.direct} direct" in page
    assert "what we believed then" in page
    assert "As of Mon, Mar 2, 07:02 EST" in page
    assert words(client, f"/sessions/{row.id}", after) != page


def test_switches_and_settings_are_those_of_then_and_the_floor_stays_confidential(mirrored: Road) -> None:
    road, times = mirrored, []
    for mode, least in ((PushMode.LIVE, 3), (PushMode.PAUSED, 7)):
        road.time[0] += timedelta(hours=1)
        with road.ctx.store.write() as db:
            row = db.get_one(Connection, road.connection_id)
            switch_push_mode(db, row, mode, actor="user:1", now=road.ctx.now())
        road.agree(min_spots=least)
        times.append(road.ctx.now() + timedelta(minutes=1))
    road.time[0] += timedelta(hours=1)
    client, path = owner_of(road), f"/connections/{road.connection_id}"
    early = words(client, path, times[0])
    assert "Live: decisions were pushed" in early
    assert "Minimum of spots 3" in early
    assert "Floor $7.50" in early
    assert "Paused: nothing sold" in (late := words(client, path, times[1]))
    assert "Minimum of spots 7" in late
    assert "Shadow: nothing was pushed" in words(client, path, times[0] - timedelta(hours=1))
    guarantee = words(client, f"/studios/{road.connection.studio_id}/guarantee", times[0])
    assert "No statement had been made yet" in guarantee
    calendar = client.get(f"/studios/{road.connection.studio_id}", query_string={"as_of": times[0].isoformat()}).text
    assert re.search(r'href="/sessions/\d+\?as_of=', calendar), "links lead to pages as of then"


def test_between_connecting_and_the_first_import_nothing_was_known(road: Road) -> None:
    client, path = owner_of(road), f"/studios/{road.connection.studio_id}"
    road.time[0] += timedelta(hours=7)  # connected in the morning, imported in the evening: a day's classes are over
    evening = road.ctx.now()
    done(road.backfill())
    road.time[0] += timedelta(hours=1)
    read = road.ctx.now()
    road.time[0] += timedelta(minutes=1)
    over = road.all(Session, Session.starts_at < evening, Session.starts_at > evening - timedelta(hours=7))
    assert over
    asked = {"as_of": (evening - timedelta(hours=2)).isoformat()}
    assert 'href="/sessions/' not in client.get(path, query_string=asked).text
    answer = client.get(f"/sessions/{over[0].id}", query_string=asked)
    assert answer.status_code == 302
    assert "not known here yet" in client.get(answer.location).text
    assert f'href="/sessions/{over[0].id}?' in client.get(path, query_string={"as_of": read.isoformat()}).text


@pytest.mark.parametrize("asked", ["tomorrow", "2030-01-01T10:00", "2020-01-01T10:00"])
def test_what_cannot_be_shown_leads_back_to_now_and_says_why(mirrored: Road, asked: str) -> None:
    client, path = owner_of(mirrored), f"/studios/{mirrored.connection.studio_id}"
    answer = client.get(path, query_string={"as_of": asked, "day": "2026-03-03"})
    assert answer.status_code == 302
    assert answer.location == f"{path}?day=2026-03-03"
    assert "This is as of now" in client.get(answer.location).text


def test_a_source_mapped_since_is_told_as_it_was(mirrored: Road) -> None:
    then = mirrored.ctx.now() + timedelta(seconds=1)
    mirrored.time[0] += timedelta(hours=1)
    with mirrored.ctx.store.write() as db:
        one = sources(db, mirrored.connection_id)[0]
        meaning = {one.source: Channel.THIRD_PARTY}
        map_sources(db, mirrored.connection_id, meaning, actor="user:1", now=mirrored.ctx.now())
    with mirrored.ctx.store.read() as db:
        assert picture_of(db, mirrored.connection_id, then).sources[one.source] == one.channel


def test_today_payouts_and_settings_are_shown_as_of_then_too(mirrored: Road) -> None:
    road = mirrored
    road.agree(min_spots=3)
    road.time[0] += timedelta(hours=1)
    then = road.ctx.now()
    road.time[0] += timedelta(hours=1)
    road.agree(min_spots=7)
    client = owner_of(road)
    for page in ("today", "settings", "payouts", "by-hand", "spotlight"):
        assert "As of Mon, Mar 2" in words(client, f"/studios/1/{page}", then)
        assert "As of Mon" not in words(client, f"/studios/1/{page}")
    fields = [client.get("/studios/1/settings", query_string=asked).text for asked in ({}, {"as_of": then.isoformat()})]
    assert ['value="7"' in fields[0], 'value="3"' in fields[1]] == [True, True]
    assert "disabled" in fields[1]
    assert "No reservation of these days was in a total then" in words(client, "/studios/1/payouts", then)


def test_what_was_set_by_hand_and_registered_since_is_not_shown(mirrored: Road) -> None:
    client, now = owner_of(mirrored), mirrored.ctx.now
    span = {"from_day": "2026-03-02", "from_time": "00:00", "until_day": "2026-03-09", "until_time": "00:00"}
    client.post("/studios/1/by-hand", data={"kind": "blackout", "of": "", **span, "reason": "Painters are in"})
    bought = {"name": "Spring", "starts_on": "2026-03-09", "ends_on": "2026-03-15", "fee": "100"}
    client.post("/studios/1/spotlight", data=bought)
    instants = [now() - timedelta(minutes=1), now()]
    mirrored.time[0] += timedelta(hours=1)
    client.post("/overrides/1/withdraw")
    client.post("/studios/1/spotlight", data={"withdraw": "1"})
    mirrored.time[0] += timedelta(hours=1)
    client.get("/account")  # where it is told what was done just now
    hand, spotlight = (
        [words(client, f"/studios/1/{page}", at) for at in (*instants, None)] for page in ("by-hand", "spotlight")
    )
    assert ["Painters are in" in said for said in hand] == [False, True, True]
    assert ["Taken back" in said for said in hand] == [False, False, True]
    assert ["Spring" in said for said in spotlight] == [False, True, False]
