"""A browser without a screen: follows redirects, fills in forms, keeps cookies. The demo's owner uses it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

TIMEOUT = 30


class Refused(RuntimeError):
    """A page answered with an error, or lacks the form that was expected."""


@dataclass
class Form:
    """The first form of a page: where it goes and what it already holds."""

    action: str = ""
    method: str = "get"
    values: dict[str, str] = field(default_factory=dict)


class _FirstForm(HTMLParser):
    def __init__(self, chosen: str | None) -> None:
        super().__init__()
        self.form: Form | None = None
        self._inside = False
        self._chosen = chosen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None and (self._chosen is None or self._chosen in given.get("action", "")):
            self.form = Form(given.get("action", ""), given.get("method", "get").lower())
            self._inside = True
        elif tag == "input" and self._inside and self.form and "name" in given and given.get("type") != "submit":
            self.form.values[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def form_of(page: str, action: str | None = None) -> Form | None:
    """The first form of a page, or the first whose action contains ``action``."""
    parser = _FirstForm(action)
    parser.feed(page)
    return parser.form


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "adapter demo"
        self._session.trust_env = False

    def open(self, url: str) -> requests.Response:
        """Go to an address, following redirects."""
        return _checked(self._session.get(url, timeout=TIMEOUT))

    def submit(self, page: requests.Response, *, action: str | None = None, **filled: str) -> requests.Response:
        """Fill in the page's first form (or the first whose action contains ``action``) and send it."""
        form = form_of(page.text, action)
        if form is None:
            raise Refused(f"no form to fill in at {page.url}")
        target, values = urljoin(page.url, form.action), form.values | filled
        if form.method == "post":
            return _checked(self._session.post(target, data=values, timeout=TIMEOUT, headers={"Referer": page.url}))
        return _checked(self._session.get(target, params=values, timeout=TIMEOUT))

    def call(self, method: str, url: str, *, token: str, body: dict[str, Any] | None, key: str = "") -> Any:
        """Call the JSON API as somebody's program would; None where the answer has no body."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or uuid.uuid4().hex}
        answer = _checked(requests.request(method, url, json=body, headers=headers, timeout=TIMEOUT))
        return answer.json() if answer.content else None


def _checked(answer: requests.Response) -> requests.Response:
    if not answer.ok:
        raise Refused(f"{answer.request.method} {answer.url.split('?')[0]} answered {answer.status_code}")
    return answer
