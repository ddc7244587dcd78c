"""What a whole round leaves in the logs: every line says which run it is of, and none says who."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from adapter.logs import HIDDEN, configure_logs
from adapter.store.dialect import table_of
from adapter.store.inbox import keep_message
from adapter.store.tables import EmailAddress, RunKind
from connectors.records import Delivery, Hint, Stream
from tests.fixtures.database import NOON
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Road, done


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, the smallest things too."""
    before, root = structlog.get_config(), list(logging.getLogger().handlers)
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    to = io.StringIO()
    configure_logs(logging.DEBUG, to)
    yield to
    structlog.configure(**before)
    logging.getLogger().handlers[:] = root


def test_a_round_of_everything_tells_its_run_and_nobody(road: Road, sandbox: LiveSandbox, written: io.StringIO) -> None:
    done(road.backfill())
    road.map_sources()
    road.agree()
    road.go_live()
    done(road.do(RunKind.DECIDE))
    done(road.do(RunKind.PUSH))
    session = road.upcoming()[0].external_id
    hint = Hint(stream=Stream.RESERVATIONS, site=sandbox.sites[0]["id"], external_id="1", session_id=session)
    with road.ctx.store.write() as db:
        body = b'{"client": {"email": "canary@example.com"}}'
        keep_message(
            db, road.ctx.keys, "sandbox", 1, Delivery(message_id="m1", event="booked", hints=(hint,)), body, now=NOON
        )
    done(road.do(RunKind.WEBHOOKS))
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    calls = [line for line in lines if line["event"] == "platform.call"]
    assert {line["kind"] for line in calls} == {"backfill", "push", "webhooks"}
    assert any("classvisits" in line["call"] for line in calls)
    about = {"run", "kind", "connection", "platform", "actor"}
    assert all(about <= line.keys() for line in lines)
    token = sandbox.staff_headers()["Authorization"].removeprefix("Bearer ")
    people = sandbox.site.clients.values()
    for canary in [
        "canary",
        token,
        sandbox.api_key,
        *(p.email for p in people if p.email),
        *(p.last_name for p in people),
    ]:
        assert canary not in written.getvalue()


def test_what_slips_into_a_text_is_hidden(road: Road, written: io.StringIO) -> None:
    log = structlog.get_logger()
    log.warning("odd", why="no such client: Ann.O'Hara+x@mail.example, sorry", sent="Bearer abcdefghijkl.mno-pq")
    logging.getLogger("some.library").warning("cannot write to %s\nForged line", "ann@mail.example")
    row = {"keyed_hash": "canary-hash", "first_seen_at": NOON}
    with pytest.raises(IntegrityError) as caught, road.ctx.store.write() as db:
        db.execute(insert(table_of(EmailAddress)), [row, row])
    log.error("broke", exc_info=caught.value)
    told, library, broke = written.getvalue().splitlines()
    assert f"no such client: {HIDDEN}, sorry" in told
    assert f"Bearer {HIDDEN}" in told
    assert json.loads(library)["event"] == f"cannot write to {HIDDEN}\nForged line"
    assert "IntegrityError" in broke
    assert "canary" not in broke
    assert "example" not in written.getvalue()
