"""How the authorization server sends the browser back: by query, by fragment, or by a form that submits itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import g
from markupsafe import escape

from connectors.sandbox.server.sandbox import here

Parts = tuple[int, str, list[tuple[str, str]]]
_HTML = ("Content-Type", "text/html; charset=utf-8")


def deliver(
    redirect_uri: str, parameters: Sequence[tuple[str, str]], asked: Mapping[str, str], *, default_mode: str
) -> Parts:
    """Status, body and headers that bring ``parameters`` to the client, with its ``state`` and our name (RFC 9207)."""
    sent = list(parameters)
    if state := asked.get("state"):
        sent.append(("state", state))
    if here().options.issuer_in_response and "brand" not in g:
        sent.append(("iss", here().url))
    mode = asked.get("response_mode") or default_mode
    if mode == "form_post":
        return 200, _form(redirect_uri, sent), [_HTML, ("Cache-Control", "no-store")]
    return 302, "", [("Location", _extended(redirect_uri, sent, fragment=mode == "fragment"))]


def _extended(redirect_uri: str, parameters: Sequence[tuple[str, str]], *, fragment: bool) -> str:
    parts = urlsplit(redirect_uri)
    words = urlencode(parameters)
    if fragment:
        return urlunsplit(parts._replace(fragment=words))
    return urlunsplit(parts._replace(query=f"{parts.query}&{words}" if parts.query else words))


def _form(action: str, parameters: Sequence[tuple[str, str]]) -> str:
    inputs = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in parameters)
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Signing you in</title></head>"
        '<body onload="document.forms[0].submit()">'
        f'<form method="post" action="{escape(action)}">{inputs}'
        "<noscript><button>Continue</button></noscript></form></body></html>"
    )
