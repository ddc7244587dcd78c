"""Writing into a studio's own online capacities, live: proven first, under both readings of the date window."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapter.store.tables import Audit, RunKind, RunState, Session
from adapter.write_back import WrongWriteBack, ask_for_proof, switch_total_push
from connectors.sandbox.market.state import ClassInstance
from sync.jobs import do_next
from sync.write_back_command import write_back
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done

WRITE = "POST /class/updateclassschedule"


@pytest.fixture
def total(mirrored: Road) -> Road:
    """The mirrored studio at a platform that takes no channel offers; writes touch the one day that is meant."""
    known = mirrored.ctx.config.platforms
    mirrored.ctx = replace(mirrored.ctx, config=replace(mirrored.ctx.config, platforms={"mindbody": known["sandbox"]}))
    mirrored.set(platform="mindbody")
    return mirrored


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


def _is_booked(sandbox: LiveSandbox, item: ClassInstance) -> bool:
    ahead = item.starts_at > sandbox.site.now and not item.cancelled
    return ahead and any(visit.active for visit in sandbox.site.visits_of(item.id))
