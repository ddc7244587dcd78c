"""The customer acquisition page as it is shown: worked out at each visit; for a large studio once a day, and at will.

What is kept is the page alone, its lines cut to those that are shown; a statement is kept elsewhere and never changed.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.guarantee.outlook import days_done
from adapter.statements.overview import overview_of
from adapter.store.tables import GuaranteePage, Studio

LINES_SHOWN = 200
SLOW = 1.0  # seconds: what takes longer is not worked out at each visit
PRICES = ("retail_then", "retail_now")

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """What is shown, and as of when."""

    content: Json
    day: int
    made_at: datetime
    kept: bool  # not worked out at this visit


def page_of(context: Context, studio_id: int) -> Page:
    """The page: as kept where working it out took long, else as of now; what took long now is kept for the next."""
    with context.store.read() as db:
        kept = db.get(GuaranteePage, studio_id)
        zone = db.get_one(Studio, studio_id).timezone
    shown = kept if kept is not None and kept.seconds > SLOW else _worked_out(context, studio_id)
    if shown is not kept and shown.seconds > SLOW:
        _keep(context, shown)
    today = context.now().astimezone(ZoneInfo(zone)).date()
    prices = {name: None if shown.content[name] is None else Decimal(shown.content[name]) for name in PRICES}
    day = days_done(shown.content["body"], today)
    return Page(shown.content | prices, day, shown.made_at, kept=shown is kept)


def keep_page(context: Context, studio_id: int) -> None:
    """Work the page out and keep it, in the place of the one before. Reads first, so that nobody waits to write."""
    _keep(context, _worked_out(context, studio_id))


def _keep(context: Context, page: GuaranteePage) -> None:
    with context.store.write() as db:
        db.merge(page)


def _worked_out(context: Context, studio_id: int) -> GuaranteePage:
    began = time.perf_counter()
    with context.store.read() as db:
        content = _work_out(db, context, studio_id)
    took = time.perf_counter() - began
    return GuaranteePage(studio_id=studio_id, made_at=context.now(), seconds=took, content=content)


def _work_out(db: Db, context: Context, studio_id: int) -> Json:
    """As JSON takes it."""
    content = asdict(overview_of(db, context, studio_id))
    body = content["body"]
    content["lines"] = len(body["lines"])
    content["body"] = {
        **body,
        "lines": body["lines"][-LINES_SHOWN:],
        "alternatives": [other | {"difference": _difference(body, other)} for other in body["alternatives"]],
    }
    return content | {name: None if content[name] is None else str(content[name]) for name in PRICES}


def _difference(body: Json, other: Json) -> str | None:
    """What another reading adds to Lost Revenue, with its sign."""
    if body["lost_revenue"] is None or other["lost_revenue"] is None:
        return None
    return f"{Decimal(other['lost_revenue']) - Decimal(body['lost_revenue']):+f}"
