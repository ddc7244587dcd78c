"""F14 to F18, F20, F22, F24 to F28: what a platform says, wrongly, late, in another form, or on another clock."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapter.diagnosis.gathering import diagnosis_of
from adapter.diagnosis.steps import Cause
from adapter.store.tables import PriceOption, Quarantine, Reservation, RunState, Session
from adapter.store.vitals import their_clock
from connectors.http import door
from connectors.records import Outcome, PriceKind
from connectors.sandbox.market.studios import small_studio
from tests.faults.conftest import SITE, WEEKS, Fresh, Make, Scene, both_databases
from tests.sync.conftest import done

CLASSES, CLIENTS = "/class/classes", "/client/clients"
AUTUMN = datetime(2026, 10, 30, 12, 0, tzinfo=UTC)  # two days before the clocks of New York go back


@pytest.mark.parametrize(("timezone", "utc_mode"), [("Australia/Sydney", False), ("America/Los_Angeles", True)])
def test_f14_the_studios_zone_is_applied_once_on_either_side_of_greenwich(
    fresh: Fresh, timezone: str, utc_mode: bool
) -> None:
    scene = fresh(timezone=timezone, utc_mode=utc_mode)
    done(scene.road.backfill(weeks=WEEKS))
    scene.agree()
    person = scene.world.enter_client(SITE, "Just", "Now", "just.now@example.com")
    scene.world.book(SITE, scene.coming().id, person.unique_id)
    done(scene.pull())  # it asks for what changed in the studio's time, and the platform may take that for UTC
    scene.agree()


def test_f15_a_weekly_class_stays_at_its_hour_when_the_clocks_change(scene: Scene) -> None:
    zone, hours = ZoneInfo("America/New_York"), {}
    for row in scene.road.all(Session):
        local = row.starts_at.astimezone(zone)
        hours.setdefault((row.template_id, local.weekday()), set()).add((local.hour, row.starts_at.hour))
    changed = {key: seen for key, seen in hours.items() if len({there for _, there in seen}) == 2}
    assert len(changed) > 5  # the eighth of March lies in the middle
    assert {len({here for here, _ in seen}) for seen in changed.values()} == {1}
    scene.agree()


@pytest.mark.parametrize("utc_mode", [False, True], ids=["naive", "utc"])
def test_f16_half_past_one_twice_is_two_instants_where_the_platform_says_which(fresh: Fresh, utc_mode: bool) -> None:
    scene = fresh(at=AUTUMN, utc_mode=utc_mode)
    first, second = scene.coming(0), scene.coming(1)
    scene.world.move_class(SITE, first.id, datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    scene.world.move_class(SITE, second.id, datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    scene.road.backfill(weeks=WEEKS)
    if utc_mode:
        assert scene.session(second.id).starts_at - scene.session(first.id).starts_at == timedelta(hours=1)
        scene.agree()
        return
    # Of both, the platform says 01:30. It is taken as the first; and a class that ends at 01:25 then is set aside.
    assert [row.external_id for row in scene.road.all(Quarantine)] == [str(first.id)]
    assert {(each.stream, each.id, each.what) for each in scene.apart()} <= {
        ("sessions", str(second.id), "starts_at"),
        ("sessions", str(first.id), "lost"),
        *(("reservations", str(visit.id), "lost") for visit in scene.site.visits_of(first.id)),
    }


def test_f17_an_hour_that_the_clock_skips_is_flagged_and_never_shifted(scene: Scene) -> None:
    wrong = '"StartDateTime":"2026-03-08T02:30:00"'
    scene.sandbox.faults(
        {"kind": "rewrite", "path": CLASSES, "find": '"StartDateTime":"2026-03-08T10:00:00"', "body": wrong}
    )
    assert scene.pull().state is RunState.INCOMPLETE
    (row,) = scene.road.all(Quarantine)
    assert "does not exist in America/New_York" in row.reason
    assert scene.apart() == []
    scene.mend()
    scene.pull()
    scene.agree()


def _move_to(scene: Scene, timezone: str) -> None:
    """The studio corrects its zone: the hours on its timetable stay, so its classes are at other instants.

    Those that are held before anybody looks again were held as they were known.
    """
    site, looked_at = scene.site, scene.world.now + timedelta(hours=24)
    site.timezone = timezone
    for item in site.classes.values():
        if item.starts_at > looked_at:
            length = item.ends_at - item.starts_at
            item.starts_at = item.starts_local.replace(tzinfo=site.zone).astimezone(UTC)
            item.ends_at = item.starts_at + length


def test_f18_a_studio_that_changes_its_zone_has_its_coming_classes_moved(scene: Scene) -> None:
    past = {row.external_id: row.starts_at for row in scene.road.all(Session) if row.starts_at < scene.now}
    _move_to(scene, "America/Chicago")
    done(scene.night())
    assert past == {row.external_id: row.starts_at for row in scene.road.all(Session) if row.external_id in past}
    scene.agree()


def test_f18_a_zone_that_nobody_knows_is_listed_and_the_one_before_holds(scene: Scene) -> None:
    scene.book(scene.coming())
    scene.sandbox.faults(
        {"kind": "rewrite", "path": "/site/sites", "find": '"TimeZone":"[^"]*"', "body": '"TimeZone":"Mars/Base"'}
    )
    run = scene.night()
    assert [error["what"] for error in run.errors] == ["account"]
    assert "Mars/Base" in run.errors[0]["message"]
    scene.agree()


@pytest.mark.parametrize("minutes", [-10, 10], ids=["ahead of ours", "behind ours"])
def test_f20_a_platform_whose_clock_is_off_is_read_whole(scene: Scene, minutes: int) -> None:
    scene.ctx.now = lambda: scene.sandbox.time[0] + timedelta(minutes=minutes)
    for number in range(3):
        scene.sandbox.tick(minutes=4)
        scene.world.advance(scene.now)
        person = scene.world.enter_client(SITE, f"Skew{number}", "Client", f"skew{number}@example.com")
        scene.world.book(SITE, scene.coming(number).id, person.unique_id)
        done(scene.pull())
        assert [str(each) for each in scene.apart() if each.stream in ("clients", "reservations")] == []


@pytest.mark.parametrize(
    ("minutes", "told"), [(10.5, "10 minutes ahead of ours"), (-10.5, "10 minutes behind ours"), (1, "")]
)
def test_f20_a_clock_that_is_off_is_shown(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, minutes: float, told: str
) -> None:
    behind = SimpleNamespace(monotonic=time.monotonic, time=lambda: time.time() - minutes * 60)
    monkeypatch.setattr(door, "time", behind)
    done(scene.pull())
    with scene.ctx.store.read() as db:
        assert (their_clock(scene.road.connection) or "") == told
        causes = {finding.cause for finding in diagnosis_of(db, scene.ctx, scene.road.connection_id).findings}
    assert (Cause.THEIR_CLOCK in causes) is bool(told)
    monkeypatch.undo()
    done(scene.pull())
    assert their_clock(scene.road.connection) is None


def test_f22_a_platform_that_asks_to_wait_is_given_its_time(scene: Scene) -> None:
    in_twenty_minutes = format_datetime(datetime.now(UTC) + timedelta(minutes=20), usegmt=True)
    for retry_after, least, most in (
        (600, 600, 1000),
        (None, 0, 60),
        (10**9, 3600, 4600),  # an hour, and then it is asked again
        (in_twenty_minutes, 1190, 1600),
        ("a word", 0, 60),
    ):
        scene.book(scene.coming())
        scene.sandbox.faults({"kind": "too_many", "path": CLASSES, "retry_after": retry_after})
        run = scene.pull()
        assert run.state is RunState.QUEUED
        assert timedelta(seconds=least) <= run.due_at - scene.now <= timedelta(seconds=most), retry_after
        scene.sandbox.mend()
        scene.sandbox.tick(seconds=(run.due_at - scene.now).total_seconds())
        scene.work()
    scene.agree()


def test_f24_an_answer_that_is_not_what_it_says_fails_its_page_and_leaves_the_cursor(scene: Scene) -> None:
    faults: list[dict[str, Any]] = [
        {"kind": "html"},
        {"kind": "answer", "body": '{"error": "no_session"}'},
        {"kind": "message", "status": 200},
        {"kind": "truncated"},
        {"kind": "answer", "content_type": "application/json; charset=utf-16", "body": "{}"},
        {"kind": "rewrite", "find": "^", "body": "\ufeff"},
    ]
    before = scene.cursor()
    scene.sandbox.tick(minutes=10)
    scene.world.advance(scene.now)
    scene.world.enter_client(SITE, "Not", "Yet", "not.yet@example.com")
    for fault in faults:
        scene.sandbox.faults({**fault, "path": CLIENTS})
        assert scene.pull().state is RunState.INCOMPLETE, fault
        assert scene.cursor() == before
        scene.mend()
    scene.pull()
    scene.agree()


def test_f25_hostile_json_fails_its_page_or_its_record_and_nothing_else(scene: Scene) -> None:
    for find, body in (
        (r'"MaxCapacity":\d+', '"MaxCapacity":NaN'),
        (r'"MaxCapacity":\d+', '"MaxCapacity":1e999'),
        (r'"MaxCapacity":\d+', f'"MaxCapacity":{"9" * 5000}'),
        ('"IsEnrolled":false', f'"IsEnrolled":{"[" * 100_000}{"]" * 100_000}'),
        ('"IsEnrolled":false', '"IsEnrolled":false,"IsEnrolled":true'),
    ):
        scene.sandbox.faults({"kind": "rewrite", "path": CLASSES, "find": find, "body": body})
        assert scene.pull().state is not RunState.DONE, body[:40]
        assert scene.apart() == []
        scene.mend()
        scene.work()
    scene.pull()
    scene.agree()


@both_databases
def test_f25_text_that_no_database_takes_is_cleaned(scene: Scene) -> None:
    odd = "\\u0000\\ud800"
    scene.sandbox.faults(
        {"kind": "rewrite", "path": "/class/classdescriptions", "find": '"Name":"', "body": f'"Name":"{odd}'},
        {"kind": "rewrite", "path": CLIENTS, "find": '"FirstName":"', "body": f'"FirstName":"{odd}'},
    )
    done(scene.night())
    assert [(each.stream, each.what) for each in scene.apart()] == [("class_types", "name")]
    scene.mend()
    scene.night()
    scene.agree()


def test_f26_ids_that_become_text_are_the_same_ids(scene: Scene) -> None:
    every = {"kind": "rewrite", "times": 0}
    scene.sandbox.faults({**every, "path": "/class/", "find": r'"Id":(\d+)', "body": '"Id":"$1"'})
    scene.sandbox.faults({**every, "path": CLIENTS, "find": r'"UniqueId":(\d+)', "body": '"UniqueId":"$1"'})
    scene.reconcile()
    scene.agree()


def test_f26_an_id_given_again_after_a_deletion_is_one_record(scene: Scene) -> None:
    item = scene.coming()
    scene.book(item)
    scene.pull()
    scene.site.remove_class(item.id)
    scene.site._visits_of.pop(item.id)
    scene.site._taken.pop(item.id)
    scene.pull()
    starts = item.starts_at + timedelta(days=1)
    scene.site.add_class(replace(item, starts_at=starts, ends_at=starts + timedelta(hours=1)))
    scene.world.move_class(SITE, item.id, starts)
    scene.book(scene.site.classes[item.id], 3)
    scene.pull()
    scene.agree()


def test_f26_the_same_ids_at_two_studios_are_two_records(sandbox_with: Make, fresh: Fresh) -> None:
    one = small_studio(weeks=WEEKS)
    other = replace(one, site=1002, name="Twin", timezone="Europe/Berlin", currency="EUR")
    scene = fresh(sites=(one, other))
    done(scene.road.backfill(weeks=WEEKS))
    twin = scene.of_site(1002, timezone="Europe/Berlin", currency="EUR")
    done(twin.road.backfill(weeks=WEEKS))
    assert {row.external_id for row in scene.road.all(Session, Session.connection_id == 1)} & {
        row.external_id for row in scene.road.all(Session, Session.connection_id == 2)
    }
    scene.agree()
    twin.agree()


def test_f27_a_record_that_makes_no_sense_is_set_aside_with_a_reason_and_the_rest_goes_on(scene: Scene) -> None:
    for path, find, body in (
        (CLASSES, r'"MaxCapacity":\d+', '"MaxCapacity":-1'),
        (CLASSES, r'"WebCapacity":\d+', '"WebCapacity":999'),
        (CLASSES, r'"EndDateTime":"[^"]*"', '"EndDateTime":"2020-01-01T00:00:00"'),
        (CLASSES, r'"StartDateTime":"[^"]*"', '"StartDateTime":"next Monday"'),
        ("/sale/sales", r'"TotalAmount":[\d.]+', '"TotalAmount":"12,50"'),
        (CLIENTS, r'"CreationDate":"[^"]*"', '"CreationDate":"31.12.2025"'),
        ("/sale/services", r'"Price":[\d.]+', '"Price":9.999'),
        ("/sale/services", r'"Price":[\d.]+', '"Price":-5.0'),
    ):
        scene.book(scene.coming(-1))
        scene.sandbox.faults({"kind": "rewrite", "path": path, "find": find, "body": body})
        look = scene.night if path == "/sale/services" else scene.pull
        assert look().state is RunState.INCOMPLETE, body
        (row,) = scene.road.all(Quarantine)
        assert body.split('"')[1] in row.reason
        assert scene.apart() == []  # what was known of it stays, and all the rest is there
        scene.mend()
        look()
        scene.agree()


def test_f27_a_class_moved_into_the_past_is_there(scene: Scene) -> None:
    item = scene.coming()
    scene.book(item)
    scene.world.move_class(SITE, item.id, scene.now - timedelta(days=1))
    scene.pull()
    scene.agree()


def test_f28_what_is_left_out_keeps_its_value_and_so_does_what_nobody_has_heard_of(scene: Scene) -> None:
    scene.sandbox.options(drop_optional=0.5)
    scene.sandbox.faults(
        {"kind": "rewrite", "path": "/sale/services", "find": '"Type":"Series"', "body": '"Type":"Weekly"', "times": 0}
    )
    scene.reconcile()
    scene.pull()
    assert scene.road.all(PriceOption, PriceOption.kind == PriceKind.PACKAGE)
    kept = [each for each in scene.apart() if each.stream != "reservations"]
    assert [str(each) for each in kept] == []
    assert scene.road.all(Reservation, Reservation.outcome == Outcome.UNKNOWN) == []
    scene.sandbox.options(drop_optional=0.0)
    scene.mend()
    scene.reconcile()
    scene.agree()
