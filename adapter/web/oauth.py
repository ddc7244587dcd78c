"""The browser's side of connecting: away to the platform, and back from it.

The callback proves its caller by state, nonce and a secret of the browser's own: a platform that answers by form_post
brings a POST from another site, on which neither session cookie nor form token can travel.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from adapter.connecting.connect import ConnectRefused, begin_connect, finish_connect
from adapter.connecting.flows import LIFE
from adapter.people.permissions import Act, Caller
from adapter.store.tenancy import row_id
from adapter.web.access import allow, caller, context
from adapter.web.security import POLICY
from connectors import registry

blueprint = Blueprint("oauth", __name__)

_TO_PLATFORM = POLICY.replace("form-action 'self'", "form-action 'self' https: http://127.0.0.1:* http://localhost:*")
"""The site form leads, by redirect, to the platform: browsers hold form-action against redirects as well."""


@blueprint.get("/connect/<platform>")
def start(platform: str) -> ResponseReturnValue:
    """Send the owner to the platform; first ask for the site ID where the platform wants one."""
    _check_known(platform)
    studio_id = _studio_id()
    allow(Act.CONNECT, studio_id)
    site, connection_id = request.args.get("site"), request.args.get("connection", type=row_id)
    declared = registry.get(platform)
    if declared.asks_site and not site and connection_id is None:
        return _site_form(platform, studio_id)
    browser = _browser() or secrets.token_urlsafe(32)
    try:
        url = begin_connect(
            context(),
            platform,
            studio_id=studio_id,
            user_id=caller().user_id,
            browser=browser,
            site=site,
            connection_id=connection_id,
        )
    except ConnectRefused as refusal:
        return _refused(platform, refusal)
    return _with_browser(_private(make_response(redirect(url, 303))), browser)


@blueprint.route("/oauth/callback/<platform>", methods=["GET", "POST"])
def callback(platform: str) -> ResponseReturnValue:
    """The platform's answer. Whatever it asks for, the browser ends on a page of ours."""
    _check_known(platform)
    given = request.form if request.method == "POST" else request.args
    asking: Caller | None = g.get("caller")
    try:
        connection = finish_connect(
            context(),
            platform,
            {name: given.getlist(name) for name in given},
            browser=_browser() or "",
            user_id=asking.user_id if asking else None,
        )
    except ConnectRefused as refusal:
        return _refused(platform, refusal)
    return _private(make_response(redirect(f"/connections/{connection.id}", 303)))


def _check_known(platform: str) -> None:
    if platform not in registry.names():
        abort(404)


def _studio_id() -> int:
    """The studio asked for; the caller's only one where none is named."""
    if "studio" in request.args:
        named = request.args.get("studio", type=row_id)
        return named if named is not None else abort(404)
    mine = caller().studio_ids
    return next(iter(mine)) if mine is not None and len(mine) == 1 else abort(404)


def _site_form(platform: str, studio_id: int) -> Response:
    page = render_template("connect_site.html", platform=registry.get(platform), studio_id=studio_id)
    response = _private(make_response(page))
    response.headers["Content-Security-Policy"] = _TO_PLATFORM
    return response


def _refused(platform: str, refusal: ConnectRefused) -> Response:
    page = render_template("connect_refused.html", platform=registry.get(platform), why=str(refusal))
    return _private(make_response(page, refusal.status))


def _private(response: Response) -> Response:
    """Its address may hold a code: nobody keeps the page, and nobody is told where the browser came from."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _cookie() -> tuple[str, bool]:
    """The cookie's name, and whether we are on https (where it is bound to this very host)."""
    https = context().config.public_url.startswith("https://")
    return ("__Host-connect" if https else "connect"), https


def _browser() -> str | None:
    return request.cookies.get(_cookie()[0])


def _with_browser(response: Response, browser: str) -> Response:
    """Let the browser keep its secret; it must travel on a POST from the platform's site, hence SameSite=None."""
    name, https = _cookie()
    response.set_cookie(
        name,
        browser,
        max_age=LIFE,
        path="/",
        secure=https,
        httponly=True,
        samesite="None" if https else "Lax",
    )
    return response
