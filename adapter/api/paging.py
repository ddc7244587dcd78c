"""Paging by cursor: an opaque text that says where to go on, so rows that come in between shift nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

from flask import abort
from marshmallow import Schema, fields, validate

from adapter.store.tenancy import LARGEST_ID
from connectors import strict_json


class PageQuery(Schema):
    """How much, and from where on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, metadata={"description": "next_cursor of the page before"})


def cursor_of(*place: Any) -> str:
    """A place as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type) -> list[Any] | None:
    """The place that a cursor names, of these kinds; None without one. A cursor that we did not give is a 400."""
    if cursor is None:
        return None
    try:
        place = strict_json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        abort(400, "cursor: not one of ours")
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds) or not all(map(_fits, place)):
        abort(400, "cursor: not one of ours")
    return place


def _fits(part: Any) -> bool:
    """Whether a database can be asked for it."""
    return not isinstance(part, int) or 0 <= part <= LARGEST_ID
