"""What happens at a studio is told in the reader's language: its decisions, runs, logs, records and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flask import Flask
from sqlalchemy import select

from adapter.context import Context
from adapter.people.accounts import create_user
from adapter.store.tables import ClassType, Decision, PushMode, Reservation, Role, Run, RunKind, Session, Studio, Venue
from tests.faults.conftest import Scene
from tests.fixtures.database import NOON
from tests.fixtures.studio import sign_in
from tests.fixtures.tongue import abroad, left_in_english

ELSEWHERE = (
    "Small Studio Service Sandbox Mindbody Mariana Tek America New York test JSON CSV PDF "
    "GET class classes classvisits client text html"
)


def happened(scene: Scene) -> None:
    """It is decided and pushed, somebody books, the platform fails at one thing, and all is read again."""
    scene.road.set(push_mode=PushMode.LIVE)
    scene.sell()
    scene.book(scene.coming())
    scene.sandbox.faults({"kind": "html", "path": "/class/classvisits"})
    scene.live_on(hours=1)
    scene.pull()
    scene.sandbox.mend()
    scene.road.do(RunKind.RESYNC, dry_run=True)


def pages_of(ctx: Context) -> Iterator[str]:
    """Where all of it is shown."""
    with ctx.store.read() as db:
        (studio,) = db.scalars(select(Studio.id))
        decided = select(Session).where(Session.id.in_(select(Decision.session_id))).order_by(Session.starts_at)
        sessions = db.scalars(decided).all()
        runs, connection = db.scalars(select(Run.id)).all(), sessions[0].connection_id
    yield from (f"/studios/{studio}{page}" for page in ("/today", "", "/opportunities", "/audit"))
    yield from (f"/sessions/{session.id}" for session in sessions[::9])
    yield from (f"/sessions/{session.id}/timeline" for session in sessions[:2])
    yield from (f"/runs/{run}" for run in runs)
    yield from (f"/connections/{connection}", f"/connections/{connection}/diagnosis", "/desk")
    yield from (f"/connections/{connection}/number?of=connection.{name}" for name in ("classes_ahead", "set_aside"))
    yield from (
        f"/sessions/{sessions[1].id}/number?of=session.{name}" for name in ("kept", "listed", "value", "direct")
    )


def test_a_studio_with_troubles_is_told_of_in_the_readers_language(
    scene: Scene, speaking: Callable[[Context], Flask]
) -> None:
    happened(scene)
    with scene.ctx.store.write() as db:
        named = [*db.scalars(select(Venue.name)), *db.scalars(select(ClassType.name)), *db.scalars(select(Studio.name))]
        named += [str(category) for category in db.scalars(select(ClassType.category))]
        named += db.scalars(select(Reservation.source).distinct())
        staff = create_user(db, scene.ctx.keys, "Olga", "o@us.example", role=Role.SUPPORT, studio_id=None, now=NOON).id
    client = abroad(speaking(scene.ctx))
    sign_in(client, scene.ctx, staff)
    data = set(re.findall(r"\w+", " ".join((*named, ELSEWHERE, "Olga"))))
    answers = {page: client.get(page) for page in pages_of(scene.ctx)}
    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code != 200} == {}
    assert any("data-chart" in answer.text for answer in answers.values())
    left = {page: left_in_english(answer.text) - data for page, answer in answers.items()}
    assert {page: words for page, words in left.items() if words} == {}
