"""A browser's session: begun when somebody has shown who they are, by whatever way, and what it keeps until it ends.

It keeps no secret and nothing about rights: those are looked up at each request, so that a withdrawn role is gone at
once.
"""

from __future__ import annotations

from flask import session
from flask_login import login_user
from sqlalchemy.orm import Session

from adapter.store.audit import write_line
from adapter.store.tables import User
from adapter.web.access import SignedIn, context

NEXT, SINCE, WAYS = "next", "signed_in_at", "challenge:"
FRESH = 15 * 60  # seconds after signing in during which one may change with what


def enter(db: Session, user: User, way: str) -> str:
    """Sign somebody in, in the caller's transaction; where they wanted to go: always a page of ours."""
    now = context().now()
    user.signed_in_at = now
    who = f"user:{user.id}"
    write_line(db, None, "person.signed_in", who, None, {"by": way}, actor=who, now=now)
    wanted = session.get(NEXT)
    begin(user)
    return _ours(wanted)


def begin(user: User) -> None:
    """A new session: nothing that was fixed before signing in is carried over."""
    session.clear()
    login_user(SignedIn(user))
    session.permanent = True
    session[SINCE] = int(context().now().timestamp())


def is_fresh() -> bool:
    """Whether this browser has shown who is in front of it just now: a session left open changes no key."""
    return context().now().timestamp() - float(session.get(SINCE, 0)) < FRESH


def remember(purpose: str, token: str) -> None:
    """Keep a challenge's token until its answer comes."""
    session[WAYS + purpose] = token


def recall(purpose: str) -> str:
    """The token of the challenge that this browser was given; it is asked for once. Empty: none."""
    return str(session.pop(WAYS + purpose, ""))


def _ours(path: object) -> str:
    return path if isinstance(path, str) and path.startswith("/") and path[1:2] not in ("/", "\\") else "/"
