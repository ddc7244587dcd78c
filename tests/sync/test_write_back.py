"""Writing into a studio's own online capacities, live: proven first, under both readings of the date window."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import ceil
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.steering.write_back import WrongWriteBack, ask_for_proof, switch_total_push
from adapter.store.tables import Audit, Push, PushMode, PushState, Run, RunKind, RunState, Session, TotalWrite
from connectors.mindbody.pushes import series_of
from connectors.sandbox.market.state import ClassInstance
from sync.commands.write_back_command import write_back
from sync.engine.jobs import do_next
from sync.engine.schedule import ask_for_writing_back
from sync.pushing import totals
from sync.pushing.write_back import is_due as write_back_due
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done

WRITE = "POST /class/updateclassschedule"


@pytest.fixture
def total(elsewhere: Road) -> Road:
    """The mirrored studio at a platform that takes no channel offers; writes touch the one day that is meant."""
    return elsewhere


def unbooked(sandbox: LiveSandbox) -> list[ClassInstance]:
    """A series whose coming classes nobody has booked, as a studio would make one for the proof."""
    site = sandbox.site
    coming = [[c for c in site.classes_of(n) if c.starts_at > site.now and not c.cancelled] for n in site.schedules]
    series = max(coming, key=len)
    for item in series:
        for visit in site.visits_of(item.id):
            if visit.active:
                sandbox.world.cancel(site.id, visit.id, late=False)
        sandbox.world.set_capacity(site.id, item.id, max_capacity=12, web_capacity=9)
    return series


def typed(road: Road, *args: str) -> Result:
    return CliRunner().invoke(write_back, ["1", *args], obj=road.ctx)


def acts(road: Road) -> dict[str, Any]:
    return {row.act: row.after for row in road.all(Audit)}


def online(sandbox: LiveSandbox) -> dict[int, int]:
    return {item.id: item.web_capacity for item in sandbox.site.classes.values()}


class TestProof:
    """Nothing is assumed of a site."""

    def test_the_harmless_reading_passes_and_may_then_be_turned_on(self, total: Road, sandbox: LiveSandbox) -> None:
        sandbox.options(window="edits")
        first, *_ = unbooked(sandbox)
        before = online(sandbox)
        told = typed(total, "--prove", str(first.id), "--json")
        assert json.loads(told.stdout)["state"] == "done", told.output
        assert total.connection.total_push_proven_at == total.ctx.now()
        assert not total.connection.total_push_on
        assert online(sandbox) == before
        assert acts(total)["total_push.proven"] == {"session": str(first.id)}
        assert typed(total, "--total", "on").exit_code == 0
        assert total.connection.total_push_on
        assert acts(total)["total_push.switched"] == {"on": True}

    def test_the_dangerous_reading_is_told_and_turns_nothing_on(self, total: Road, sandbox: LiveSandbox) -> None:
        first, *_ = unbooked(sandbox)
        block = sandbox.site.schedules[first.schedule_id]
        days = block.start_date, block.end_date
        told = typed(total, "--prove", str(first.id))
        assert told.exit_code == 1
        assert "The proof failed" in told.stdout
        assert "its classes are gone" in acts(total)["total_push.not_proven"]["seen"]
        assert (block.start_date, block.end_date) == days
        assert total.connection.total_push_proven_at is None
        refused = typed(total, "--total", "on")
        assert (refused.exit_code, "No proof has passed" in refused.stderr) == (1, True)
        assert not total.connection.total_push_on

    def test_harm_that_is_seen_later_takes_the_proof_back(self, total: Road, sandbox: LiveSandbox) -> None:
        total.set(total_push_proven_at=total.ctx.now(), total_push_on=True)
        first, *_ = unbooked(sandbox)
        assert total.do(RunKind.PROVE, session=str(first.id)).state is RunState.FAILED
        assert (total.connection.total_push_proven_at, total.connection.total_push_on) == (None, False)

    def test_a_booked_series_is_not_touched_and_no_proof_is_lost(self, total: Road, sandbox: LiveSandbox) -> None:
        total.set(total_push_proven_at=total.ctx.now(), total_push_on=True)
        booked = next(item for item in sandbox.site.classes.values() if _is_booked(sandbox, item))
        run = total.do(RunKind.PROVE, session=str(booked.id))
        assert (run.state, "nobody has booked" in run.errors[0]["message"]) == (RunState.FAILED, True)
        assert total.connection.total_push_on
        assert sandbox.calls(WRITE) == 0

    def test_what_is_shown_late_is_proven_later_from_the_studios_own_number(
        self, total: Road, sandbox: LiveSandbox
    ) -> None:
        sandbox.options(window="edits")
        first, *_ = unbooked(sandbox)
        sandbox.faults({"kind": "stale", "count": 200})
        run = total.do(RunKind.PROVE, session=str(first.id))
        assert (run.state, "does not show" in run.step) == (RunState.QUEUED, True)
        assert (run.due_at - total.ctx.now()).total_seconds() >= 60
        sandbox.mend()
        sandbox.tick(minutes=3)
        do_next(total.ctx, run_id=run.id)
        assert done(total.run(run.id))
        assert total.connection.total_push_proven_at
        assert online(sandbox)[first.id] == 9

    @pytest.mark.parametrize("window", ["edits", "redefines"])
    @pytest.mark.parametrize("then", [RunKind.PROVE, RunKind.PUSH])
    def test_killed_between_its_writes_a_later_run_gives_the_studios_own_number_back(
        self, total: Road, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch, window: str, then: RunKind
    ) -> None:
        sandbox.options(window=window)
        first, *_ = unbooked(sandbox)
        block = sandbox.site.schedules[first.schedule_id]
        days = block.start_date, block.end_date
        _dies_after_its_first_write(total, monkeypatch, first.id)
        assert sandbox.site.classes[first.id].web_capacity == 8
        sandbox.tick(minutes=2)
        if then is RunKind.PUSH:
            with total.ctx.store.write() as db:
                assert ask_for_writing_back(db, total.ctx.now()) == 1
        do_next(total.ctx, run_id=next(run.id for run in total.all(Run)[::-1] if run.kind is then))
        assert (online(sandbox)[first.id], total.all(TotalWrite)) == (9, [])
        assert (block.start_date, block.end_date) == days
        assert total.connection.total_push_proven_at is None

    def test_what_a_killed_proof_may_have_written_is_waited_for_until_it_would_show(
        self, total: Road, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sandbox.options(window="edits")
        first, *_ = unbooked(sandbox)
        sandbox.faults({"kind": "stale", "count": 200})
        _dies_after_its_first_write(total, monkeypatch, first.id)
        sandbox.tick(seconds=20)
        (run,) = total.all(Run, Run.kind == RunKind.PROVE)
        do_next(total.ctx, run_id=run.id)
        assert "may not show yet" in total.run(run.id).step
        sandbox.mend()
        for _ in range(2):
            sandbox.tick(minutes=3)
            do_next(total.ctx, run_id=run.id)
        assert done(total.run(run.id))
        assert online(sandbox)[first.id] == 9

    @pytest.mark.parametrize(
        ("platform", "session", "words"),
        [("mindbody", "987654", "no class 987654"), ("mindbody", "’; drop", "no class"), ("sandbox", "1", "takes no")],
    )
    def test_what_can_not_be_proven_is_refused(self, total: Road, platform: str, session: str, words: str) -> None:
        total.set(platform=platform)
        with total.ctx.store.write() as db, pytest.raises(WrongWriteBack, match=words):
            ask_for_proof(db, total.connection, session, actor="test", now=total.ctx.now())

    def test_a_class_may_be_named_by_our_number(self, total: Road) -> None:
        ours = total.upcoming()[0]
        with total.ctx.store.write() as db:
            run, new = ask_for_proof(db, total.connection, str(ours.id), actor="test", now=total.ctx.now())
            again = ask_for_proof(db, total.connection, ours.external_id, actor="test", now=total.ctx.now())
        assert (run.params, new) == ({"session": ours.external_id}, True)
        assert again == (run, False)

    def test_a_number_that_names_two_classes_is_asked_about(self, total: Road) -> None:
        first, second, *_ = total.upcoming()
        with total.ctx.store.write() as db:
            db.get_one(Session, second.id).external_id = str(first.id)
            with pytest.raises(WrongWriteBack, match="take the other number"):
                ask_for_proof(db, total.connection, str(first.id), actor="test", now=total.ctx.now())


def test_nothing_is_switched_twice_nor_where_there_is_nothing(total: Road) -> None:
    now = total.ctx.now()
    with total.ctx.store.write() as db:
        assert switch_total_push(db, total.connection, False, actor="test", now=now) is None
    total.set(platform="sandbox", total_push_proven_at=now)
    with total.ctx.store.write() as db, pytest.raises(WrongWriteBack, match="takes no online capacity"):
        switch_total_push(db, total.connection, True, actor="test", now=now)


def test_how_it_stands_is_told(total: Road) -> None:
    told = json.loads(typed(total, "--json").stdout)
    assert told == {
        "connection": 1,
        "online_capacity": "off",
        "proven_at": None,
        "catalog": "off",
        "price_option": None,
        "price_sent": None,
    }
    assert "off" in typed(total).stdout
    assert typed(total, "--total", "on", "--catalog", "off").exit_code == 2


class Killed(BaseException):
    """The process ends here, as far as the work can tell: nothing handles this."""


def _dies_after_its_first_write(road: Road, monkeypatch: pytest.MonkeyPatch, session: int) -> None:
    seen: list[Any] = []

    def look(*args: Any) -> Any:
        if seen:
            raise Killed
        seen.append(series_of(*args))
        return seen[0]

    with monkeypatch.context() as patch:
        patch.setattr("connectors.mindbody.proof.series_of", look)
        with pytest.raises(Killed):
            road.do(RunKind.PROVE, session=str(session))


def _is_booked(sandbox: LiveSandbox, item: ClassInstance) -> bool:
    ahead = item.starts_at > sandbox.site.now and not item.cancelled
    return ahead and any(visit.active for visit in sandbox.site.visits_of(item.id))


class TestTotals:
    """What is written is never less than clients may need, is read back, and is given back."""

    @pytest.fixture
    def proven(self, total: Road, sandbox: LiveSandbox) -> Road:
        """Proven, turned on and live; every class has fewer places online than it has places."""
        sandbox.options(window="edits")
        for item in sandbox.site.classes.values():
            if item.starts_at > sandbox.site.now and item.max_capacity:
                own = max(item.max_capacity // 2, sandbox.site.counts(item.id).web_booked)
                sandbox.world.set_capacity(sandbox.site.id, item.id, max_capacity=item.max_capacity, web_capacity=own)
        done(total.do(RunKind.RESYNC, stream="sessions"))
        total.set(total_push_proven_at=total.ctx.now(), total_push_on=True)
        total.go_live()
        return total

    def test_it_is_written_read_back_and_leaves_room_for_direct_clients(
        self, proven: Road, sandbox: LiveSandbox
    ) -> None:
        before = online(sandbox)
        proven.agree(min_spots=2)  # so that several classes are listed, whatever the model thinks of them
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        listed = {row.session_id: row for row in proven.latest().values() if row.spots}
        written = {row.session_id: row for row in proven.all(TotalWrite)}
        assert {push.state for push in proven.pushes()} == {PushState.CONFIRMED}
        assert set(written) <= set(listed)
        assert len(written) > 2
        for session in proven.all(Session, Session.id.in_(listed)):
            number, decision = int(session.external_id), listed[session.id]
            held, sold = online(sandbox)[number], sandbox.site.counts(number).web_booked + decision.spots
            room = min(sold + ceil(decision.expected_direct), before[number], session.capacity or 0)
            assert (session.id in written) == (held != before[number])
            assert room <= held <= max(before[number], sold)
        others = {n: count for n, count in online(sandbox).items() if n not in _numbers(proven, listed)}
        assert others == {n: before[n] for n in others}

    def test_once_it_is_off_every_class_has_the_studios_own_number_again(
        self, proven: Road, sandbox: LiveSandbox
    ) -> None:
        before = online(sandbox)
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        assert online(sandbox) != before
        told = typed(proven, "--total", "off")
        assert told.exit_code == 0, told.output
        assert online(sandbox) == before
        assert proven.all(TotalWrite) == []
        calls = sandbox.calls(WRITE)
        done(proven.do(RunKind.PUSH))
        assert sandbox.calls(WRITE) == calls

    @pytest.mark.parametrize("mode", [PushMode.PAUSED, PushMode.SHADOW])
    def test_where_nothing_is_listed_the_studios_own_number_holds(
        self, proven: Road, sandbox: LiveSandbox, mode: PushMode
    ) -> None:
        before = online(sandbox)
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        proven.set(push_mode=mode)
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        assert online(sandbox) == before
        assert proven.all(TotalWrite) == []

    def test_where_harm_was_seen_since_nothing_is_written_any_more(self, proven: Road, sandbox: LiveSandbox) -> None:
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        sandbox.options(window="redefines")
        run = proven.do(RunKind.PROVE, session=str(unbooked(sandbox)[0].id))
        assert any("set them back by hand" in error["message"] for error in run.errors)
        assert (proven.connection.total_push_proven_at, proven.connection.total_push_on) == (None, False)
        calls = sandbox.calls(WRITE)
        done(proven.do(RunKind.PUSH))
        assert (sandbox.calls(WRITE), bool(proven.all(TotalWrite))) == (calls, True)

    def test_what_the_studio_has_set_itself_since_stays(self, proven: Road, sandbox: LiveSandbox) -> None:
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        session = proven.all(Session, Session.id == proven.all(TotalWrite)[0].session_id)[0]
        item = sandbox.site.classes[int(session.external_id)]
        own = (
            item.web_capacity - 1 if item.web_capacity > sandbox.site.counts(item.id).web_booked else item.max_capacity
        )
        sandbox.world.set_capacity(sandbox.site.id, item.id, max_capacity=item.max_capacity + 1, web_capacity=own)
        assert typed(proven, "--total", "off").exit_code == 0
        assert online(sandbox)[item.id] == own

    def test_it_is_raised_as_soon_as_more_may_come(self, proven: Road, sandbox: LiveSandbox) -> None:
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        row = proven.all(TotalWrite)[0]
        with proven.ctx.store.write() as db:
            db.get_one(TotalWrite, row.id).needed = row.written + 1
        sandbox.tick(minutes=6)
        with proven.ctx.store.write() as db:
            assert ask_for_writing_back(db, proven.ctx.now()) == 1
            assert ask_for_writing_back(db, proven.ctx.now()) == 0
        done(proven.do(RunKind.PUSH))
        assert online(sandbox)[int(_numbers(proven, {row.session_id}).pop())] == row.written + 1
        with proven.ctx.store.read() as db:
            assert not write_back_due(db, 1, proven.ctx.now())

    def test_reads_that_trail_are_waited_for(self, proven: Road, sandbox: LiveSandbox) -> None:
        sandbox.faults({"kind": "stale", "count": 3})
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        assert proven.pushes(Push.state == PushState.SENT)
        calls = sandbox.calls(WRITE)
        for _ in range(3):
            sandbox.tick(seconds=30)
            done(proven.do(RunKind.PUSH))
        assert {push.state for push in proven.pushes()} == {PushState.CONFIRMED}
        assert sandbox.calls(WRITE) == calls

    def test_turning_it_on_writes_what_was_in_force_only_with_us(self, proven: Road, sandbox: LiveSandbox) -> None:
        proven.set(total_push_on=False)
        done(proven.do(RunKind.DECIDE))
        done(proven.do(RunKind.PUSH))
        assert {push.state for push in proven.pushes()} == {PushState.LOCAL}
        assert typed(proven, "--total", "on").exit_code == 0
        assert {push.state for push in proven.pushes()} == {PushState.CONFIRMED}
        assert proven.all(TotalWrite)


@given(
    capacity=st.integers(0, 60),
    booked=st.integers(0, 70),
    listed=st.integers(0, 60),
    expected=st.floats(0, 60),
    own=st.none() | st.integers(0, 60),
)
@settings(deadline=None)
def test_no_direct_client_who_may_come_is_turned_away(
    capacity: int, booked: int, listed: int, expected: float, own: int | None
) -> None:
    session = Session(capacity=capacity, booked_online=booked)
    found = totals.total_of(session, taken=0, listed=listed, expected_direct=expected, own=own)
    if listed == 0:
        assert found is None
        return
    studios = capacity if own is None else min(own, capacity)
    if found is None:
        assert own is not None
        found = min(own, capacity)
    assert found <= capacity
    may_come = booked + listed + ceil(expected)
    assert found >= min(may_come, studios)  # never tighter than is needed, by the studio's own number
    assert found >= min(booked + listed, capacity)  # what is listed may be sold
    assert found <= max(studios, booked + listed)  # no place is opened but those that are listed


def _numbers(road: Road, ours: Iterable[int]) -> set[int]:
    """The platform's ids."""
    return {int(row.external_id) for row in road.all(Session) if row.id in set(ours)}
