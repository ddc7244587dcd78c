"""Writes: bookings, prices, offers, and the capacity write with both readings of its window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from queue import Queue
from typing import Any

import pytest
import requests

from connectors.sandbox.market.state import ClassInstance
from tests.connectors.sandbox_server.test_dialect import Api
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox

OFFER = {"Sequence": 1, "Limit": 3, "Rate": "12.50", "PremiumLimit": 1, "PremiumRate": "15.00", "Currency": "USD"}


class Writer(Api):
    """The owner, who writes too."""

    def send(self, method: str, path: str, body: Any, **headers: str) -> requests.Response:
        """Write."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(method, f"{self.url}{path}", json=body, headers=named, timeout=10)


@pytest.fixture
def api(sandbox: LiveSandbox) -> Writer:
    """The owner's access to the sandbox."""
    return Writer(sandbox)


def coming(sandbox: LiveSandbox) -> ClassInstance:
    """A class that can be booked."""
    rows = [
        c
        for c in sandbox.site.classes.values()
        if c.starts_at > sandbox.world.now and not c.cancelled and c.max_capacity
    ]
    return min(rows, key=lambda item: (item.starts_at, item.id))


def stranger(sandbox: LiveSandbox, item: ClassInstance) -> str:
    """A client who is not in a class."""
    inside = {visit.client_id for visit in sandbox.site.visits_of(item.id)}
    return next(c.id for c in sandbox.site.clients.values() if c.unique_id not in inside and c.merged_into is None)


