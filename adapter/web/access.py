"""The gate: nothing answers without a session or a token but what stands on the public list.

Knows who is asking (Flask-Login for pages, a bearer token for the API) and which act a route is. A route names its act
with ``needs``; the studio is found by the id in the URL. Another studio's id is a 404, a lacking role a 403.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import structlog
from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from adapter.context import Context
from adapter.people.accounts import authenticate, caller_of
from adapter.people.permissions import Act, Caller, may
from adapter.store.tables import User
from adapter.store.tenancy import NAMES, studio_of

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC = frozenset(
    {
        "/",
        "/sign-in",
        "/sign-in/<token>",
        "/sign-in/passkey",
        "/sign-in/passkey/question",
        "/sign-in/staff",
        "/sign-in/staff/callback",  # bound to its browser by the session
        "/join/<token>",
        "/static/<path:filename>",
        "/healthz",
        "/readyz",
        "/metrics",
        "/webhooks/<platform>",
        "/webhooks/<platform>/<int:connection_id>",
        "/oauth/callback/<platform>",  # bound to its browser by the flow itself: a form_post brings no session
        "/api/v1/openapi.json",
        "/open-data/scheduled-sessions",  # what studios agreed to publish; nothing where none does
        "/channel/v1/openapi.json",
        "/why/<token>",  # a page about one class, which its studio has opened to members
    }
)
"""The only routes that answer a stranger."""


class SignedIn(UserMixin):
    """A user as Flask-Login keeps one: the cookie holds id and epoch, so signing out everywhere kills it."""

    def __init__(self, user: User) -> None:
        self.id = f"{user.id}.{user.session_epoch}"
        self.caller = caller_of(user)


def context() -> Context:
    """The adapter that this application serves."""
    return cast(Context, current_app.extensions["context"])


def caller() -> Caller:
    """Who is asking; the gate has made sure that there is somebody."""
    return cast(Caller, g.caller)


def needs(act: Act) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view run only for callers who may do this at the studio that its URL names."""

    def wrap(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            allow(act, studio_in_url(kwargs))
            return view(*args, **kwargs)

        guarded.__dict__["act"] = act
        return guarded

    return wrap


def studio_in_url(arguments: dict[str, Any]) -> int:
    """The studio of what the URL names; 404 where there is no such thing."""
    name = next(name for name in arguments if name in NAMES)
    with context().store.read() as db:
        studio_id = studio_of(db, name, arguments[name])
    return studio_id if studio_id is not None else abort(404)


def allow(act: Act, studio_id: int) -> None:
    """404 where the studio does not exist for the caller, 403 where the role lacks the act."""
    if not caller().roles_at(studio_id):
        abort(404)
    if not may(caller(), act, studio_id):
        abort(403)
    g.studio_id = studio_id


def install(app: Flask) -> None:
    """Put the gate in front of every route of the application."""
    login = LoginManager(app)
    login.user_loader(_load_user)
    app.before_request(_gate)


def is_api() -> bool:
    """Whether a program is asking, which wants JSON and shows a token."""
    return request.path.startswith(("/api/", "/channel/"))


def _load_user(key: str) -> SignedIn | None:
    user_id, _, epoch = key.partition(".")
    with context().store.read() as db:
        user = db.get(User, int(user_id))
    if user is None or not user.active or str(user.session_epoch) != epoch:
        return None
    over = user.access_until is not None and user.access_until <= context().now()
    return None if over else SignedIn(user)


def _gate() -> ResponseReturnValue | None:
    rule = request.url_rule
    if request.endpoint == "static":
        return None
    g.caller = _bearer() if is_api() else _signed_in()
    if g.caller is not None:
        structlog.contextvars.bind_contextvars(actor=g.caller.actor)
    if g.caller is not None or rule is None or rule.rule in PUBLIC:
        return None
    if is_api():
        abort(401)
    if request.method == "GET":
        session["next"] = request.full_path
    return redirect(url_for("sign_in.ask"))


def _signed_in() -> Caller | None:
    return current_user.caller if current_user.is_authenticated else None


def _bearer() -> Caller | None:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        return None
    with context().store.read() as db:
        return authenticate(db, context().keys, given.token)
