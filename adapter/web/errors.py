"""What is said when something can't be answered: a friendly page to people, problem+json (RFC 9457) to programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, flash, g, json, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, ServiceUnavailable

from adapter.api.problems import DETAILS
from adapter.store.database import UNAVAILABLE, NotMigrated, cause_of
from adapter.web.access import PUBLIC, is_api
from adapter.web.entering import NEXT

log = structlog.get_logger("web")
RETRY = 30  # seconds until a program may ask again

WORDS = {
    400: ("That did not arrive whole", "Go back, reload the page and try again."),
    403: (
        "Your role does not include this",
        "The studio's owner, or whoever runs your Spotkeeper, can give you one that does.",
    ),
    404: ("There is nothing here", "It may have been removed, or it belongs to a studio that is not yours."),
    405: ("That can't be done here", "Go back and use the buttons on the page."),
    409: ("Something else was faster", "Reload the page to see how it stands now."),
    413: ("That is too much at once", "Send less."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: ("We broke something", "Nothing of yours is lost. Try again; if it stays broken, tell us the number below."),
    503: ("Not ready just now", "Try again in a minute."),
}


def install(app: Flask) -> None:
    """One answer for every error of the application."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, answer)
    for kind in UNAVAILABLE:
        app.register_error_handler(kind, _without_database)
    app.register_error_handler(NotMigrated, _with_older_database)


def answer(error: HTTPException) -> ResponseReturnValue:
    """The error in the form that whoever asks can read."""
    if error.response is not None:
        return error.response
    return problem(error) if is_api() else _page(error)


def _without_database(error: Exception) -> ResponseReturnValue:
    """The database can't be had just now: nothing half was kept, and the same again may work in a while."""
    log.error("database_unavailable", why=cause_of(error))
    g.setdefault("_login_user", AnonymousUserMixin())  # the page would ask the database who is signed in
    return answer(ServiceUnavailable(retry_after=RETRY))


class _Older(ServiceUnavailable):
    """Nothing is answered until somebody has acted: whoever asks again asks in vain."""

    title = "Our database is not up to date"
    description = (
        "It lacks what this version needs, as one that was put back from an older copy. Whoever runs this Spotkeeper "
        "starts it anew, which brings it up to date; adapter doctor says how it stands."
    )


def _with_older_database(error: NotMigrated) -> ResponseReturnValue:
    """The database answers, and has not what we ask it for."""
    log.error("database_not_migrated", why=cause_of(error))
    g.setdefault("_login_user", AnonymousUserMixin())
    return answer(_Older())


def problem(error: HTTPException) -> Response:
    """An error as problem+json."""
    status = error.code or 500
    extra: dict[str, Any] = getattr(error, "data", None) or {}
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    detail = extra.get("message") or _detail(error)
    if detail:
        body["detail"] = detail
    if errors := extra.get("errors") or extra.get("messages"):
        body["errors"] = errors
    body |= extra.get("members") or {}
    response = Response(json.dumps(body), status, mimetype="application/problem+json")
    _add_headers(response, error)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _detail(error: HTTPException) -> str | None:
    """Why, where we said so; else what to do. A program has neither a browser nor a keyboard to check."""
    if isinstance(error, InternalServerError):
        return None
    return _own_words(error) or DETAILS.get(error.code or 500, error.description)


def _own_words(error: HTTPException) -> str | None:
    """What we said ourselves about it; None where the library's words stand."""
    return error.description if isinstance(error, _Older) or error.description != type(error).description else None


def _page(error: HTTPException) -> Response:
    status = error.code or 500
    title, advice = WORDS.get(status, (error.name, error.description or ""))
    if isinstance(error, _Older):
        title, advice = error.title, error.description or ""
    if type(error) is BadRequest and (said_by_us := _own_words(error)):
        title, advice = "That can't be shown", f"{said_by_us} Go back and change it."
    page = render_template("error.html", title=title, advice=advice, status=status, number=g.get("request_id", ""))
    response = Response(page, status, mimetype="text/html")
    _add_headers(response, error)
    return response


def _add_headers(response: Response, error: HTTPException) -> None:
    for name, value in error.get_headers():
        if name.lower() in ("retry-after", "allow"):
            response.headers[name] = value


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    """A form without its proof: usually of somebody who has been signed out meanwhile, and is led back in."""
    rule = request.url_rule
    if current_user.is_authenticated or rule is None or rule.rule in PUBLIC:
        return _page(error)
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc == request.host:
        session[NEXT] = came_from.path
    flash("You have been signed out meanwhile, and nothing was changed. Sign in, and do it again.", "error")
    return redirect(url_for("sign_in.ask"))