def test_booking_and_cancelling_show_on_the_roster(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    client = stranger(sandbox, item)
    made = api.send("POST", "/class/addclienttoclass", {"ClientId": client, "ClassId": item.id}).json()["Visit"]
    assert (made["Action"], made["ClientId"]) == ("Added", client)
    twice = api.send("POST", "/class/addclienttoclass", {"ClientId": client, "ClassId": item.id})
    assert (twice.status_code, twice.json()["Error"]["Code"]) == (400, "ClientIsAlreadyBooked")
    roster = api.read("/class/classvisits", classID=item.id)["Class"]["Visits"]
    assert made["Id"] in [visit["Id"] for visit in roster]
    late = {"ClientId": client, "ClassId": item.id, "LateCancel": True}
    assert api.send("POST", "/class/removeclientfromclass", late).ok
    shown = [v for v in api.read("/class/classvisits", classID=item.id)["Class"]["Visits"] if v["Id"] == made["Id"]]
    assert shown[0]["LateCancelled"] is True


@pytest.mark.parametrize(("hours", "late"), [(2, True), (30, False)])
def test_a_cancellation_is_late_by_the_programs_rule(
    sandbox: LiveSandbox, api: Writer, hours: float, late: bool
) -> None:
    rule = timedelta(minutes=sandbox.site.programs[21].cancel_offset)
    assert timedelta(hours=2) < rule < timedelta(hours=30)
    far = NOON + timedelta(hours=31)
    item = next(c for c in sandbox.site.classes.values() if c.starts_at > far and not c.cancelled)
    client = sandbox.site.client_by_text(stranger(sandbox, item))
    assert client is not None
    visit = sandbox.world.book(1001, item.id, client.unique_id)
    sandbox.world.advance(item.starts_at - timedelta(hours=hours))
    assert api.send("POST", "/class/removeclientfromclass", {"ClientId": client.id, "ClassId": item.id}).ok
    assert visit.late_cancelled is late


def test_test_flag_changes_nothing(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    before = len(sandbox.site.visits)
    body = {"ClientId": stranger(sandbox, item), "ClassId": item.id, "Test": True}
    assert api.send("POST", "/class/addclienttoclass", body).ok
    assert len(sandbox.site.visits) == before


def test_waiting_list_answer_has_only_three_keys(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    body = {"ClientId": stranger(sandbox, item), "ClassId": item.id, "Waitlist": True}
    visit = api.send("POST", "/class/addclienttoclass", body).json()["Visit"]
    assert set(visit) == {"ClassId", "ClientId", "WaitlistEntryId"}


def _send_twice(sandbox: LiveSandbox, **headers: str) -> Queue[requests.Response]:
    """Send the same booking twice at once, to a platform that is busy until the world's lock is released."""
    item, answers = coming(sandbox), Queue[requests.Response]()
    body = {"ClientId": stranger(sandbox, item), "ClassId": item.id, "Test": True}
    writers = [Writer(sandbox), Writer(sandbox)]
    for writer in writers:
        writer.session.headers["Authorization"] = writers[0].session.headers["Authorization"]

    def send(writer: Writer) -> None:
        answers.put(writer.send("POST", "/class/addclienttoclass", body, **headers))

    sandbox.world.lock.acquire()
    for writer in writers:
        threading.Thread(target=send, args=(writer,)).start()
    return answers


def test_an_identical_booking_under_way_is_refused(sandbox: LiveSandbox) -> None:
    answers = _send_twice(sandbox)
    refused = answers.get(timeout=10)
    sandbox.world.lock.release()
    assert (refused.status_code, refused.json()["Error"]["Message"]) == (409, "Identical request is still in progress")
    assert answers.get(timeout=10).status_code == 200


def test_duplicate_detection_can_be_skipped(sandbox: LiveSandbox) -> None:
    answers = _send_twice(sandbox, X_RequestDeduplication_Skip="true")
    sandbox.world.lock.release()
    assert [answers.get(timeout=10).status_code for _ in range(2)] == [200, 200]


def test_sign_in_and_cancel_a_visit(sandbox: LiveSandbox, api: Writer) -> None:
    visit = next(v for v in sandbox.site.visits.values() if v.active and not v.signed_in)
    answer = api.send("POST", "/client/updateclientvisit", {"VisitId": visit.id, "SignedIn": True})
    assert answer.json()["Visit"]["Action"] == "Updated"
    assert visit.signed_in
    assert api.send("POST", "/client/updateclientvisit", {"VisitId": 1}).status_code == 404


def test_a_late_cancellation_can_be_undone(sandbox: LiveSandbox, api: Writer) -> None:
    visit = next(v for v in sandbox.site.visits_of(coming(sandbox).id) if v.active)
    booked = sandbox.site.counts(visit.class_id).booked
    for order, left in (("Latecancel", booked - 1), ("Unlatecancel", booked)):
        answer = api.send("POST", "/client/updateclientvisit", {"VisitId": visit.id, "Execute": order})
        assert answer.json()["Visit"]["LateCancelled"] is (order == "Latecancel")
        assert sandbox.site.counts(visit.class_id).booked == left
    assert api.send("POST", "/client/updateclientvisit", {"VisitId": visit.id, "Execute": "Fly"}).status_code == 400


def test_a_cancelled_class_lets_everybody_go(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    answer = api.send("POST", "/class/cancelsingleclass", {"ClassID": item.id, "HideCancel": True}).json()["Class"]
    assert (answer["IsCanceled"], answer["HideCancel"], answer["TotalBooked"]) == (True, True, 0)


def test_writes_want_the_business(sandbox: LiveSandbox) -> None:
    headers = {"API-Key": sandbox.api_key, "SiteId": "1001"}
    answer = requests.put(f"{sandbox.api_url}/sale/services", json=[], headers=headers, timeout=10)
    assert answer.status_code == 401


def test_prices_are_written_by_barcode_all_or_none(sandbox: LiveSandbox, api: Writer) -> None:
    option = next(iter(sandbox.site.options.values()))
    good = {"BarcodeId": option.barcode_id, "Price": 31.5, "OnlinePrice": 29}
    both = api.send("PUT", "/sale/services", [good, {"BarcodeId": "none", "Price": 1}])
    assert (both.status_code, both.json()["Error"]["Code"]) == (404, "ItemNotFound")
    assert option.price != 31.5
    answer = api.send("PUT", "/sale/services", [good]).json()["Services"][0]
    assert (answer["Price"], answer["OnlinePrice"]) == (31.5, 29.0)
    assert api.send("PUT", "/sale/services", [{**good, "Price": -1}]).status_code == 400


# The capacity write


def _window(sandbox: LiveSandbox) -> tuple[ClassInstance, dict[str, Any]]:
    """A class of a series that goes on after it, and the write that means that one day."""
    blocks = {
        s.id: [c for c in sandbox.site.classes_of(s.id) if c.starts_at > NOON] for s in sandbox.site.schedules.values()
    }
    rows = sorted(max(blocks.values(), key=len), key=lambda item: item.starts_at)
    item = next(row for row in rows[1:] if not row.cancelled and row.max_capacity)
    day = item.starts_local.date().isoformat()
    body = {"ClassId": item.schedule_id, "StartDate": day, "EndDate": day, "WebCapacity": item.max_capacity}
    return item, {**body, "RetainScheduleChanges": True}


def test_a_one_day_window_cuts_the_series_by_default(sandbox: LiveSandbox, api: Writer) -> None:
    item, body = _window(sandbox)
    before = sandbox.site.classes_of(item.schedule_id)
    answer = api.send("POST", "/class/updateclassschedule", body).json()
    assert answer == {"ClassId": item.schedule_id, "ClassInstanceIds": [item.id]}
    left = [c.id for c in sandbox.site.classes_of(item.schedule_id) if c.starts_at > NOON]
    assert left == [item.id]
    assert all(c in sandbox.site.classes_of(item.schedule_id) for c in before if c.starts_at <= NOON)
    shown = api.read("/class/classschedules", classScheduleIds=item.schedule_id)["ClassSchedules"][0]
    assert shown["StartDate"][:10] == shown["EndDate"][:10] == body["StartDate"]


def test_a_cut_series_takes_its_visits_with_it(sandbox: LiveSandbox, api: Writer) -> None:
    item, body = _window(sandbox)
    site = sandbox.site
    lost = [c for c in site.classes_of(item.schedule_id) if c.starts_at > NOON and c.id != item.id]
    visit = next(v for c in lost for v in site.visits_of(c.id) if v.active)
    assert api.send("POST", "/class/updateclassschedule", body).ok
    client = site.clients[visit.client_id].id
    shown = api.read("/client/clientvisits", clientId=client, startDate="2026-01-01", endDate="2026-12-31", limit=200)
    assert visit.id not in [row["Id"] for row in shown["Visits"]]
    assert api.get("/class/classvisits", classID=visit.class_id).status_code == 404
    assert api.send("POST", "/client/updateclientvisit", {"VisitId": visit.id, "SignedIn": True}).status_code == 404


def test_a_one_day_window_edits_that_day_where_told_so(sandbox_with: Callable[..., LiveSandbox]) -> None:
    sandbox = sandbox_with(window="edits")
    item, body = _window(sandbox)
    others = {c.id: c.web_capacity for c in sandbox.site.classes_of(item.schedule_id) if c.id != item.id}
    answer = (
        Writer(sandbox).send("POST", "/class/updateclassschedule", {**body, "WebCapacity": item.max_capacity}).json()
    )
    assert answer["ClassInstanceIds"] == [item.id]
    assert {c.id: c.web_capacity for c in sandbox.site.classes_of(item.schedule_id) if c.id != item.id} == others
    assert item.web_capacity == item.max_capacity


def test_without_retaining_changes_a_substitute_is_lost(sandbox_with: Callable[..., LiveSandbox]) -> None:
    for retain in (True, False):
        sandbox = sandbox_with(window="edits")
        item, body = _window(sandbox)
        other = next(number for number in sandbox.site.staff if number != item.staff_id)
        sandbox.world.substitute(1001, item.id, other)
        Writer(sandbox).send("POST", "/class/updateclassschedule", {**body, "RetainScheduleChanges": retain})
        assert (item.staff_id == other) is retain


def test_capacities_below_the_bookings_or_nonsense_are_refused(sandbox: LiveSandbox, api: Writer) -> None:
    full = max(
        (c for c in sandbox.site.classes.values() if c.starts_at > NOON), key=lambda c: sandbox.site.counts(c.id).booked
    )
    day = full.starts_local.date().isoformat()
    body = {"ClassId": full.schedule_id, "StartDate": day, "EndDate": day}
    for wrong in ({"MaxCapacity": 0}, {"MaxCapacity": 5, "WebCapacity": 6}, {"WebCapacity": -1}):
        answer = api.send("POST", "/class/updateclassschedule", body | wrong)
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "ValidationFailed")
    assert api.send("POST", "/class/updateclassschedule", {"ClassId": 1}).status_code == 404
    assert full.id in sandbox.site.classes


# Channel offers


def test_an_offer_is_held_and_read_back(sandbox: LiveSandbox, api: Writer) -> None:
    item = coming(sandbox)
    path = f"/channel/offers/{item.id}"
    assert api.get(path).json()["Error"]["Code"] == "OfferNotFound"
    made = api.send("PUT", path, OFFER, Idempotency_Key="k1").json()
    assert {name: made[name] for name in OFFER} == OFFER
    assert api.read(path) == made


def test_the_highest_sequence_wins_and_the_same_again_changes_nothing(sandbox: LiveSandbox, api: Writer) -> None:
    path = f"/channel/offers/{coming(sandbox).id}"
    first = api.send("PUT", path, {**OFFER, "Sequence": 5}).json()
    assert api.send("PUT", path, {**OFFER, "Sequence": 5}).json() == first
    for behind in ({**OFFER, "Sequence": 4}, {**OFFER, "Sequence": 5, "Limit": 9}):
        answer = api.send("PUT", path, behind)
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (409, "StaleSequence")
    assert api.read(path) == first


@pytest.mark.parametrize(
    "wrong",
    [{"Rate": "much"}, {"Rate": "NaN"}, {"Limit": -1}, {"Currency": "EUR"}, {"Sequence": None}, {"PremiumRate": None}],
)
def test_offers_that_make_no_sense_are_refused(sandbox: LiveSandbox, api: Writer, wrong: dict[str, Any]) -> None:
    path = f"/channel/offers/{coming(sandbox).id}"
    assert api.send("PUT", path, {**OFFER, **wrong}).status_code == 400
    assert api.get(path).status_code == 404


def test_offers_of_unknown_classes_are_refused(api: Writer) -> None:
    assert api.send("PUT", "/channel/offers/1", OFFER).status_code == 404
