"""Events from platforms: verified on the raw body, stored once, redacted, worked on afterwards.

Nothing is parsed before the signature holds. What arrives is a hint what to pull, never data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import structlog
from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from adapter.store.database import UNAVAILABLE
from adapter.store.inbox import keep_message, webhook_secrets
from adapter.store.sealing import SealBroken
from adapter.web.access import context
from connectors import registry
from connectors.errors import BadRecord
from connectors.platform import Webhooks
from connectors.records import Delivery

log = structlog.get_logger("webhooks")
blueprint = Blueprint("webhooks", __name__)
MOST_BYTES = 256 * 1024


@blueprint.route("/webhooks/<platform>", methods=["HEAD", "POST"], defaults={"connection_id": None})
@blueprint.route("/webhooks/<platform>/<int:connection_id>", methods=["HEAD", "POST"])
def receive(platform: str, connection_id: int | None) -> ResponseReturnValue:
    """HEAD: here we are. POST: 2xx once the message is stored, 401 without a valid signature."""
    declared = registry.get(platform).webhooks if platform in registry.names() else None
    if declared is None:
        abort(404)
    if request.method == "HEAD":
        return "", 200
    request.max_content_length = MOST_BYTES
    body = request.get_data()
    try:
        return _take_in(platform, declared, connection_id, body)
    except (*UNAVAILABLE, SealBroken):
        log.exception("a webhook could not be stored", platform=platform)
        abort(503)


def _take_in(platform: str, declared: Webhooks, connection_id: int | None, body: bytes) -> ResponseReturnValue:
    ctx = context()
    headers = dict(request.headers)
    if not any(declared.verify(secret, headers, body) for secret in _secrets(platform, connection_id)):
        abort(401)
    delivery = _read(declared, body)
    with ctx.store.write() as db:
        new = keep_message(db, ctx.keys, platform, connection_id, delivery, body, now=ctx.now())
    if new:
        ctx.wake_engine()
    return "", 202


def _secrets(platform: str, connection_id: int | None) -> Sequence[str]:
    """The keys that may have signed: the connection's own, else those of the settings. No key verifies nothing."""
    ctx = context()
    if connection_id is not None:
        with ctx.store.read() as db:
            own = webhook_secrets(db, ctx.keys, platform, connection_id, ctx.now())
        if own:
            return own
    settings = ctx.config.platform(platform)
    return [settings[name] for name in ("WEBHOOK_SECRET", "WEBHOOK_SECRET_BEFORE") if settings.get(name)]


def _read(declared: Webhooks, body: bytes) -> Delivery:
    """The message; one that is signed but can't be read is kept too, under the hash of its body."""
    try:
        return declared.read(body)
    except BadRecord as error:
        log.warning("a signed webhook could not be read", reason=str(error))
        return Delivery(message_id=f"sha256:{hashlib.sha256(body).hexdigest()}", event="unreadable", hints=())
