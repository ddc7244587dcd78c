"""The door of the API: API key, site, token, in the order in which the platform looks at them; and who then asks.

Knows rights and refusals; knows no record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import cast

from flask import g, request

from connectors.sandbox.market.site import Site
from connectors.sandbox.server.grants import API_SCOPE
from connectors.sandbox.server.meter import Call
from connectors.sandbox.server.people import Person
from connectors.sandbox.server.sandbox import Sandbox, here
from connectors.sandbox.server.tokens import UserToken
from connectors.sandbox.server.wire import API_ROOT, Query, Refusal

WITHOUT_SITE = frozenset({"GET /site/sites"})
WITHOUT_TOKEN = frozenset({"POST /usertoken/issue"})
TOKEN_NEEDED = frozenset(
    {
        "GET /class/classvisits",
        "GET /class/waitlistentries",
        "GET /client/clients",
        "GET /client/clientvisits",
        "GET /client/clientservices",
        "GET /sale/sales",
    }
)
"""Reads that answer only to the business. Writes always do."""
_CONSUMER = "Consumer identity authentication failed. Consumer not associated with studio."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: with whose rights, at which site."""

    site: Site
    person: Person | None
    user_token: UserToken | None = None

    @property
    def at_desk(self) -> bool:
        """Business mode: sees what the public does not."""
        return self.person is not None and self.person.at_desk


def caller() -> Caller:
    """Who asked this question."""
    return cast(Caller, g.caller)


def query() -> Query:
    """The parameters of this question, read on the site's clock."""
    return Query(request.args, caller().site.zone)


def endpoint_name() -> str:
    """Method and path template of this request: what it is counted under."""
    path = request.path.removeprefix(API_ROOT)
    for value in (request.view_args or {}).values():
        path = path.replace(f"/{value}", "/{id}")
    return f"{request.method} {path}"


def check_access() -> None:
    """Look at the headers in order; refuse, or note who asks and count the call."""
    sandbox, name = here(), endpoint_name()
    key = request.headers.get("API-Key", "")
    if key != sandbox.options.api_key:
        raise Refusal("DeniedAccess", "Access denied" if key else "API-Key header is missing.")
    site = _site(sandbox, name)
    _count(sandbox, key, site, name)
    g.caller = _caller(sandbox, site, name)
    if not g.caller.at_desk and _only_for_business(name):
        raise Refusal("DeniedAccess", "Access denied" if g.caller.person is None else _CONSUMER)


def _only_for_business(name: str) -> bool:
    return name in TOKEN_NEEDED or (not name.startswith("GET ") and name not in WITHOUT_TOKEN)


def _site(sandbox: Sandbox, name: str) -> Site:
    given = request.headers.get("SiteId", "").strip()
    if not given and name in WITHOUT_SITE:
        return next(iter(sandbox.world.sites.values()))
    if not given:
        raise Refusal("MissingRequiredFields", "SiteId header is required.")
    if not given.removeprefix("-").isdecimal():
        raise Refusal("InvalidSiteId", "SiteId must be a number.")
    site = sandbox.site(int(given))
    if site is None or sandbox.revoked(site.id):
        raise Refusal("DeniedAccess", "Site is deactivated.")
    return site


def _count(sandbox: Sandbox, key: str, site: Site, name: str) -> None:
    now, limit = sandbox.now(), sandbox.options.per_minute
    wait = None if limit is None else sandbox.meter.wait(key, now, limit)
    if wait is not None:
        raise Refusal("TooManyRequests", "Too many requests.", headers={"Retry-After": str(wait)})
    hashed = hashlib.sha256(key.encode()).hexdigest()[:8]
    sandbox.meter.note(Call(hashed, str(site.id), now.astimezone(UTC).date(), name))


def _caller(sandbox: Sandbox, site: Site, name: str) -> Caller:
    given = request.headers.get("Authorization", "").strip()
    text = given[7:].strip() if given[:7].lower() == "bearer " else given
    if not text:
        return Caller(site, None)
    user_token = sandbox.user_tokens.find(text)
    if user_token is not None and user_token.site_id == site.id:
        return Caller(site, user_token.person, user_token)
    grant = sandbox.grants.by_access.get(text)
    if grant is None or not grant.usable or (grant.site_id != site.id and name not in WITHOUT_SITE):
        raise Refusal("DeniedAccess", "Access denied")
    if API_SCOPE not in grant.scope.split():
        raise Refusal("DeniedAccess", f"Scope {API_SCOPE} is required")
    return Caller(site, grant.person)
