"""Whoever changes something leaves a line: every route that writes, called with what it takes, and what it noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from adapter.context import Context
from adapter.people.invitations import invite
from adapter.people.permissions import ACTS_OF
from adapter.store.tables import (
    Audit,
    Connection,
    Invitation,
    Judgement,
    Listing,
    PushMode,
    Role,
    Run,
    RunKind,
    RunState,
)
from adapter.web.limits import limiter
from tests.adapter.web.test_access import path_of
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, link_of, sign_in
from tests.security.routes import NEEDS, Door, is_api, routes

Prepared = Mapping[str, Any] | None

LEAVES_NONE: dict[str, str] = {
    "POST /account/passkeys/question": "asks the device; the answer is what counts",
    "POST /sign-in/passkey/question": "asks the browser; the answer is what counts",
    "POST /sign-out": "ends one's own session; everywhere is noted",
    "POST /studios/<int:studio_id>/payouts/page": "works a kept period out again: the ledger is as it was",
    "POST /studios/<int:studio_id>/guarantee/page": "works a kept page out again: the statement is as it was",
    "POST /desk": "searches; looking somebody up by address is noted, see tests/adapter/web/test_desk.py",
    "POST /channel/v1/quotes": "a marketplace asks for prices",
    "POST /channel/v1/reservations": "a marketplace's act: the reservation is kept itself, with each of its states",
    "POST /channel/v1/reservations/<path:reservation>/cancellation": "a marketplace's act: kept with its reservation",
    "POST /webhooks/<platform>": "a platform's message: it is kept itself, in the inbox",
    "POST /webhooks/<platform>/<int:connection_id>": "a platform's message: it is kept itself, in the inbox",
}
"""Writing routes that nobody's line belongs to, and why."""

ELSEWHERE: dict[str, str] = {
    "POST /account/passkeys": "tests/adapter/people/test_passkeys.py: needs a device",
    "POST /account/passkeys/remove": "tests/adapter/people/test_passkeys.py: needs a device",
    "POST /account/password": "tests/adapter/people/test_passwords.py: needs an app",
    "POST /account/password/remove": "tests/adapter/people/test_passwords.py: needs an app",
    "POST /sign-in": "tests/adapter/people/test_passwords.py: needs an app",
    "POST /sign-in/passkey": "tests/adapter/people/test_passkeys.py: needs a device",
    "POST /studios/<int:studio_id>/opportunities": "tests/adapter/web/test_opportunities.py: needs a card",
    "POST /api/v1/studios/<int:studio_id>/opportunities": "tests/adapter/web/test_opportunities.py: needs a card",
    "POST /studios/<int:studio_id>/payouts/statements": "tests/adapter/web/test_payouts.py: needs a file",
    "POST /api/v1/studios/<int:studio_id>/payouts/statements": "tests/adapter/web/test_payouts.py: needs a file",
    "POST /oauth/callback/<platform>": "tests/adapter/oauth/test_callback.py: needs a platform",
    "POST /connections/<int:connection_id>/write-back/proof": "tests/sync/test_write_back.py: needs a platform with it",
    "POST /connections/<int:connection_id>/write-back/total": "tests/sync/test_write_back.py: needs a proof",
    "POST /connections/<int:connection_id>/write-back/catalog": "tests/sync/test_catalog.py: needs a platform with it",
}
"""Where the line of a route is proven that needs more than a form."""


def _nothing(ctx: Context, seeded: Seeded) -> Prepared:
    return {}


def _form(**values: str) -> Callable[[Context, Seeded], Prepared]:
    return lambda ctx, seeded: values


def _own_cap(ctx: Context, seeded: Seeded) -> Prepared:
    offer = {"connection_id": seeded.connection_id, "session_id": seeded.sessions[0], "sequence": 2}
    with ctx.store.write() as db:
        db.add(Listing(**offer, noted_at=NOON, drift_since=NOON, own=3))
    return {}


