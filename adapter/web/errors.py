"""What is said when something can't be answered: a friendly page to people, problem+json (RFC 9457) to programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, json, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from adapter.api.problems import DETAILS
from adapter.web.access import is_api

WORDS = {
    400: ("That did not arrive whole", "Go back, reload the page and try again."),
    403: ("Your role does not include this", "The studio's owner can do it, or give you a role that may."),
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


def answer(error: HTTPException) -> ResponseReturnValue:
    """The error in the form that whoever asks can read."""
    if error.response is not None:
        return error.response
    return problem(error) if is_api() else _page(error)


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
    ours = error.description != type(error).description
    return error.description if ours else DETAILS.get(error.code or 500, error.description)


def _page(error: HTTPException) -> Response:
    status = error.code or 500
    title, advice = WORDS.get(status, (error.name, error.description or ""))
    page = render_template("error.html", title=title, advice=advice, status=status, number=g.get("request_id", ""))
    response = Response(page, status, mimetype="text/html")
    _add_headers(response, error)
    return response


def _add_headers(response: Response, error: HTTPException) -> None:
    for name, value in error.get_headers():
        if name.lower() in ("retry-after", "allow"):
            response.headers[name] = value


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    return _page(error)
