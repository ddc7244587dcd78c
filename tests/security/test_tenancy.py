"""Studios don't see each other: nothing that one is answered holds a name or an id of another's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from adapter.context import Context
from adapter.people.accounts import create_user
from adapter.people.invitations import invite
from adapter.store.audit import write_line
from adapter.store.tables import (
    Base,
    ClassType,
    Connection,
    Reservation,
    Role,
    Run,
    Session,
    Studio,
    Venue,
)
from adapter.web.limits import limiter
from tests.adapter.web.test_access import path_of
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, mirrored, sign_in
from tests.security.routes import NEEDS, Door, is_api, walked

MARK = "Zanzibar"  # in every name and text of the other studio, and in none of ours
FAR = 700_000  # added to its ids, so that they are told from ours
WIDE = f"limit=200&from=2026-03-01&to=2030-01-01&venue={FAR + 4}&older={FAR}&studio={FAR}&connection={FAR + 1}"
IDS = ("id", "studio_id", "connection_id", "session_id", "run_id", "user_id", "decision_id")


@pytest.fixture
def neighbours(ctx: Context, seeded: Seeded) -> Seeded:
    """The other studio with something of everything, each of it marked."""
    with ctx.store.write() as db:
        studio = Studio(id=FAR, name=f"{MARK} Studio", timezone="UTC", currency="EUR", created_at=NOON)
        db.add(studio)
        db.flush()
        create_user(db, ctx.keys, f"{MARK} Owner", "z@zanzibar.example", role=Role.OWNER, studio_id=FAR, now=NOON)
        to = {"role": Role.READONLY, "studio_id": FAR, "actor": "user:1", "now": NOON}
        invite(db, ctx.keys, f"{MARK} Guest", "g@zanzibar.example", **to)
        known = {"id": FAR + 1, "studio_id": FAR, "site": MARK, "site_name": MARK}
        place = {"platform": "sandbox", "timezone": "UTC", "currency": "EUR", "connected_at": NOON}
        db.add(Connection(**known, **place, last_pulled_at=NOON))
        db.flush()
        for row in _mirror(FAR + 1):
            db.add(row)
            db.flush()
        about = {"connection_id": FAR + 1, "actor": MARK, "why": MARK, "params": {"why": MARK}, "due_at": NOON}
        db.add(Run(id=FAR + 3, kind="resync", origin="manual", state="queued", counts={}, errors=[], **about))
        write_line(db, FAR, f"{MARK}.done", "studio:1", {"name": MARK}, {"name": MARK}, actor="user:1", now=NOON)
    return seeded


def _mirror(connection_id: int) -> Iterator[Base]:
    yield Venue(**mirrored(connection_id, f"{MARK}v"), id=FAR + 4, name=MARK, timezone="UTC", currency="EUR")
    yield ClassType(**mirrored(connection_id, f"{MARK}c"), id=FAR + 5, name=MARK, category=MARK, hidden=False)
    when = {"starts_at": NOON, "ends_at": NOON, "timezone": "UTC", "capacity": 9, "waitlisted": 0, "hidden": False}
    where = {"venue_id": f"{MARK}v", "class_type_id": f"{MARK}c", "status": "scheduled"}
    yield Session(**mirrored(connection_id, f"{MARK}s"), id=FAR + 2, **where, **when)
    booked = {"source": MARK, "outcome": "booked", "booked_at": NOON, "booked_at_source": "first_seen", "seats": 1}
    yield Reservation(**mirrored(connection_id, f"{MARK}r"), session_id=f"{MARK}s", client_id=None, **booked)


def ids_in(value: Any) -> Iterator[int]:
    """Every id in an answer."""
    if isinstance(value, dict):
        yield from (inner for name, inner in value.items() if name in IDS and isinstance(inner, int))
        for inner in value.values():
            yield from ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from ids_in(inner)


@pytest.mark.parametrize("role", [Role.OWNER, Role.SUPPORT])
def test_no_answer_holds_anything_of_another_studio(app: Flask, ctx: Context, neighbours: Seeded, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client, headers = app.test_client(), bearer(ctx, role, neighbours.studio_id)
    sign_in(client, ctx, neighbours.users[role])
    rules = {rule.rule: rule for rule in app.url_map.iter_rules()}
    told = 0
    for key, (rule, method) in walked(app).items():
        if method != "GET" or NEEDS[key] is Door.STAFF or rule == "/metrics":  # the operator's, by number alone
            continue
        limiter.reset()
        path = f"{path_of(rules[rule], neighbours)}?{WIDE}"
        answer = client.get(path, headers=headers if is_api(rule) else {}, buffered=True)
        assert MARK.lower().encode() not in answer.data.lower(), key
        assert f"/{FAR}"[:-1].encode() not in answer.data, key
        assert not answer.is_json or all(number < FAR for number in ids_in(json.loads(answer.data))), key
        told += answer.status_code == 200
    assert told > 20


def test_the_mark_would_be_found(app: Flask, ctx: Context, neighbours: Seeded) -> None:
    """Who may see the other studio finds its mark on each of these: the test above can fail."""
    headers = bearer(ctx, Role.OWNER, None)
    for path in ("studios", "connections", "runs", "sessions?from=2026-03-01", f"studios/{FAR}/sources"):
        assert MARK in app.test_client().get(f"/api/v1/{path}", headers=headers).text, path