def _invited(ctx: Context, seeded: Seeded) -> Prepared:
    with ctx.store.write() as db:
        to = {"role": Role.READONLY, "studio_id": seeded.studio_id, "actor": f"user:{seeded.users[Role.OWNER]}"}
        invite(db, ctx.keys, "Bo", "bo@example.com", **to, now=NOON)
        return {"invitation": str(db.scalar(select(func.max(Invitation.id))))}


def _judged(ctx: Context, seeded: Seeded) -> Prepared:
    with ctx.store.write() as db:
        waiting = db.scalars(select(Judgement)).one()
        waiting.asked_by = "user:99"  # somebody else
        return {"judgement": str(waiting.id)}


def _failed_items(ctx: Context, seeded: Seeded) -> Prepared:
    with ctx.store.write() as db:
        items = [{"stream": "sessions", "id": key, "message": "cannot be read"} for key in ("s98", "s99")]
        db.get_one(Run, seeded.runs[0]).errors = items
    return {}


def _seen_to(ctx: Context, seeded: Seeded) -> Prepared:
    with ctx.store.write() as db:  # what the page asked for is done: else the API would join it
        db.execute(update(Run).where(Run.kind == RunKind.SUBSCRIBE).values(state=RunState.DONE))
    return {}


def _paused(ctx: Context, seeded: Seeded) -> Prepared:
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.PAUSED
    return {"sure": "yes"}


def _in_shadow(ctx: Context, seeded: Seeded) -> Prepared:
    with ctx.store.write() as db:
        db.get_one(Connection, seeded.connection_id).push_mode = PushMode.SHADOW
    return {}


FRIDAY = {"kind": "blackout", "from_day": "2027-03-05", "from_time": "18:00", "reason": "a staff party"}
FRIDAY |= {"until_day": "2027-03-05", "until_time": "23:59"}
OPEN = {"organizer": "Harbor Movement", "url": "https://harbor.example"}
SPRING = {"name": "Spring", "starts_on": "2026-02-16", "ends_on": "2026-03-01", "fee": "100.00"}
SUMMER = {"name": "Summer", "starts_on": "2026-06-16", "ends_on": "2026-06-20", "fee": "100.00"}
WAIVER = {"kind": "waiver", "waiver-requirement": "once", "waiver-reason": "works", "waiver-evidence": "letter 4"}
GIVEN: dict[str, Callable[[Context, Seeded], Prepared]] = {
    "POST /studios/<int:studio_id>/settings": _form(min_spots="4"),
    "PUT /api/v1/studios/<int:studio_id>/settings": lambda ctx, seeded: {"min_spots": 5},
    "POST /connections/<int:connection_id>/sources": _form(**{"source:service:Partner pass": "third_party"}),
    "PUT /api/v1/studios/<int:studio_id>/sources": lambda ctx, seeded: {
        "items": [{"connection_id": seeded.connection_id, "source": "service:Partner pass", "channel": "direct"}]
    },
    "POST /connections/<int:connection_id>/resync": _form(stream="prices"),
    "POST /api/v1/connections/<int:connection_id>/resync": lambda ctx, seeded: {"stream": "sales"},
    "POST /connections/<int:connection_id>/events": _nothing,
    "POST /api/v1/connections/<int:connection_id>/events": _seen_to,
    "POST /runs/<int:run_id>/retry": _failed_items,
    "POST /api/v1/runs/<int:run_id>/retry": lambda ctx, seeded: {"item": 0},
    "POST /connections/<int:connection_id>/push-mode": _form(mode="shadow", sure="yes"),
    "PUT /api/v1/connections/<int:connection_id>/push-mode": lambda ctx, seeded: {"push_mode": "live"},
    "POST /connections/<int:connection_id>/look-back": _nothing,
    "POST /sessions/<int:session_id>/members": _form(shown="yes"),
    "POST /studios/<int:studio_id>/by-hand": lambda ctx, seeded: FRIDAY,
    "POST /overrides/<int:override_id>/withdraw": _nothing,
    "POST /studios/<int:studio_id>/open-data": _form(act="publish", **OPEN),
    "PUT /api/v1/studios/<int:studio_id>/open-data": lambda ctx, seeded: {"published": True, **OPEN},
    "POST /studios/<int:studio_id>/spotlight": lambda ctx, seeded: SPRING,
    "POST /api/v1/studios/<int:studio_id>/campaigns": lambda ctx, seeded: SUMMER,
    "POST /class-types/<int:class_type_id>/promote": _in_shadow,
    "POST /connections/<int:connection_id>/own-caps": _own_cap,
    "POST /studios/<int:studio_id>/guarantee/holdout": _form(share="10", weeks="26", sure="yes"),
    "POST /studios/<int:studio_id>/guarantee/judgements": lambda ctx, seeded: WAIVER,
    "POST /studios/<int:studio_id>/guarantee/agree": _judged,
    "POST /studios/<int:studio_id>/people/invite": _form(name="Cy", address="cy@example.com", role="operations"),
    "POST /studios/<int:studio_id>/people/uninvite": _invited,
    "POST /studios/<int:studio_id>/people/role": lambda ctx, seeded: {
        "person": str(seeded.users[Role.READONLY]),
        "role": "operations",
    },
    "POST /studios/<int:studio_id>/people/withdraw": lambda ctx, seeded: {
        "person": str(seeded.users[Role.FRANCHISOR]),
        "sure": "yes",
    },
    "POST /join/<token>": _nothing,
    "POST /sign-in/<token>": _nothing,
    "POST /connections/<int:connection_id>/disconnect": _paused,
}
"""What each route takes so that it changes something, in this order on one studio."""


