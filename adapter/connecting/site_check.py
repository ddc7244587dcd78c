"""Looking at an account before it is connected: is it the one that was asked for, can it be worked with, and may the
person who signed in see what the business sees.

Knows the platform's declaration; stores nothing.
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import available_timezones

from adapter.connecting.account import FixedToken, Meter, open_account
from adapter.connecting.flows import ConnectRefused
from adapter.context import Context
from connectors.errors import Reconnect, Rejected
from connectors.oauth import Grant
from connectors.platform import Api, Ask, Everything, Platform, Since, Site
from connectors.records import Stream


def look_at_site(ctx: Context, platform: Platform, grant: Grant, wanted: str | None, meter: Meter) -> Site:
    """The account behind a new grant. Raises ConnectRefused, or the ConnectorError of a call that failed."""
    asked = Site(id=wanted or "", name="", timezone="UTC", currency="")
    with open_account(ctx, platform, asked, FixedToken(grant.access_token), meter) as api:
        site = platform.describe(api)
        _check_site(site, wanted)
        _check_rights(replace(api, site=site), platform)
    return site


def _check_site(site: Site, wanted: str | None) -> None:
    if wanted is not None and site.id != wanted:
        raise ConnectRefused(
            f"You signed in to {site.name or 'another account'} ({site.id}), but asked to connect {wanted}. "
            "Nothing was changed: sign in to the right account."
        )
    if site.timezone not in available_timezones():
        raise ConnectRefused(
            f"{site.name or 'The account'} has no time zone that we know, so its class times would be wrong. "
            "Set the time zone at the booking platform, then connect again."
        )


def _check_rights(api: Api, platform: Platform) -> None:
    """Describing a site may take no rights at all; reading its clients does. A stranger must not claim a site."""
    clients = platform.streams.get(Stream.CLIENTS)
    if clients is None:
        return
    question: Ask = Since(None) if clients.ask is Since else Everything()
    try:
        next(iter(clients.read(api, question)), None)
    except (Reconnect, Rejected):
        raise ConnectRefused(
            f"The login that you used may not see the clients of {api.site.name}. "
            f"Sign in at {platform.title} as an owner or a member of staff.",
            status=403,
        ) from None
