"""What goes wrong in a round, drawn from a seed: faults at the platform and on the wire, and who is killed when."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Fault = dict[str, Any]

READS = ("/class/classes", "/class/classvisits", "/client/clients", "/sale/", "/class/classdescriptions", "/site/")
API = (*READS, "/channel/offers", "/connect/token")


def draw_faults(draw: random.Random, studios: int) -> list[Fault]:
    """A few faults, each for so many calls; more where there are more studios to be hit."""
    kinds = draw.sample(sorted(_MAKERS), k=draw.randint(4, 9))
    return [_MAKERS[kind](draw, 1 + studios // 10) for kind in kinds]


def draw_kill(draw: random.Random, processes: int) -> tuple[int, float]:
    """Which process is killed, and how many seconds after the round has begun."""
    return draw.randrange(processes), draw.uniform(0.05, 2.5)


def _broken(kind: str, **more: Any) -> Callable[[random.Random, int], Fault]:
    def make(draw: random.Random, often: int) -> Fault:
        about = {"kind": kind, "path": draw.choice(API), "skip": draw.randint(0, 3 * often), "count": 1 + often}
        return about | more

    return make


def _paged(kind: str) -> Callable[[random.Random, int], Fault]:
    return lambda draw, often: {"kind": kind, "path": draw.choice(READS), "skip": draw.randint(0, 4), "count": often}


def _delivery(kind: str, **more: Any) -> Callable[[random.Random, int], Fault]:
    return lambda draw, often: {"kind": kind, "count": draw.randint(1, 6 * often)} | more


def _offers(draw: random.Random, often: int) -> Fault:
    return {"kind": "stale", "path": "offer", "count": 2 * often}


_MAKERS: dict[str, Callable[[random.Random, int], Fault]] = {
    "429": _broken("too_many"),
    "429 with a wait": _broken("too_many", retry_after=45),
    "500": _broken("error"),
    "503": _broken("error", status=503),
    "other shape": _broken("message"),
    "dropped": _broken("dropped"),
    "lost": _broken("lost"),
    "truncated": _broken("truncated"),
    "web page": _broken("html"),
    "slow": _broken("slow", seconds=0.3),
    "token refused": _broken("unauthorized", count=1),
    "shifting pages": _paged("page_shift"),
    "empty pages": _paged("page_empty"),
    "first page for ever": _paged("page_one"),
    "reads lag": _offers,
    "events twice": _delivery("webhook_duplicate"),
    "events lost": _delivery("webhook_lost"),
    "events late": _delivery("webhook_late", seconds=5400),
    "events backwards": _delivery("webhook_reorder"),
}
