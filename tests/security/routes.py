"""Every route and whom it answers. A route that is missing here fails the tests: say what it needs, then add it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import Flask

from adapter.people.permissions import Act
from adapter.web.access import PUBLIC


@dataclass(frozen=True)
class Somewhere:
    """An act that has to be the caller's at some studio at least: the answer is about all of those."""

    act: Act


class Door(StrEnum):
    """What a route needs that names no studio."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"  # answers with what is the caller's own, or refuses by itself
    STAFF = "staff"  # our own people; for whoever is a studio's it does not exist
    MARKETPLACE = "marketplace"  # the channel, which refuses every other token


ANYBODY, SIGNED_IN, STAFF, MARKETPLACE = Door.ANYBODY, Door.SIGNED_IN, Door.STAFF, Door.MARKETPLACE

NEEDS: dict[str, Act | Somewhere | Door] = {
    "GET /": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /metrics": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /static/<path:filename>": ANYBODY,
    "GET /api/v1/openapi.json": ANYBODY,
    "GET /channel/v1/openapi.json": ANYBODY,
    "GET /channel/v1/offers": MARKETPLACE,
    "POST /channel/v1/quotes": MARKETPLACE,
    "POST /channel/v1/reservations": MARKETPLACE,
    "GET /channel/v1/reservations/<path:reservation>": MARKETPLACE,
    "POST /channel/v1/reservations/<path:reservation>/cancellation": MARKETPLACE,
    "GET /sign-in": ANYBODY,
    "POST /sign-in": ANYBODY,
    "GET /sign-in/<token>": ANYBODY,
    "POST /sign-in/<token>": ANYBODY,
    "POST /sign-in/passkey": ANYBODY,
    "POST /sign-in/passkey/question": ANYBODY,
    "GET /sign-in/staff": ANYBODY,
    "GET /sign-in/staff/callback": ANYBODY,
    "GET /join/<token>": ANYBODY,
    "POST /join/<token>": ANYBODY,
    "GET /oauth/callback/<platform>": ANYBODY,
    "POST /oauth/callback/<platform>": ANYBODY,
    "POST /webhooks/<platform>": ANYBODY,
    "POST /webhooks/<platform>/<int:connection_id>": ANYBODY,
    "POST /sign-out": SIGNED_IN,
    "GET /account": SIGNED_IN,
    "POST /account/passkeys": SIGNED_IN,
    "POST /account/passkeys/question": SIGNED_IN,
    "POST /account/passkeys/remove": SIGNED_IN,
    "GET /account/password": SIGNED_IN,
    "POST /account/password": SIGNED_IN,
    "POST /account/password/remove": SIGNED_IN,
    "GET /connect/<platform>": SIGNED_IN,
    "GET /audit": STAFF,
    "GET /desk": Somewhere(Act.USE_DESK),
    "POST /desk": Somewhere(Act.USE_DESK),
    "GET /franchise": Somewhere(Act.OVERSEE),
    "GET /charts/chart.js": SIGNED_IN,
    "GET /why/<token>": ANYBODY,
    "GET /open-data/scheduled-sessions": ANYBODY,
    "POST /class-types/<int:class_type_id>/promote": Act.SWITCH_PUSH,
    "POST /overrides/<int:override_id>/withdraw": Act.CHANGE_SETTINGS,
    "GET /studios/<int:studio_id>/by-hand": Act.SEE_SETTINGS,
    "POST /studios/<int:studio_id>/by-hand": Act.CHANGE_SETTINGS,
    "GET /studios/<int:studio_id>/number": Act.SEE_RECORDS,
    "GET /studios/<int:studio_id>/opportunities": Act.SEE_CALENDAR,
    "POST /studios/<int:studio_id>/opportunities": Act.CHANGE_SETTINGS,
    "GET /studios/<int:studio_id>/payouts": Act.SEE_FRANCHISE,
    "GET /studios/<int:studio_id>/payouts.csv": Act.SEE_PAYOUTS,
    "POST /studios/<int:studio_id>/payouts/statements": Act.COMPARE_PAYOUTS,
    "GET /studios/<int:studio_id>/record": Act.SEE_RECORDS,
    "GET /studios/<int:studio_id>/open-data": Act.SEE_SETTINGS,
    "POST /studios/<int:studio_id>/open-data": Act.CHANGE_SETTINGS,
    "POST /studios/<int:studio_id>/payouts/page": Act.SEE_FRANCHISE,
    "GET /studios/<int:studio_id>/spotlight": Act.SEE_SETTINGS,
    "POST /studios/<int:studio_id>/spotlight": Act.CHANGE_SETTINGS,
    "GET /studios/<int:studio_id>/today": Act.SEE_CALENDAR,
    "GET /connections/<int:connection_id>/diagnosis": Act.SEE_CONNECTION,
    "GET /connections/<int:connection_id>/number": Act.SEE_RECORDS,
    "GET /runs/<int:run_id>/log": Act.SEE_CONNECTION,
    "GET /sessions/<int:session_id>/number": Act.SEE_RECORDS,
    "POST /sessions/<int:session_id>/members": Act.SHOW_MEMBERS,
    "GET /studios/<int:studio_id>": Act.SEE_CALENDAR,
    "GET /studios/<int:studio_id>/audit": Act.SEE_AUDIT,
    "GET /studios/<int:studio_id>/connect": Act.SEE_CONNECTION,
    "GET /studios/<int:studio_id>/guarantee": Act.SEE_GUARANTEE,
    "POST /studios/<int:studio_id>/guarantee/holdout": Act.CHANGE_SETTINGS,  # and SEE_GUARANTEE, where it stands
    "POST /studios/<int:studio_id>/guarantee/agree": Act.JUDGE_GUARANTEE,
    "GET /studios/<int:studio_id>/guarantee/judgements": Act.SEE_GUARANTEE,
    "POST /studios/<int:studio_id>/guarantee/judgements": Act.JUDGE_GUARANTEE,
    "POST /studios/<int:studio_id>/guarantee/page": Act.SEE_GUARANTEE,
    "GET /studios/<int:studio_id>/guarantee/statement.csv": Act.SEE_GUARANTEE,
    "GET /studios/<int:studio_id>/guarantee/statement.json": Act.SEE_GUARANTEE,
    "GET /studios/<int:studio_id>/guarantee/statement.pdf": Act.SEE_GUARANTEE,
    "GET /studios/<int:studio_id>/people": Act.MANAGE_PEOPLE,
    "POST /studios/<int:studio_id>/people/invite": Act.MANAGE_PEOPLE,
    "POST /studios/<int:studio_id>/people/role": Act.MANAGE_PEOPLE,
    "POST /studios/<int:studio_id>/people/uninvite": Act.MANAGE_PEOPLE,
    "POST /studios/<int:studio_id>/people/withdraw": Act.MANAGE_PEOPLE,
    "GET /studios/<int:studio_id>/settings": Act.SEE_SETTINGS,
    "POST /studios/<int:studio_id>/settings": Act.CHANGE_SETTINGS,
    "GET /connections/<int:connection_id>": Act.SEE_CONNECTION,
    "POST /connections/<int:connection_id>/disconnect": Act.CONNECT,
    "POST /connections/<int:connection_id>/events": Act.RESYNC,
    "POST /connections/<int:connection_id>/look-back": Act.SWITCH_PUSH,
    "POST /connections/<int:connection_id>/own-caps": Act.SWITCH_PUSH,
    "POST /connections/<int:connection_id>/push-mode": Act.SWITCH_PUSH,
    "POST /connections/<int:connection_id>/resync": Act.RESYNC,
    "POST /connections/<int:connection_id>/sources": Act.MAP_SOURCES,
    "POST /connections/<int:connection_id>/write-back/catalog": Act.WRITE_BACK,
    "POST /connections/<int:connection_id>/write-back/proof": Act.WRITE_BACK,
    "POST /connections/<int:connection_id>/write-back/total": Act.WRITE_BACK,
    "GET /runs/<int:run_id>": Act.SEE_CONNECTION,
    "GET /runs/<int:run_id>/progress": Act.SEE_CONNECTION,
    "POST /runs/<int:run_id>/retry": Act.RESYNC,
    "GET /sessions/<int:session_id>": Act.SEE_CALENDAR,
    "GET /sessions/<int:session_id>/timeline": Act.SEE_TIMELINE,
    "GET /api/v1/connections": Somewhere(Act.SEE_CONNECTION),
    "GET /api/v1/connections/<int:connection_id>": Act.SEE_CONNECTION,
    "POST /api/v1/connections/<int:connection_id>/events": Act.RESYNC,
    "PUT /api/v1/connections/<int:connection_id>/push-mode": Act.SWITCH_PUSH,
    "POST /api/v1/connections/<int:connection_id>/resync": Act.RESYNC,
    "GET /api/v1/runs": Somewhere(Act.SEE_CONNECTION),
    "GET /api/v1/runs/<int:run_id>": Act.SEE_CONNECTION,
    "POST /api/v1/runs/<int:run_id>/retry": Act.RESYNC,
    "GET /api/v1/sessions": Somewhere(Act.SEE_CALENDAR),
    "GET /api/v1/sessions/<int:session_id>/decisions": Act.SEE_CALENDAR,
    "GET /api/v1/sessions/<int:session_id>/timeline": Act.SEE_TIMELINE,
    "GET /api/v1/studios": SIGNED_IN,
    "GET /api/v1/connections/<int:connection_id>/diagnosis": Act.SEE_CONNECTION,
    "GET /api/v1/runs/<int:run_id>/log": Act.SEE_CONNECTION,
    "GET /api/v1/studios/<int:studio_id>/open-data": Act.SEE_SETTINGS,
    "PUT /api/v1/studios/<int:studio_id>/open-data": Act.CHANGE_SETTINGS,
    "GET /api/v1/studios/<int:studio_id>/campaigns": Act.SEE_SETTINGS,
    "POST /api/v1/studios/<int:studio_id>/campaigns": Act.CHANGE_SETTINGS,
    "GET /api/v1/studios/<int:studio_id>/opportunities": Act.SEE_CALENDAR,
    "POST /api/v1/studios/<int:studio_id>/opportunities": Act.CHANGE_SETTINGS,
    "GET /api/v1/studios/<int:studio_id>/payouts": Act.SEE_PAYOUTS,
    "GET /api/v1/studios/<int:studio_id>/payouts/differences": Act.SEE_PAYOUTS,
    "GET /api/v1/studios/<int:studio_id>/payouts/franchise": Act.SEE_FRANCHISE,
    "GET /api/v1/studios/<int:studio_id>/payouts/places": Act.SEE_PAYOUTS,
    "GET /api/v1/studios/<int:studio_id>/payouts/statements": Act.SEE_PAYOUTS,
    "POST /api/v1/studios/<int:studio_id>/payouts/statements": Act.COMPARE_PAYOUTS,
    "GET /api/v1/studios/<int:studio_id>/guarantee": Act.SEE_GUARANTEE,
    "GET /api/v1/studios/<int:studio_id>/settings": Act.SEE_SETTINGS,
    "PUT /api/v1/studios/<int:studio_id>/settings": Act.CHANGE_SETTINGS,
    "GET /api/v1/studios/<int:studio_id>/sources": Act.SEE_CONNECTION,
    "PUT /api/v1/studios/<int:studio_id>/sources": Act.MAP_SOURCES,
}


def routes(app: Flask) -> dict[str, tuple[str, str]]:
    """Every method of every route: (rule, method), as the table names them."""
    pairs = [(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()]
    return {f"{method} {rule}": (rule, method) for rule, method in pairs if method not in ("HEAD", "OPTIONS")}


def walked(app: Flask) -> dict[str, tuple[str, str]]:
    """Those that stand in the table: one test says which don't."""
    return {key: route for key, route in routes(app).items() if key in NEEDS}


def is_api(rule: str) -> bool:
    """Whether programs ask there, with a token."""
    return rule.startswith(("/api/", "/channel/"))


def is_public(rule: str) -> bool:
    """Whether the gate lets strangers through; the static files pass it by themselves."""
    return rule in PUBLIC
