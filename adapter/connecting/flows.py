"""A connect that has begun: opened once, claimed once, within ten minutes, by the browser that began it.

Of the state only a keyed hash is kept; verifier and nonce are sealed and erased when the flow is claimed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from adapter.connecting.registration import Registration, read_server, write_server
from adapter.context import Context
from adapter.store.sealing import Keyring
from adapter.store.tables import OAuthFlow
from connectors.oauth import Ask, Server

LIFE = timedelta(minutes=10)


class ConnectRefused(Exception):
    """A connect that did not come about. ``str`` of it is for the studio: plain words, no secret, to be escaped."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status  # for the page that shows it


@dataclass(frozen=True, slots=True)
class Flow:
    """A claimed flow: nobody else will claim it."""

    id: int
    studio_id: int
    user_id: int | None
    connection_id: int | None
    site: str | None
    server: Server
    client_id: str
    redirect_uri: str
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


def open_flow(
    db: Session,
    keys: Keyring,
    us: Registration,
    server: Server,
    ask: Ask,
    *,
    studio_id: int,
    user_id: int | None,
    browser: str,
    site: str | None,
    connection_id: int | None,
    now: datetime,
) -> None:
    """Write down what the callback will be checked against."""
    state_hash = _state_hash(keys, ask.state)
    db.add(
        OAuthFlow(
            state_hash=state_hash,
            platform=us.platform.name,
            studio_id=studio_id,
            user_id=user_id,
            browser_hash=_browser_hash(keys, browser),
            connection_id=connection_id,
            site=site,
            secrets=keys.seal(json.dumps([ask.verifier, ask.nonce]), _seal_name(state_hash)),
            server={"server": write_server(server), "client_id": us.client.id, "redirect_uri": us.redirect_uri},
            created_at=now,
        )
    )


def claim_flow(ctx: Context, platform: str, state: str, *, browser: str, user_id: int | None) -> Flow:
    """The flow of this state, for this caller alone. Raises ConnectRefused; a wrong browser does not use it up."""
    now, state_hash = ctx.now(), _state_hash(ctx.keys, state)
    claim = (
        update(OAuthFlow)
        .where(
            OAuthFlow.state_hash == state_hash,
            OAuthFlow.platform == platform,
            OAuthFlow.browser_hash == _browser_hash(ctx.keys, browser),
            OAuthFlow.used_at.is_(None),
            OAuthFlow.created_at > now - LIFE,
        )
        .values(used_at=now)
        .returning(OAuthFlow.id)
    )
    if user_id is not None:
        claim = claim.where(or_(OAuthFlow.user_id.is_(None), OAuthFlow.user_id == user_id))
    with ctx.store.write() as db:
        claimed = db.scalar(claim)
        row = db.scalar(select(OAuthFlow).where(OAuthFlow.state_hash == state_hash))
        if row is None or claimed is None:
            raise ConnectRefused(_why(row, now))
        verifier, nonce = json.loads(ctx.keys.open(row.secrets, _seal_name(state_hash)))
        row.secrets = b""
        return _flow(row, verifier, nonce)


def forget_flow(ctx: Context, flow: Flow) -> None:
    """A refused consent leaves nothing behind."""
    with ctx.store.write() as db:
        db.execute(delete(OAuthFlow).where(OAuthFlow.id == flow.id))


def _flow(row: OAuthFlow, verifier: str, nonce: str) -> Flow:
    return Flow(
        id=row.id,
        studio_id=row.studio_id,
        user_id=row.user_id,
        connection_id=row.connection_id,
        site=row.site,
        server=read_server(row.server["server"]),
        client_id=row.server["client_id"],
        redirect_uri=row.server["redirect_uri"],
        verifier=verifier,
        nonce=nonce,
    )


def _why(row: OAuthFlow | None, now: datetime) -> str:
    if row is None:
        return "This connect is not known here, or it was finished long ago. Please start again."
    if row.used_at is not None:
        return "This connect was already finished. If no connection appeared, please start again."
    if row.created_at <= now - LIFE:
        return "This took longer than ten minutes, so it was stopped to be safe. Please start again."
    return "This connect was begun in another browser or by somebody else. Please start again in this one."


def _state_hash(keys: Keyring, state: str) -> str:
    return keys.keyed_hash(f"oauth_flow:state:{state}")


def _browser_hash(keys: Keyring, browser: str) -> str:
    return keys.keyed_hash(f"oauth_flow:browser:{browser}")


def _seal_name(state_hash: str) -> str:
    return f"oauth_flow:{state_hash}:secrets"
