"""The words in which the sentences' cases are put."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from adapter.guarantee import assess
from tests.adapter.guarantee.cases import Json, Studio, at

Build = Callable[[Studio], object]


class Sentences(list[Any]):
    """Cases, each with what must come of it, as parameters of a test."""

    def says(
        self, name: str, build: Build, studio: Json | None = None, readings: Json | None = None, **expected: Any
    ) -> None:
        """One case; in ``expected``, ``a__b`` looks into ``a``."""
        self.append(pytest.param(studio or {}, build, readings or {}, expected, id=name))


def told(about: Json, build: Build, readings: Json, paths: Iterable[str]) -> Json:
    """What comes of a case, at these paths; it changes no input, and depends on the order of none."""
    studio = Studio(**about)
    build(studio)
    studio.case["readings"] = readings
    before = copy.deepcopy(studio.case)
    body = assess(studio.case)
    assert studio.case == before
    for rows in before.values():
        if isinstance(rows, list):
            random.Random(7).shuffle(rows)
    assert assess(json.loads(json.dumps(before))) == body
    return {path: _found(body, path) for path in paths}


def do(*acts: Build) -> Build:
    def build(studio: Studio) -> None:
        for act in acts:
            act(studio)

    return build


def lost(client: str = "c", **more: Any) -> Build:
    """Somebody who came directly before."""
    return lambda s: s.direct(client, "2024-06-01", **more)


def won(client: str = "c") -> Build:
    """Somebody who came through the marketplace first of all."""
    return lambda s: s.market(client, "2024-06-01")


def market(client: str = "c", day: str = "2025-03-12", payout: str = "9.00", **more: Any) -> Build:
    return lambda s: s.market(client, day, payout, **more)


def direct(client: str = "c", day: str = "2025-03-12", price: Any = "20.00", **more: Any) -> Build:
    return lambda s: s.direct(client, day, price, **more)


def other(client: str, day: str, channel: str = "third_party", **more: Any) -> Build:
    return lambda s: s.other(client, day, channel, **more)


def bought(sessions: int | None, price: str = "120.00", client: str = "c", **more: Any) -> Build:
    return lambda s: s.purchase("p", client, price, sessions, **more)


def person(client: str, *emails: Any) -> Build:
    return lambda s: s.person(client, *emails)


def merge(*clients: str) -> Build:
    return lambda s: s.case["merges"].append({"client_ids": list(clients)})


def prices(*rows: Json) -> Build:
    """These prices instead of the drop-in."""

    def build(studio: Studio) -> None:
        studio.case["pricing"] = []
        for row in rows:
            studio.price(**row)

    return build


def has(key: str, **more: Any) -> Build:
    """More about the business or the participation."""
    return lambda s: s.case[key].update(more)


def holds(requirement: str, *spans: tuple[str, str | None], venue: str | None = None) -> Build:
    """A requirement held in these intervals alone."""

    def build(studio: Studio) -> None:
        rows = [row for row in studio.case["eligibility"] if row["requirement"] != requirement]
        place = {} if venue is None else {"venue_id": venue}
        rows += [{"requirement": requirement, "from": a, "until": b, **place} for a, b in spans]
        studio.case["eligibility"] = rows

    return build


def fx(base: str, day: str, rate: str, to: str = "USD") -> Build:
    return lambda s: s.case["fx"].append({"from": base, "to": to, "date": day, "rate": rate})


def breach(kind: str = "tracking") -> Build:
    row = {"kind": kind, "at": at("2025-04-01"), "reason": "r", "recorded_by": "b"}
    return lambda s: s.case["breaches"].append(row)


def waive(requirement: str) -> Build:
    row = {"requirement": requirement, "reference": "letter", "agreed_by": "b"}
    return lambda s: s.case["waivers"].append(row)


def abroad(**more: Any) -> Build:
    return lambda s: s.venue("v2", currency="EUR", **more)


PASS = {"kind": "membership", "purchase_id": "p"}
PACK = {"kind": "package", "purchase_id": "p"}
FREE = {"kind": "free"}
FIVE = [market(f"n{day}", f"2025-03-{day}") for day in (14, 11, 13, 12, 15)]
GONE = do(prices({"price": "50.00"}), lost(), market())


def _found(body: Any, path: str) -> Any:
    for step in path.split("__"):
        if step == "len":
            return len(body)
        if step == "reasons":
            return [line["reason"] for line in body]
        if step == "column":
            return [line["switcher_revenue"] for line in body]
        if step == "names":
            return [(row["reading"], row["lines_changed"], row["lost_revenue"]) for row in body]
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body
