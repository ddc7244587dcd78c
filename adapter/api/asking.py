"""Asking for work through the API: once for each Idempotency-Key, answered with the run; what is wrong is a 400."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, abort, jsonify, make_response
from sqlalchemy.orm import Session

from adapter.api.idempotency import Answer, once
from adapter.steering.resync import WrongResync
from adapter.web.access import context


def accepted(key: str, ask: Callable[[Session], Answer]) -> Response:
    """Ask, wake the engine, and answer."""
    try:
        told, status = once(key, ask)
    except WrongResync as error:
        abort(400, str(error))
    context().wake_engine()
    return make_response(jsonify(told), status)
