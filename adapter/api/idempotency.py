"""The same POST twice does it once: the answer is kept under the caller's Idempotency-Key, in the act's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import abort, request
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adapter.store.tables import IdempotentAnswer
from adapter.web.access import caller, context

Answer = tuple[dict[str, Any], int]


class KeyHeader(Schema):
    """The header that every POST carries."""

    key = fields.String(
        data_key="Idempotency-Key",
        required=True,
        validate=validate.Length(1, 255),
        metadata={"description": "The same key and request give the same answer; another request under it is a 409"},
    )


def once(key: str, act: Callable[[Session], Answer]) -> Answer:
    """Do the act and keep its answer, or give the answer that was kept."""
    try:
        with context().store.write() as db:
            return _kept(db, key) or _keep(db, key, act(db))
    except IntegrityError:  # the same key, at the same instant, in another process
        with context().store.read() as db:
            earlier = _kept(db, key)
        if earlier is None:
            raise
        return earlier


def _kept(db: Session, key: str) -> Answer | None:
    mine = select(IdempotentAnswer).where(IdempotentAnswer.caller == caller().actor, IdempotentAnswer.key == key)
    row = db.scalar(mine)
    if row is None:
        return None
    if row.request_hash != _request_hash():
        abort(409, "This Idempotency-Key was used for another request")
    return row.body or {}, row.status


def _keep(db: Session, key: str, answer: Answer) -> Answer:
    body, status = answer
    db.add(
        IdempotentAnswer(
            caller=caller().actor,
            key=key,
            request_hash=_request_hash(),
            status=status,
            body=body,
            at=context().now(),
        )
    )
    db.flush()
    return answer


def _request_hash() -> str:
    request_line = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(request_line + request.get_data()).hexdigest()
