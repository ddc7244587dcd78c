"""Connecting with what stands in the settings instead of OAuth: a staff login, or at platforms without OAuth a key.

An operator who holds it has proven by it that the site may be read; it is done at the machine itself. It stays in the
settings: no password and no key is stored, and a new token is got with the login whenever one is due. A key needs no
token: the platform's own headers carry it.
"""

from __future__ import annotations

from datetime import timedelta

from adapter.connecting.account import FixedToken, Meter, open_account
from adapter.connecting.flows import ConnectRefused
from adapter.connecting.linking import Link, keep_connection
from adapter.connecting.site_check import look_at_site
from adapter.context import Context
from adapter.store.tables import Connection
from connectors.errors import Misconfigured
from connectors.oauth import Grant
from connectors.platform import Platform, Site

USER, PASSWORD = "STAFF_USER", "STAFF_PASSWORD"
A_YEAR = timedelta(days=365)  # a key has no end that we are told: it is looked at anew every day


def connect_with_login(ctx: Context, platform: Platform, *, studio_id: int, site: str) -> Connection:
    """Connect a site for a studio with the login or the key of the settings, in shadow mode; its backfill is asked for.

    Raises Misconfigured (no such login or key), Reconnect (the platform refuses it), ConnectRefused, TryAgain.
    """
    if not platform.names_account(site):
        raise ConnectRefused(
            f"{site[:40]!r} is no {platform.account.called} of {platform.title}. {platform.account.hint}"
        )
    meter = Meter(ctx)
    grant = login_grant(ctx, platform, site)
    found = look_at_site(ctx, platform, grant, site, meter)
    link = Link(
        platform=platform,
        studio_id=studio_id,
        user_id=None,
        connection_id=None,
        asked=(),
        server=None,
        grant=grant,
        subject=None,
        site=found,
    )
    row = keep_connection(ctx, link)
    meter.connection_id = row.id
    meter.flush()
    return row


def login_grant(ctx: Context, platform: Platform, site: str) -> Grant:
    """A new token for a site, got with the staff login of the settings; an empty one where the key is all it takes."""
    if platform.takes_key:
        given = ctx.config.platform(platform.name, site)
        for name in platform.settings:
            if not given.get(name):
                raise Misconfigured(f"ADAPTER_{platform.name.upper()}_{name} is not set")
        return Grant(access_token="", refresh_token=None, expires_at=ctx.now() + A_YEAR, scopes=())
    settings = ctx.config.platform(platform.name)
    if platform.login is None:
        raise Misconfigured(f"{platform.title} takes no staff login; connect it by OAuth")
    for name in (USER, PASSWORD):
        if not settings.get(name):
            raise Misconfigured(f"ADAPTER_{platform.name.upper()}_{name} is not set")
    account = Site(id=site, name="", timezone="UTC", currency="")
    with open_account(ctx, platform, account, FixedToken(""), Meter(ctx)) as api:
        token = platform.login(api.door, settings[USER], settings[PASSWORD])
    return Grant(access_token=token.value, refresh_token=None, expires_at=token.expires_at, scopes=())
