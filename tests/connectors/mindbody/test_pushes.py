"""Writing online capacity: proven live under both readings of the date window, refused where it would hurt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors import registry
from connectors.errors import Rejected, TryAgain
from connectors.platform import Api, TotalPush, Trial
from connectors.sandbox.market.state import ClassInstance
from tests.fixtures.live import Live
from tests.fixtures.sandbox import LiveSandbox

Sandboxes = Callable[..., LiveSandbox]


def totals() -> TotalPush:
    declared = registry.get("mindbody").totals
    assert declared is not None
    return declared


class Note(list[Trial]):
    """What is tried and not taken back."""

    begin, end = list.append, list.remove


def unbooked_series(sandbox: LiveSandbox) -> list[ClassInstance]:
    """A series whose coming classes nobody has booked, as a studio would make one for the proof."""
    site = sandbox.site
    coming = {
        block: [item for item in site.classes_of(block) if item.starts_at > site.now and not item.cancelled]
        for block in site.schedules
    }
    series = max(coming.values(), key=len)
    for item in series:
        for visit in site.visits_of(item.id):
            if visit.active:
                sandbox.world.cancel(site.id, visit.id, late=False)
        sandbox.world.set_capacity(site.id, item.id, max_capacity=12, web_capacity=9)
    assert len(series) >= 2
    return series


def state(sandbox: LiveSandbox) -> dict[int, Any]:
    return {item.id: (item.max_capacity, item.web_capacity, item.starts_at) for item in sandbox.site.classes.values()}


def test_the_harmless_reading_passes_and_leaves_everything_as_it_was(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    series = unbooked_series(sandbox)
    before, days = state(sandbox), sandbox.site.schedules[series[0].schedule_id].end_date
    totals().prove(live(sandbox, platform="mindbody"), str(series[0].id), Note())
    assert state(sandbox) == before
    assert sandbox.site.schedules[series[0].schedule_id].end_date == days


def test_the_dangerous_reading_is_caught_and_told_in_words(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="redefines")
    series = unbooked_series(sandbox)
    block = sandbox.site.schedules[series[0].schedule_id]
    days = block.start_date, block.end_date
    with pytest.raises(Rejected, match=r"proof failed.*the series now runs from .* of its classes are gone") as caught:
        totals().prove(live(sandbox, platform="mindbody"), str(series[0].id), Note())
    assert caught.value.code == "Unsafe"
    assert (block.start_date, block.end_date) == days  # written back as far as it can be


def test_the_proof_touches_no_series_that_somebody_has_booked(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="redefines")
    series = unbooked_series(sandbox)
    sandbox.world.book(sandbox.site.id, series[-1].id, next(iter(sandbox.site.clients)))
    before = state(sandbox)
    with pytest.raises(Rejected, match="nobody has booked"):
        totals().prove(live(sandbox, platform="mindbody"), str(series[0].id), Note())
    assert state(sandbox) == before


def test_a_platform_that_shows_writes_late_proves_nothing(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    series = unbooked_series(sandbox)
    api = live(sandbox, platform="mindbody")
    sandbox.faults({"kind": "stale", "count": 200})
    with pytest.raises(TryAgain, match="nothing is proven"):
        totals().prove(api, str(series[0].id), Note())
    sandbox.mend()
    assert totals().read_back(api, str(series[0].id)) == 9


READ, WRITE = {"path": "classschedules", "skip": 1}, {"path": "updateclassschedule"}


@pytest.mark.parametrize(
    "fault",
    [
        READ | {"kind": "error", "count": 4},
        READ | {"kind": "error", "status": 403, "count": 1},
        WRITE | {"kind": "lost"},
    ],
    ids=["then nothing can be read", "then reading is refused", "its answer is lost"],
)
def test_a_proof_that_breaks_off_leaves_the_studios_own_number(
    sandbox_with: Sandboxes, live: Live, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)
    sandbox = sandbox_with(window="edits")
    series = unbooked_series(sandbox)
    before = state(sandbox)
    sandbox.faults({"count": 1, **fault})
    note = Note()
    with pytest.raises((TryAgain, Rejected)):
        totals().prove(live(sandbox, platform="mindbody"), str(series[0].id), note)
    assert (state(sandbox), note) == (before, [])


def test_half_a_list_is_not_taken_for_harm(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    series = unbooked_series(sandbox)
    before = state(sandbox)
    sandbox.faults({"kind": "page_empty", "path": "/class/classes", "skip": 2})
    with pytest.raises(TryAgain, match="changed while it was read"):
        totals().prove(live(sandbox, platform="mindbody"), str(series[0].id), Note())
    assert state(sandbox) == before


def test_a_number_that_cannot_be_taken_back_is_told(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    series = unbooked_series(sandbox)
    sandbox.faults({**READ, "kind": "error", "status": 403}, {**WRITE, "skip": 1, "kind": "error", "status": 403})
    told = rf"class {series[0].id} may still have 8 places online instead of 9: set it back by hand"
    note, api = Note(), live(sandbox, platform="mindbody")
    with pytest.raises(Rejected, match=told):
        totals().prove(api, str(series[0].id), note)
    sandbox.mend()
    totals().take_back(api, *note)
    assert sandbox.site.classes[series[0].id].web_capacity == 9
    sandbox.world.set_capacity(sandbox.site.id, series[0].id, max_capacity=12, web_capacity=7)
    totals().take_back(api, *note)
    assert sandbox.site.classes[series[0].id].web_capacity == 7  # somebody has set it since


def test_an_online_capacity_is_written_for_one_class_and_read_back(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    first, *others = unbooked_series(sandbox)
    api = live(sandbox, platform="mindbody")
    for total in (5, 5, 0, 12):
        totals().send(api, str(first.id), total)
        assert totals().read_back(api, str(first.id)) == total
    assert {item.web_capacity for item in others} == {9}


def test_a_substitute_is_kept(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    first, *_ = unbooked_series(sandbox)
    other = next(number for number in sandbox.site.staff if number != first.staff_id)
    sandbox.world.substitute(sandbox.site.id, first.id, other)
    totals().send(live(sandbox, platform="mindbody"), str(first.id), 6)
    assert sandbox.site.classes[first.id].staff_id == other


@pytest.mark.parametrize(
    ("total", "code"), [(1, "BelowBooked"), (0, "BelowBooked"), (13, "AboveCapacity"), (-1, "BelowBooked")]
)
def test_never_below_what_is_booked_nor_above_what_there_is(
    sandbox_with: Sandboxes, live: Live, total: int, code: str
) -> None:
    sandbox = sandbox_with(window="edits")
    first, *_ = unbooked_series(sandbox)
    for client in list(sandbox.site.clients)[:2]:
        sandbox.world.book(sandbox.site.id, first.id, client)
    before, calls = state(sandbox), sandbox.calls("POST /class/updateclassschedule")
    with pytest.raises(Rejected, match="2 are booked online, 12 is the capacity") as caught:
        totals().send(live(sandbox, platform="mindbody"), str(first.id), total)
    assert caught.value.code == code
    assert state(sandbox) == before
    assert sandbox.calls("POST /class/updateclassschedule") == calls


def test_a_cancelled_class_is_left_alone(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits")
    first, *_ = unbooked_series(sandbox)
    sandbox.world.cancel_class(sandbox.site.id, first.id)
    with pytest.raises(Rejected) as caught:
        totals().send(live(sandbox, platform="mindbody"), str(first.id), 5)
    assert caught.value.code == "Cancelled"


def test_a_class_that_does_not_say_its_places_is_left_alone(sandbox_with: Sandboxes, live: Live) -> None:
    sandbox = sandbox_with(window="edits", drop_optional=1.0)
    first, *_ = unbooked_series(sandbox)
    with pytest.raises(Rejected) as caught:
        totals().send(live(sandbox, platform="mindbody"), str(first.id), 5)
    assert caught.value.code == "Unknown"


def test_a_class_that_is_not_there_is_refused(sandbox: LiveSandbox, live: Live) -> None:
    api: Api = live(sandbox, platform="mindbody")
    with pytest.raises(Rejected, match="no class 999999"):
        totals().send(api, "999999", 5)
