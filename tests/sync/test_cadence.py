"""What a round costs, what only the night finds, and how a day's calls are made to last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from adapter.context import Context
from adapter.planning.cadence import NIGHT, night_before
from adapter.store.api_calls import add_calls, calls_of
from adapter.store.connection_health import health_of
from adapter.store.database import Store
from adapter.store.reading_plan import last_readings
from adapter.store.sealing import Keyring
from adapter.store.tables import (
    ClassType,
    Connection,
    PriceOption,
    Reservation,
    Run,
    RunKind,
    RunOrigin,
    RunState,
    SaleLine,
    Session,
)
from adapter.work import request_run
from connectors import registry
from connectors.platform import Api, Window
from connectors.records import Outcome, Page, Stream
from connectors.sandbox.market.studios import demo_studios
from connectors.sandbox.market.world import World
from sync.engine.jobs import do_next
from sync.engine.schedule import APART, ask_for_pulls
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, connect, done, dump, settings_of
from tests.sync.test_pull import row_of, soon


def scheduled(road: Road) -> Run:
    """A pull as the clock asks for it."""
    with road.ctx.store.write() as db:
        asked = {"origin": RunOrigin.SCHEDULE, "actor": "clock", "now": road.ctx.now()}
        run, _ = request_run(db, RunKind.PULL, road.connection_id, **asked)
    do_next(road.ctx, run_id=run.id)
    return road.run(run.id)


def night(road: Road) -> Run:
    """The first pull of the next night."""
    here = night_before(road.time[0] + timedelta(days=1), ZoneInfo(road.connection.timezone), road.connection_id)
    road.time[0] = here + timedelta(minutes=1)
    return scheduled(road)


def test_a_round_without_a_change_at_sixty_sessions_a_week_costs_six_calls_at_most_and_writes_nothing(
    sandbox_with: Callable[..., LiveSandbox], store: Store, keys: Keyring, tmp_path: Path
) -> None:
    """INV-12."""
    busy = replace(demo_studios(1)[0], weeks=2, people=120)
    sandbox = sandbox_with(World(7, NOON, (busy,)))
    config = settings_of(sandbox.facts, tmp_path, store.url.render_as_string(hide_password=False))
    ctx = Context(config=config, store=store, keys=keys, now=lambda: sandbox.time[0])
    token = sandbox.staff_headers()["Authorization"].removeprefix("Bearer ")
    road = Road(ctx, connect(ctx, sandbox.sites[0], token), sandbox.time)
    done(road.backfill(weeks=1))
    week = [one for one in road.upcoming() if one.starts_at < NOON + timedelta(days=7)]
    assert len(week) >= 60
    sandbox.tick(hours=4, minutes=20)
    done(scheduled(road))  # rosters of what has ended meanwhile; nothing ends in the next hour
    costs = []
    for _ in range(6):
        before, calls = dump(store), sandbox.calls()
        sandbox.tick(minutes=10)
        run = done(scheduled(road))
        assert all(counts["new"] == counts["changed"] == counts["gone"] == 0 for counts in run.counts.values())
        assert dump(store) == before
        costs.append(sandbox.calls() - calls)
    assert max(costs) <= 6
    assert sum(costs) <= 6 * 3 + 1, "sales are read once an hour"
    with store.read() as db:
        calls = calls_of(db, road.connection_id, NOON.date())
    assert calls.made - calls.planned == calls.asked > 100, "a backfill is beside the plan"
    assert calls.planned - sum(costs) < 30


def test_the_night_finds_what_rounds_take_on_trust(mirrored: Road, sandbox: LiveSandbox) -> None:
    """A price, a class deleted weeks ago (F12), attendance corrected late: all within a day."""
    past = [one for one in mirrored.all(Session) if one.ends_at < NOON - timedelta(days=6) and one.booked]
    deleted = next(one for one in past if one.starts_at > NOON - timedelta(days=30))
    sandbox.site.remove_class(int(deleted.external_id))
    corrected = next(
        row
        for row in mirrored.all(Reservation, Reservation.outcome == Outcome.ATTENDED)
        if NOON - timedelta(days=5) < start_of(mirrored, row) < NOON - timedelta(days=3)
    )
    sandbox.site.visits[int(corrected.external_id)].signed_in = False
    option = next(iter(sandbox.site.options.values()))
    option.price += 1
    sandbox.tick(minutes=10)
    run = done(scheduled(mirrored))
    assert not run.counts.keys() & {"reservations", "prices"}
    done(night(mirrored))
    assert row_of(mirrored, int(deleted.external_id)).gone_at is not None
    (row,) = mirrored.all(Reservation, Reservation.id == corrected.id)
    assert row.outcome is not Outcome.ATTENDED
    (price,) = mirrored.all(PriceOption, PriceOption.external_id == str(option.product_id))
    assert Decimal(str(price.raw["Price"])) == option.price
    calls = sandbox.calls()
    sandbox.tick(minutes=10)
    done(scheduled(mirrored))
    assert sandbox.calls() - calls <= 6, "a night is read once"


def start_of(road: Road, row: Reservation) -> datetime:
    with road.ctx.store.read() as db:
        found = db.scalar(select(Session.starts_at).where(Session.external_id == row.session_id))
        assert found is not None
        return found


def test_a_night_that_fails_is_tried_again_in_an_hour_and_not_at_each_round(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    sandbox.faults({"kind": "answer", "path": "/class/classes", "status": 404})
    assert night(mirrored).state is RunState.INCOMPLETE
    sandbox.mend()
    lists = sandbox.calls("GET /site/locations")
    sandbox.tick(minutes=10)
    done(scheduled(mirrored))
    assert sandbox.calls("GET /site/locations") == lists
    sandbox.tick(minutes=60)
    done(scheduled(mirrored))
    assert sandbox.calls("GET /site/locations") == lists + 1
    with mirrored.ctx.store.read() as db:
        assert last_readings(db, mirrored.connection_id, sandbox.time[0])[NIGHT] == sandbox.time[0]


def test_a_session_that_names_a_new_class_type_has_the_list_read_before_it_is_saved(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    item = sandbox.site.classes[soon(sandbox)]
    known = sandbox.site.descriptions[item.description_id]
    sandbox.site.descriptions[77] = replace(known, id=77, name="Aerial Yoga")
    item.description_id = 77
    sandbox.tick(minutes=10)
    done(scheduled(mirrored))
    (found,) = mirrored.all(ClassType, ClassType.external_id == "77")
    assert found.name == "Aerial Yoga"


def test_a_name_that_the_list_does_not_explain_is_asked_for_once_an_hour(mirrored: Road, sandbox: LiveSandbox) -> None:
    item = sandbox.site.classes[soon(sandbox)]
    sandbox.site.descriptions[78] = replace(sandbox.site.descriptions[item.description_id], id=78)
    item.description_id = 78
    sandbox.faults({"kind": "answer", "path": "/class/classdescriptions", "status": 404})
    for _ in range(3):
        sandbox.tick(minutes=10)
        run = scheduled(mirrored)
        assert row_of(mirrored, item.id).class_type_id == "78", "the timetable does not wait for it"
    assert run.state is RunState.DONE
    assert sandbox.core.faults.report()[0]["hits"] == 1
    sandbox.tick(minutes=60)
    scheduled(mirrored)
    assert sandbox.core.faults.report()[0]["hits"] == 2


def short_of_calls(road: Road, used: int) -> None:
    """Let a thousand calls a day be allowed, and so many be used."""
    platforms = {"sandbox": {**road.ctx.config.platform("sandbox"), "CALLS_PER_DAY": "1000"}}
    road.ctx.config = replace(road.ctx.config, platforms=platforms)
    with road.ctx.store.write() as db:
        made = calls_of(db, road.connection_id, road.time[0].date()).planned
        add_calls(db, road.connection_id, road.time[0].date(), {"test": used - made}, {"test": 0}, asked=False)


def test_when_calls_run_short_only_the_next_day_is_polled_and_the_rest_grows_old_honestly(
    mirrored: Road, sandbox: LiveSandbox
) -> None:
    """N-14 on the road: 900 of 1,000 at three in the afternoon."""
    road = mirrored
    sandbox.tick(hours=3)
    done(scheduled(road))
    pulled = road.connection.last_pulled_at
    short_of_calls(road, 900)
    sandbox.tick(minutes=10)
    calls = sandbox.calls()
    done(scheduled(road))
    assert sandbox.calls() - calls == 1
    assert road.connection.last_pulled_at == pulled, "the mirror as a whole is no fresher"
    with road.ctx.store.read() as db:
        readings = last_readings(db, road.connection_id, sandbox.time[0])
        health = health_of(db, road.connection_id, sandbox.time[0], 1_000)
    assert readings["day"] == sandbox.time[0] > readings["week"]
    assert "classes further ahead" in health.calls_plan
    assert health.calls_allowed == 1_000
    assert health.calls_run_out_at is not None
    short_of_calls(road, 990)
    sandbox.tick(minutes=10)
    calls = sandbox.calls()
    done(scheduled(road))
    assert sandbox.calls() == calls, "what is left is kept for pushing"


def test_after_an_outage_each_connection_catches_up_once_and_one_after_the_other(mirrored: Road) -> None:
    """F23."""
    road = mirrored
    with road.ctx.store.write() as db:
        for number in range(2, 31):
            row = Connection(
                studio_id=road.connection.studio_id,
                platform="sandbox",
                site=str(5_000 + number),
                site_name="Another",
                timezone="America/New_York",
                currency="USD",
                connected_at=NOON,
            )
            db.add(row)
            db.flush()
            known = {"counts": {}, "errors": [], "params": {}, "origin": RunOrigin.SCHEDULE, "actor": "clock"}
            db.add(Run(connection_id=row.id, kind=RunKind.BACKFILL, state=RunState.DONE, due_at=NOON, **known))
    road.time[0] += timedelta(hours=8)
    with road.ctx.store.write() as db:
        assert ask_for_pulls(db, road.ctx.now()) == 30
        assert ask_for_pulls(db, road.ctx.now()) == 0
    waiting = sorted(row.due_at for row in road.all(Run, Run.state == RunState.QUEUED, Run.kind == RunKind.PULL))
    assert waiting == [road.ctx.now() + APART * number for number in range(30)]


def test_an_old_sale_that_was_edited_is_found_at_night(mirrored: Road, sandbox: LiveSandbox) -> None:
    line = next(row for row in mirrored.all(SaleLine) if row.sold_at < NOON - timedelta(days=20))
    sandbox.site.sales.pop(int(line.sale_id))
    sandbox.site._sales_by_time[:] = [one for one in sandbox.site._sales_by_time if one[1] != int(line.sale_id)]
    done(night(mirrored))
    (row,) = mirrored.all(SaleLine, SaleLine.id == line.id)
    assert row.gone_at is not None
    assert row.net >= Decimal(0)


def test_a_sale_that_slipped_from_one_page_to_the_next_is_not_taken_as_deleted(
    mirrored: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sale went and another came between two pages, so the count is right, and it is in neither."""
    streams: Any = registry.get("sandbox").streams
    real, readings = streams[Stream.SALES], list[Window]()
    line = next(row for row in mirrored.all(SaleLine) if row.sold_at < NOON - timedelta(days=20))

    def slipping(api: Api, ask: Window) -> Iterator[Page]:
        readings.append(ask)
        for page in real.read(api, ask):
            slips = line.external_id if len(readings) == 1 else None
            kept = [one for one in page.items if one.record.external_id != slips]
            yield replace(page, items=kept[:1], final=False)
            yield replace(page, items=kept[1:])

    monkeypatch.setitem(streams, Stream.SALES, replace(real, read=slipping))
    done(night(mirrored))
    assert len(readings) == 2
    (row,) = mirrored.all(SaleLine, SaleLine.id == line.id)
    assert row.gone_at is None