def _path(app: Flask, ctx: Context, seeded: Seeded, rule: str) -> str:
    if rule == "/sign-in/<token>":
        return link_of(ctx, seeded.users[Role.OWNER])
    if rule == "/join/<token>":
        with ctx.store.write() as db:
            to = {"role": Role.READONLY, "studio_id": seeded.other_studio_id, "actor": "user:7"}
            return f"/join/{invite(db, ctx.keys, 'Di', 'di@example.com', **to, now=NOON)}"
    return path_of(next(one for one in app.url_map.iter_rules() if one.rule == rule), seeded)


def test_every_route_that_writes_is_accounted_for(app: Flask) -> None:
    writing = {key for key, (_, method) in routes(app).items() if method != "GET"}
    told = [*GIVEN, *LEAVES_NONE, *ELSEWHERE]
    assert sorted(told) == sorted(writing), "tests/security/test_audit.py: what does it take, or why is no line left?"


def test_whoever_changes_something_leaves_a_line(app: Flask, ctx: Context, seeded: Seeded) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    browsers = {role: app.test_client() for role in (Role.OWNER, Role.FINANCE)}
    for role, browser in browsers.items():
        sign_in(browser, ctx, seeded.users[role])
    token = bearer(ctx, Role.OWNER, seeded.studio_id)
    every = select(func.count()).select_from(Audit)
    for key, prepare in GIVEN.items():
        limiter.reset()
        rule, method = routes(app)[key]
        given, path = prepare(ctx, seeded), _path(app, ctx, seeded, rule)
        with ctx.store.read() as db:
            before = db.scalar(every) or 0
        browser = browsers[Role.OWNER if NEEDS[key] in (*ACTS_OF[Role.OWNER], Door.ANYBODY) else Role.FINANCE]
        headers = {**token, "Idempotency-Key": key} if is_api(rule) else {}
        answer = browser.open(path, method=method, headers=headers, **{"json" if is_api(rule) else "data": given})
        assert 200 <= answer.status_code < 400, (key, answer.status_code, answer.text[:300])
        with ctx.store.read() as db:
            lines = db.scalars(select(Audit).order_by(Audit.id)).all()[before:]
        assert lines, key
        for line in lines:
            assert line.actor.partition(":")[0] in ("user", "token"), key
            assert "@" not in f"{line.before}{line.after}", key
            assert line.before is not None or line.after is not None, key
