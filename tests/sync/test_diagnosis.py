"""The cause is named from faults that really happen at the sandbox, by command and by API alike; and is gone after."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, update

from adapter.diagnosis.command import diagnose
from adapter.diagnosis.gathering import diagnosis_of
from adapter.diagnosis.steps import Cause
from adapter.store.inbox import keep_message
from adapter.store.tables import RunKind, RunOrigin, RunState, Session, SourceMapping
from adapter.work import request_run
from connectors.records import Delivery, Hint, Stream
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, decide, done
from tests.sync.test_then import owner_of, words

Fault = Callable[[Road, LiveSandbox], object]


def cause_of(road: Road) -> Cause | None:
    with road.ctx.store.read() as db:
        found = diagnosis_of(db, road.ctx, road.connection_id)
    return found.main.cause if found.main else None


def pulled(road: Road, sandbox: LiveSandbox, **fault: object) -> None:
    """The hours pass, and each reading meets the fault."""
    sandbox.faults(fault)
    sandbox.tick(hours=2)
    road.do(RunKind.PULL)


def never_pushed(road: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "error", "path": "channel/offers", "status": 503})
    decide(road)
    road.do(RunKind.PUSH)
    road.set(last_pulled_at=road.ctx.now())


def hide_all(road: Road, sandbox: LiveSandbox) -> None:
    with road.ctx.store.write() as db:
        db.execute(update(Session).values(hidden=True))


def unmap(road: Road, sandbox: LiveSandbox) -> None:
    with road.ctx.store.write() as db:
        db.execute(delete(SourceMapping))


def their_clock(road: Road, sandbox: LiveSandbox) -> None:
    now = road.ctx.now()
    hint = Hint(stream=Stream.SESSIONS, site="1001", session_id="1", occurred_at=now + timedelta(minutes=10))
    delivery = Delivery(message_id="m1", event="class.updated", hints=(hint,))
    with road.ctx.store.write() as db:
        keep_message(db, road.ctx.keys, "sandbox", road.connection_id, delivery, b"{}", now=now)


def nobody_works(road: Road, sandbox: LiveSandbox) -> None:
    with road.ctx.store.write() as db:
        asked = {"origin": RunOrigin.SCHEDULE, "actor": "clock", "now": road.ctx.now()}
        request_run(db, RunKind.PULL, road.connection_id, **asked)
    sandbox.tick(minutes=20)


FAULTS: dict[Cause, Fault] = {
    Cause.TOKEN_ENDED: lambda road, sandbox: pulled(road, sandbox, kind="unauthorized"),
    Cause.PERMISSION_REFUSED: lambda road, sandbox: pulled(road, sandbox, kind="error", path="classes", status=403),
    Cause.RATE_LIMITED: lambda road, sandbox: pulled(road, sandbox, kind="too_many", retry_after=1800),
    Cause.PLATFORM_FAILS: lambda road, sandbox: pulled(road, sandbox, kind="html"),
    Cause.SOME_FAILED: lambda road, sandbox: pulled(road, sandbox, kind="error", path="sales", status=500),
    Cause.BREAKER_OPEN: never_pushed,
    Cause.ALL_HIDDEN: hide_all,
    Cause.ALL_EXCLUDED: lambda road, sandbox: road.agree(excluded=True),
    Cause.UNMAPPED: unmap,
    Cause.ENGINE_STOPPED: nobody_works,
    Cause.THEIR_CLOCK: their_clock,
    Cause.OUR_CLOCK: lambda road, sandbox: sandbox.tick(minutes=-5),
    Cause.STALE: lambda road, sandbox: road.set(last_pulled_at=road.ctx.now() - timedelta(hours=2)),
    Cause.TOKEN_SHUT: lambda road, sandbox: road.set(access_token=b"gAAAAAB-of-another-key"),
}


@pytest.fixture
def read(mirrored: Road, monkeypatch: pytest.MonkeyPatch) -> Road:
    """The mirrored studio, read just now; calls that fail are not tried again at once."""
    monkeypatch.setattr("connectors.http.patience.BACKOFF", 0)
    mirrored.set(last_pulled_at=mirrored.ctx.now(), webhook_state="active")
    return mirrored


@pytest.mark.parametrize("cause", FAULTS)
def test_the_cause_is_named_from_what_really_happened(read: Road, sandbox: LiveSandbox, cause: Cause) -> None:
    assert cause_of(read) in (None, Cause.SET_ASIDE, Cause.SOME_HIDDEN, Cause.TOKEN_ENDS_SOON)
    FAULTS[cause](read, sandbox)
    assert cause_of(read) is cause


def test_a_fault_that_is_mended_is_named_no_more_and_the_customer_is_told_what_was_done(
    read: Road, sandbox: LiveSandbox
) -> None:
    pulled(read, sandbox, kind="error", path="classes", status=403)
    said = CliRunner().invoke(diagnose, [str(read.connection_id), "--json"], obj=read.ctx)
    assert said.exit_code == 1
    assert json.loads(said.stdout)["cause"] == "permission_refused"
    sandbox.mend()
    sandbox.tick(minutes=1)
    done(read.do(RunKind.PULL))
    run = read.do(RunKind.RESYNC, stream="venues")
    assert run.state is RunState.DONE
    plain = CliRunner().invoke(diagnose, [str(read.connection_id)], obj=read.ctx)
    assert plain.exit_code == 0, plain.stdout
    summary = CliRunner().invoke(diagnose, [str(read.connection_id), "--summary"], obj=read.ctx).stdout
    assert "your schedule was read again" in summary
    assert "Your schedule was last read completely at 2 Mar 2026, 09:01 EST." in summary
    assert CliRunner().invoke(diagnose, ["999"], obj=read.ctx).exit_code == 1


def test_the_platform_is_quoted_where_the_words_are_its_own(read: Road, sandbox: LiveSandbox) -> None:
    client, path = owner_of(read), f"/connections/{read.connection_id}/diagnosis"
    pulled(read, sandbox, kind="error", path="classes", status=403)
    assert "Noted: GET /class/classes: “An unexpected error occurred” (403 Unknown)." in words(client, path)
    sandbox.mend()
    pulled(read, sandbox, kind="html")
    assert "“" not in words(client, path).partition("Noted: ")[2].partition("What to do")[0]
