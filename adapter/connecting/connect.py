"""Connecting a studio to a platform by OAuth: begun here, consented over there, finished here.

Order is safety: the flow is claimed before anything is believed, the code goes out once, the account is looked at
before a row is written. A refusal at any step leaves no connection behind, and an older one as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from adapter.connecting.disconnect import disconnect, revoke_pending
from adapter.connecting.flows import ConnectRefused, Flow, claim_flow, forget_flow, open_flow
from adapter.connecting.redeem import redeem_code
from adapter.connecting.registration import Registration, find_server, open_session, registration
from adapter.context import Context
from adapter.store.tables import Connection
from connectors.errors import BadRecord, Misconfigured, Reconnect, Rejected, TryAgain
from connectors.oauth import Ask, Consent, authorize_url, read_callback, sole_values

__all__ = ["ConnectRefused", "begin_connect", "disconnect", "finish_connect", "revoke_pending"]

log = structlog.get_logger(__name__)


def begin_connect(
    ctx: Context,
    platform: str,
    *,
    studio_id: int,
    user_id: int | None,
    browser: str,
    site: str | None = None,
    connection_id: int | None = None,
) -> str:
    """The address to send the browser to. ``browser`` is the secret that only this browser holds.

    ``connection_id`` makes it a reconnect: only the same account will do. Raises ConnectRefused.
    """
    with _plainly(platform):
        us = registration(ctx, platform)
        wanted = _wanted_site(ctx, us, studio_id, site, connection_id)
        with open_session(ctx) as http:
            server = find_server(ctx, us, http, wanted)
    ask = Ask.fresh()
    with ctx.store.write() as db:
        open_flow(
            db,
            ctx.keys,
            us,
            server,
            ask,
            studio_id=studio_id,
            user_id=user_id,
            browser=browser,
            site=wanted,
            connection_id=connection_id,
            now=ctx.now(),
        )
    return authorize_url(
        server,
        us.oauth,
        ask,
        client_id=us.client.id,
        redirect_uri=us.redirect_uri,
        scopes=us.scopes,
        site=wanted,
    )


def finish_connect(
    ctx: Context,
    platform: str,
    params: Mapping[str, Sequence[str]],
    *,
    browser: str,
    user_id: int | None = None,
) -> Connection:
    """What the platform's answer leads to: a stored connection, in shadow mode, with its first pull asked for.

    ``params`` are the callback's parameters, each with every value it was given. ``user_id``: who is signed in, where
    that is known (a cross-site POST brings no session). Raises ConnectRefused, in plain words for the studio.
    """
    with _plainly(platform):
        us = registration(ctx, platform)
        values = sole_values(params)
        if "state" not in values:
            raise ConnectRefused("The answer does not belong to a connect that was begun here. Please start again.")
        flow = claim_flow(ctx, platform, values["state"], browser=browser, user_id=user_id)
        if flow.client_id != us.client.id:
            raise ConnectRefused("Our settings changed in the meantime. Please start again.")
        consent = _consent(ctx, us, flow, values)
        with open_session(ctx) as http:
            return redeem_code(ctx, us, flow, consent, http)


def _consent(ctx: Context, us: Registration, flow: Flow, values: Mapping[str, str]) -> Consent:
    try:
        return read_callback(flow.server, us.oauth, values)
    except Rejected as refusal:
        if refusal.code == "refused":
            forget_flow(ctx, flow)
        raise


def _wanted_site(
    ctx: Context, us: Registration, studio_id: int, site: str | None, connection_id: int | None
) -> str | None:
    if connection_id is not None:
        with ctx.store.read() as db:
            row = db.get(Connection, connection_id)
        if row is None or row.studio_id != studio_id or row.platform != us.platform.name:
            raise ConnectRefused("There is no such connection.", status=404)
        return row.site
    wanted = (site or "").strip() or None
    account = us.platform.account
    if wanted is not None and not us.platform.names_account(wanted):
        raise ConnectRefused(f"That is no {account.called} of a {us.platform.title} account. {account.hint}".strip())
    if wanted is None and us.platform.asks_site:
        raise ConnectRefused(f"Say which {us.platform.title} account to connect: its {account.called} is needed.")
    return wanted


@contextmanager
def _plainly(platform: str) -> Iterator[None]:
    """Turn what went wrong into words for the studio; what is ours to mend is logged as an error."""
    try:
        yield
    except ConnectRefused as refusal:
        log.warning("connect_refused", platform=platform, why=str(refusal))
        raise
    except Misconfigured as error:
        log.error("connect_misconfigured", platform=platform, why=str(error))
        raise ConnectRefused(
            f"Nothing was connected: something on our side needs mending ({error}).", status=503
        ) from None
    except TryAgain as error:
        log.warning("connect_failed", platform=platform, why=str(error))
        raise ConnectRefused(
            "The booking platform did not answer as it should, so nothing was connected. Try again in a few minutes.",
            status=503,
        ) from None
    except Reconnect as error:
        log.warning("connect_failed", platform=platform, why=str(error))
        raise ConnectRefused("The booking platform did not accept this sign-in. Please start again.") from None
    except (Rejected, BadRecord) as error:
        log.warning("connect_refused", platform=platform, why=str(error), code=getattr(error, "code", None))
        raise ConnectRefused(str(error)) from None
