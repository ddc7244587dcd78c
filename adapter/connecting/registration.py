"""How we are registered at a platform: our client, the scopes we ask for, where the browser comes back to.

Everything from settings and the platform's declaration; never from a request, so that no spoofed Host can move it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from adapter.context import Context
from connectors import registry
from connectors.errors import Misconfigured
from connectors.oauth import Client, Http, Server, resolve_server, token_session
from connectors.platform import OAuth, Platform


@dataclass(frozen=True, slots=True)
class Registration:
    """Us at one platform."""

    platform: Platform
    oauth: OAuth
    client: Client
    scopes: tuple[str, ...]
    redirect_uri: str
    settings: Mapping[str, str]

    def site_fields(self, site: str | None) -> dict[str, str]:
        """The extra field that carries the site id to the token endpoint, where the platform wants one."""
        return {self.oauth.site_parameter: site} if self.oauth.site_parameter and site else {}


def registration(ctx: Context, name: str) -> Registration:
    """Our registration at platform ``name``. Raises Misconfigured, naming the variable that is missing."""
    platform = registry.get(name)
    if platform.oauth is None:
        raise Misconfigured(
            f"{platform.title} knows no OAuth: it is connected with `adapter connect {name} --studio ID --site SITE`"
        )
    settings = ctx.config.platform(name)
    for variable in ("CLIENT_ID", "CLIENT_SECRET"):
        if not settings.get(variable):
            raise Misconfigured(f"ADAPTER_{name.upper()}_{variable} is not set")
    return Registration(
        platform=platform,
        oauth=platform.oauth,
        client=Client(settings["CLIENT_ID"], settings["CLIENT_SECRET"], platform.oauth.token_auth),
        scopes=tuple(settings.get("SCOPES", "").split()) or platform.oauth.scopes,
        redirect_uri=f"{ctx.config.public_url}/oauth/callback/{name}",
        settings=settings,
    )


def open_session(ctx: Context) -> Http:
    """A session for calls to authorization servers, behind the same guard as calls to APIs."""
    return token_session(allow_private=ctx.config.allow_private_addresses, allowed=ctx.config.allowed_addresses)


def find_server(ctx: Context, us: Registration, http: Http, site: str | None) -> Server:
    """The account's authorization server as it presents itself now. Raises Misconfigured or TryAgain."""
    issuer = us.settings.get("ISSUER") or us.oauth.issuer
    declared = {name.upper(): getattr(us.oauth, name) for name in ("authorize_url", "token_url", "revoke_url")}
    named = {name: us.settings.get(name) or declared[name] for name in declared}
    endpoints = {name: us.platform.address(url, site or "") for name, url in named.items() if url}
    return resolve_server(
        http, us.platform.address(issuer, site or "") if issuer else None, endpoints, ctx.config.allowed_addresses
    )


def write_server(server: Server) -> dict[str, Any]:
    """A server as it is stored."""
    return asdict(server)


def read_server(stored: Mapping[str, Any]) -> Server:
    """A stored server again."""
    return Server(**stored)
