"""From a believed callback to a stored connection: one token call, a look at the account, a row written whole.

Whatever fails on the way leaves no row behind, and the grant that led to nothing is given back.
"""

from __future__ import annotations

import structlog
from sqlalchemy import select

from adapter.connecting.account import Meter
from adapter.connecting.flows import ConnectRefused, Flow
from adapter.connecting.linking import Link, keep_connection
from adapter.connecting.registration import Registration, write_server
from adapter.connecting.site_check import look_at_site
from adapter.context import Context
from adapter.store.database import UNAVAILABLE
from adapter.store.tables import Connection
from connectors.errors import ConnectorError, Rejected
from connectors.oauth import Consent, Grant, Http, check_id_token, exchange_code, revoke

log = structlog.get_logger(__name__)


def redeem_code(ctx: Context, us: Registration, flow: Flow, consent: Consent, http: Http) -> Connection:
    """From the code to the stored connection. The front id_token is checked before the code goes anywhere."""
    subject = None
    if consent.id_token:
        subject = check_id_token(
            http,
            flow.server,
            consent.id_token,
            client_id=flow.client_id,
            now=ctx.now(),
            nonce=flow.nonce,
            code=consent.code,
        )
    grant = exchange_code(
        http,
        flow.server,
        us.client,
        code=consent.code,
        verifier=flow.verifier,
        redirect_uri=flow.redirect_uri,
        scopes=us.scopes,
        now=ctx.now(),
        extra=_exchange_fields(us, flow),
    )
    try:
        return _link(ctx, us, flow, grant, _confirmed(ctx, flow, grant, subject, http))
    except (ConnectorError, ConnectRefused, *UNAVAILABLE):
        _give_back(ctx, us, flow, grant, subject, http)
        raise


def _exchange_fields(us: Registration, flow: Flow) -> dict[str, str]:
    fields = us.site_fields(flow.site)
    if us.oauth.refresh_with_scope:
        fields["scope"] = " ".join(us.scopes)
    return fields


def _confirmed(ctx: Context, flow: Flow, grant: Grant, subject: str | None, http: Http) -> str | None:
    """The subject again, from the token endpoint's own id_token: it must be the same person."""
    if grant.id_token is None or flow.server.jwks_url is None:
        return subject
    found = check_id_token(http, flow.server, grant.id_token, client_id=flow.client_id, now=ctx.now())
    if subject is not None and found != subject:
        raise Rejected("The booking platform names two different people. Nothing was connected.", code="untrusted")
    return found


def _link(ctx: Context, us: Registration, flow: Flow, grant: Grant, subject: str | None) -> Connection:
    meter = Meter(ctx)
    site = look_at_site(ctx, us.platform, grant, flow.site, meter)
    link = Link(
        platform=us.platform,
        studio_id=flow.studio_id,
        user_id=flow.user_id,
        connection_id=flow.connection_id,
        asked=us.scopes,
        server=write_server(flow.server),
        grant=grant,
        subject=subject,
        site=site,
    )
    row = keep_connection(ctx, link)
    meter.connection_id = row.id
    meter.flush()
    return row


def _give_back(ctx: Context, us: Registration, flow: Flow, grant: Grant, subject: str | None, http: Http) -> None:
    """Revoke a grant that led to nothing, unless that person's older grant, which is in use, could end with it."""
    same_person = select(Connection.id).where(
        Connection.platform == us.platform.name, Connection.subject == subject, Connection.access_token.is_not(None)
    )
    with ctx.store.read() as db:
        if subject is None or db.scalar(same_person.limit(1)) is not None:
            return
    try:
        revoke(http, flow.server, us.client, grant.refresh_token or grant.access_token)
    except ConnectorError as error:
        log.warning("unused_grant_not_revoked", platform=us.platform.name, why=str(error))
