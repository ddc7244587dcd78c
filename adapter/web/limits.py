"""How often a stranger may try. Counted in this process: a guard against guessing, not a quota."""

from __future__ import annotations

from flask import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://")


def _refused(response: Response) -> bool:
    return response.status_code == 401


wrong_tokens = limiter.limit(
    "30/minute", deduct_when=_refused, error_message="Too many tokens that are not known here: wait a minute."
)
"""For API blueprints: only refused tokens count."""
