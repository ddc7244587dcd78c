"""F1 to F8, F11 to F13: cursors, pages and deletions. No row is passed over, none is taken as deleted by mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter.store.tables import Cursor, Reservation, RunState, SaleLine, Session
from connectors.records import Outcome, SessionStatus
from connectors.sandbox.market.state import Client as Person
from connectors.sandbox.server.faults import Kind
from tests.faults.conftest import SITE, Scene
from tests.sync.conftest import done

CLASSES, CLIENTS = "/class/classes", "/client/clients"


def enter(scene: Scene, name: str, changed: timedelta = timedelta(), **fraction: int) -> Person:
    """A client whose record says that it was changed at another time than it appears."""
    made = scene.world.enter_client(SITE, name, "Late", f"{name}@example.com".lower())
    scene.site.touch_client(made, scene.world.now + changed + timedelta(**fraction))
    return made


def meanwhile(monkeypatch: pytest.MonkeyPatch, scene: Scene, path: str, act: Callable[[], Any], *, skip: int) -> None:
    """Let something happen at the platform while a list is read: right before it answers call ``skip + 1``."""
    switches, left = scene.sandbox.core.faults, [skip]
    take = switches.take

    def taken(*kinds: Kind, path_: str = path, **call: Any) -> Any:
        if Kind.ANSWER in kinds and path_ in str(call.get("path", "")).lower():
            left[0] -= 1
            if left[0] == -1:
                act()
        return take(*kinds, **call)

    monkeypatch.setattr(switches, "take", taken)


def test_f01_a_row_that_shares_the_last_instant_read_and_comes_later_is_found(scene: Scene) -> None:
    first = enter(scene, "First")
    scene.pull()
    assert scene.cursor() == first.last_modified.isoformat()
    enter(scene, "Second")
    scene.pull()
    scene.agree()


@pytest.mark.parametrize("old", [timedelta(hours=3), timedelta(hours=23)])
def test_f02_a_row_written_late_with_an_older_time_lies_within_the_overlap(scene: Scene, old: timedelta) -> None:
    enter(scene, "Newest")
    scene.pull()
    enter(scene, "Older", changed=-old)
    scene.pull()
    scene.agree()


def test_f02_rows_written_later_than_the_overlap_reaches_are_found_by_night(scene: Scene) -> None:
    enter(scene, "Newest")
    scene.pull()
    enter(scene, "Oldest", changed=-timedelta(days=5))
    sale = next(each for each in scene.site.sales.values() if each.sold_at > scene.now - timedelta(days=9))
    late = {"id": scene.site.next_id("sale"), "sold_at": scene.now - timedelta(days=8)}
    scene.site.add_sale(replace(sale, **late))
    done(scene.night())
    scene.agree()


def test_f03_a_cursor_is_never_later_than_what_was_seen(scene: Scene) -> None:
    for milliseconds in (40, 950, 999):
        scene.live_on(minutes=10)
        seen = enter(scene, f"Seen{milliseconds}", changed=-timedelta(seconds=1), milliseconds=milliseconds)
        scene.pull()
        assert scene.cursor() <= seen.last_modified.isoformat()
        enter(scene, f"Next{milliseconds}", changed=-timedelta(seconds=1), milliseconds=milliseconds, microseconds=1)
        scene.pull()
    scene.agree()


def test_f04_rows_that_come_and_go_while_pages_are_read_are_not_missed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sandbox.options(most_rows=7)
    first, moved = scene.coming(0), scene.coming(-1)
    later, earlier = moved.starts_at + timedelta(days=60), first.starts_at - timedelta(days=1)
    meanwhile(monkeypatch, scene, CLASSES, lambda: scene.world.move_class(SITE, first.id, later), skip=2)
    scene.pull()
    assert scene.session(moved.id).gone_at is None  # the list moved under our eyes: nothing is inferred from it
    scene.mend()
    scene.work()
    scene.agree()
    meanwhile(monkeypatch, scene, CLASSES, lambda: scene.world.move_class(SITE, moved.id, earlier), skip=2)
    scene.pull()
    scene.mend()
    scene.work()
    scene.agree()


def test_f04_a_list_that_shifts_by_a_row_deletes_nothing(scene: Scene) -> None:
    scene.sandbox.options(most_rows=7)
    scene.sandbox.faults({"kind": "page_shift", "path": CLASSES})
    scene.pull()
    assert scene.road.all(Session, Session.gone_at.is_not(None)) == []
    scene.mend()
    scene.work()
    scene.agree()


def test_f05_a_server_that_ignores_the_offset_is_noticed_and_named(scene: Scene) -> None:
    scene.book(scene.coming())
    scene.sandbox.options(most_rows=7)
    scene.sandbox.faults({"kind": "page_one", "path": CLASSES})
    calls = scene.sandbox.calls("GET /class/classes")
    run = scene.pull()
    assert "repeats an earlier page" in run.step
    assert scene.sandbox.calls("GET /class/classes") <= calls + 4
    scene.mend()
    scene.work()
    scene.agree()


def test_f06_a_full_page_of_rows_that_were_not_asked_for_does_not_end_the_reading(scene: Scene) -> None:
    scene.sandbox.options(most_rows=1)  # whole days are asked for: of the first, all lie before the window
    scene.book(scene.coming(-1))
    scene.pull()
    scene.agree()


def test_f07_an_empty_page_that_says_there_is_more_is_no_end(scene: Scene) -> None:
    scene.sandbox.options(most_rows=7)
    for skip in (0, 2):
        scene.book(scene.coming())
        scene.sandbox.faults({"kind": "page_empty", "path": CLASSES, "skip": skip})
        scene.pull()
        assert scene.road.all(Session, Session.gone_at.is_not(None)) == []
        scene.mend()
        scene.work()
    scene.agree()


def test_f08_a_list_that_ends_before_all_it_counts_is_not_taken_for_the_whole(scene: Scene) -> None:
    scene.book(scene.coming())
    scene.sandbox.options(list_cap=30)
    assert scene.pull().state is not RunState.DONE
    assert scene.road.all(Session, Session.gone_at.is_not(None)) == []
    scene.sandbox.options(list_cap=None)
    scene.mend()
    scene.work()
    scene.agree()


def test_f11_a_cursor_that_makes_no_sense_reads_all_and_passes_nothing_over(scene: Scene) -> None:
    nonsense: list[Any] = [{"since": "2999-01-01T00:00:00Z"}, {"since": 17}, ["no object"], {"since": "soon"}]
    for number, value in enumerate(nonsense):
        enter(scene, f"Behind{number}", changed=-timedelta(days=9))
        with scene.ctx.store.write() as db:
            db.query(Cursor).filter_by(stream="clients").one().value = value
        scene.pull()
        scene.agree()
        assert scene.cursor() < "2999"


def test_f12_a_class_deleted_over_there_is_closed_and_nobody_is_left_booked_in_it(scene: Scene) -> None:
    item = scene.coming()
    visit = scene.book(item)
    scene.pull()
    scene.site.remove_class(item.id)
    scene.pull()
    assert scene.session(item.id).status is SessionStatus.CANCELLED
    (row,) = scene.road.all(Reservation, Reservation.external_id == str(visit))
    assert row.outcome is Outcome.CANCELLED
    scene.agree()
    scene.site.add_class(item)  # it was a mistake
    scene.pull()
    scene.agree()


def test_f12_a_client_a_price_and_a_sale_deleted_over_there_are_gone_by_night(scene: Scene) -> None:
    site = scene.site
    idle = next(number for number in site.clients if not site.visits_by(number) and not site.services_of(number))
    person = site.clients.pop(idle)
    site._clients_modified.remove((person.last_modified, idle))
    used = {service.product_id for service in site.services.values()}
    site.options.pop(next(number for number in site.options if number not in used))
    sale = site.sales.pop(max(site.sales))
    site._sales_by_time.remove((sale.sold_at, sale.id))
    done(scene.night())
    assert scene.road.all(SaleLine, SaleLine.gone_at.is_not(None))
    scene.agree()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "path": CLASSES, "skip": 1},
        {"kind": "rewrite", "path": CLASSES, "find": r'"Classes":\[.*\]', "body": '"Classes":[]'},
        {"kind": "rewrite", "path": CLASSES, "find": r'\{"Pagination.*\}$', "body": "{}"},
        {"kind": "answer", "path": CLASSES, "body": '{"PaginationResponse": {"TotalResults": 0}, "Classes": []}'},
    ],
    ids=["a page fails", "no rows", "no list", "an empty list"],
)
def test_f13_half_a_list_is_not_mass_deletion(scene: Scene, fault: dict[str, Any]) -> None:
    scene.sandbox.options(most_rows=7)
    scene.sandbox.faults(fault)
    assert scene.pull().state is not RunState.DONE
    assert scene.road.all(Session, Session.gone_at.is_not(None)) == []
    scene.mend()
    scene.pull()
    scene.agree()


def test_f13_more_than_half_of_the_timetable_vanishing_stops_and_asks(scene: Scene) -> None:
    site = scene.site
    kept = dict(site.classes)
    for item in list(site.classes.values()):
        if item.starts_at > scene.world.now and item.id % 3:
            site._classes_on[item.starts_local.date()].remove(item.id)
    run = scene.pull()
    assert run.state is RunState.INCOMPLETE
    assert "vanished" in run.errors[0]["message"]
    for item in kept.values():
        if item.starts_at > scene.world.now and item.id % 3:
            site._classes_on[item.starts_local.date()].append(item.id)
    scene.pull()
    scene.agree()
