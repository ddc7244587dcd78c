"""This dialect's wire: pages by number, filters, refusals. Knows no record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Response, request

from connectors.sandbox.server.wire import Json, answer

T = TypeVar("T")
JSON_API = "application/vnd.api+json"
DEFAULT_SIZE, MOST = 10, 500


@dataclass
class Wrong(Exception):
    """A refusal: a map from field to what is wrong with it."""

    status: int
    errors: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Response:
        """As it goes over the wire."""
        response = answer({"errors": self.errors}, self.status)
        response.headers.update(self.headers)
        return response


def page(rows: Sequence[T], shape: Callable[[T], Json]) -> Response:
    """The page asked for; past the end there is none."""
    size = min(max(_number("page_size", DEFAULT_SIZE), 1), MOST)
    number, pages = max(_number("page", 1), 1), max(1, -(-len(rows) // size))
    if number > pages:
        raise Wrong(404, {"detail": ["Invalid page."]})
    shown = rows[(number - 1) * size : number * size]
    about = {"count": len(rows), "per_page": size, "pages": pages, "page": number}
    body = {"data": [shape(row) for row in shown], "included": [], "meta": {"pagination": about}, "links": None}
    return document(body)


def document(body: Json, status: int = 200) -> Response:
    """A JSON:API document."""
    response = answer(body, status)
    response.headers["Content-Type"] = JSON_API
    return response


def resource(kind: str, number: int, attributes: Json, relationships: Mapping[str, Any]) -> Json:
    """A resource; a relationship is given by type and id, by a list of those, or is nothing."""
    links = {name: {"data": told} for name, told in relationships.items()}
    return {"type": kind, "id": str(number), "attributes": attributes, "relationships": links}


def one(kind: str, number: int | None) -> Json | None:
    """A resource's type and id."""
    return None if number is None else {"type": kind, "id": str(number)}


def many(kind: str, numbers: Iterable[int]) -> list[Json]:
    """The same of several."""
    return [{"type": kind, "id": str(number)} for number in numbers]


def utc_text(instant: datetime | None) -> str | None:
    """UTC with Z, to the second."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(name: str) -> datetime | None:
    """An instant among the filters."""
    text = request.args.get(name)
    try:
        return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise Wrong(422, {name: ["Enter a valid date/time."]}) from error


def numbers(name: str) -> set[int] | None:
    """Ids among the filters, separated by commas; None where it is not filtered by them."""
    text = request.args.get(name)
    if text is None:
        return None
    return {int(part) for part in text.split(",") if part.strip().isdecimal()}


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() else default
