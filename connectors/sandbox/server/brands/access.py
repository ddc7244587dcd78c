"""Whose brand it is, and who asks: the brand is in the address, the caller in the token."""

from __future__ import annotations

import re
from datetime import UTC
from typing import cast

from flask import g, request

from connectors.sandbox.market.site import Site
from connectors.sandbox.server.brands.wire import Wrong
from connectors.sandbox.server.grants import BRAND_SCOPE
from connectors.sandbox.server.meter import Call
from connectors.sandbox.server.sandbox import Sandbox, here

ENGINE_HEADER = "X-Mariana-Pricing-Engine-Token"
PAYER, PARTNER = 789, 790  # the users that pay for the guests of the marketplace, and of another integrator


def brand_name(site: Site) -> str:
    """A site's name as the first label of an address."""
    return re.sub(r"[^a-z0-9]+", "-", site.name.lower()).strip("-")


def brand_of(sandbox: Sandbox, name: str) -> Site | None:
    """The site of a brand."""
    return next((site for site in sandbox.world.sites.values() if brand_name(site) == name), None)


def brand() -> Site:
    """The brand that this request is about."""
    return cast(Site, g.brand)


def check_access() -> None:
    """Count the call; refuse who is not of the brand. The pricing engine shows its own token instead."""
    sandbox, site = here(), brand()
    _count(sandbox, site)
    if "/pricing/" in request.path:
        if request.headers.get(ENGINE_HEADER) != sandbox.options.engine_token:
            raise Wrong(401, {"detail": ["Authentication credentials were not provided."]})
        return
    text = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if text == sandbox.options.service_key and not sandbox.revoked(site.id):
        return
    grant = sandbox.grants.by_access.get(text)
    usable = grant is not None and grant.usable and grant.site_id == site.id and BRAND_SCOPE in grant.scope.split()
    if grant is None or not usable or sandbox.revoked(site.id):
        raise Wrong(401, {"detail": ["Authentication credentials were not provided."]})
    if not grant.person.at_desk:
        raise Wrong(403, {"detail": ["You do not have permission to perform this action."]})


def _count(sandbox: Sandbox, site: Site) -> None:
    now, limit = sandbox.now(), sandbox.options.per_minute
    wait = None if limit is None else sandbox.meter.wait(f"brand:{site.id}", now, limit)
    if wait is not None:
        raise Wrong(429, {"detail": ["Request was throttled."]}, headers={"Retry-After": str(wait)})
    path = re.sub(r"/\d+", "/{id}", request.path.split("/api", 1)[-1])
    sandbox.meter.note(Call("brands", str(site.id), now.astimezone(UTC).date(), f"{request.method} {path}"))
