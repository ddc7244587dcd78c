"""Connecting with a staff login from the settings instead of OAuth, at platforms that have such a thing.

An operator who holds the login has proven by it that the site may be read; it is done at the machine itself. The login
stays in the settings: no password is stored, and a new token is got with it whenever one is due.
"""

from __future__ import annotations

from adapter.connecting.account import FixedToken, Meter, open_account
from adapter.connecting.linking import Link, keep_connection
from adapter.connecting.site_check import look_at_site
from adapter.context import Context
from adapter.store.tables import Connection
from connectors.errors import Misconfigured
from connectors.oauth import Grant
from connectors.platform import Platform, Site

USER, PASSWORD = "STAFF_USER", "STAFF_PASSWORD"


def connect_with_login(ctx: Context, platform: Platform, *, studio_id: int, site: str) -> Connection:
    """Connect a site for a studio with the staff login of the settings, in shadow mode; its backfill is asked for.

    Raises Misconfigured (no such login), Reconnect (the platform refuses it), ConnectRefused, TryAgain.
    """
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
    """A new token for a site, got with the staff login of the settings."""
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
