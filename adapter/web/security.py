"""Headers and cookies of every answer, and the guard against forged forms.

The policy allows what we serve ourselves and nothing inline. ``Referrer-Policy`` stays ``same-origin``: the guard
against forged forms checks the referrer on https.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, abort, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from adapter.config import Config

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
MOST_BYTES = 1_000_000  # of any request's body

csrf = CSRFProtect()


def install(app: Flask, config: Config) -> None:
    """Cookies, size limits, headers and the forms' guard."""
    https = config.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="__Host-session" if https else "session",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        MAX_CONTENT_LENGTH=MOST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page left open over lunch still works
    )
    csrf.init_app(app)
    if proxies := config.trusted_proxies:
        believing = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)
        app.wsgi_app = believing  # type: ignore[method-assign]  # Flask's documented place for WSGI middleware

    @app.before_request
    def _refuse_nul() -> None:
        """PostgreSQL takes no text that holds it, SQLite does: it is refused for both."""
        if "\0" in request.path:
            abort(400, "An address holds no NUL (%00).")

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # a page may ask for less
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
