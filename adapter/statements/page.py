"""The customer acquisition page as it is shown: worked out at each visit; for a large studio once a day, and at will.

What is kept is the page alone, its lines cut to those that are shown; a statement is kept elsewhere and never changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.experiments.readout import Readout
from adapter.guarantee.outlook import days_done
from adapter.guarantee.periods import local_date
from adapter.statements.incremental import Meter, incremental_of
from adapter.statements.kept import GUARANTEE, Json, Work, keep, shown
from adapter.statements.overview import overview_of
from adapter.statements.watch import LIGHTS, Light, kept_lights, lights_of, told_lights
from adapter.store.tables import Connection, KeptPage, Reservation, RunKind, RunOrigin, Studio
from adapter.work import request_run

LINES_SHOWN = 200
NAME, BROUGHT = GUARANTEE, f"{GUARANTEE} brought"
PAGE_ALONE = {"only": "pages"}  # of a run: the pages are worked out, and no statement is made
MOST_WAITED_FOR = 100_000  # reservations: of more, nobody waits before a browser until the page is worked out
PRICES = ("retail_then", "retail_now")


@dataclass(frozen=True)
class Page:
    """What is shown, and as of when."""

    content: Json
    day: int
    made_at: datetime
    kept: bool  # not worked out at this visit


def page_of(context: Context, studio_id: int) -> Page:
    """The page: as kept where working it out took long, else as of now."""
    made, kept = shown(context, studio_id, NAME, _work(context, studio_id))
    with context.store.read() as db:
        zone = db.get_one(Studio, studio_id).timezone
    today = local_date(context.now(), zone)
    prices = {name: None if made.content[name] is None else Decimal(made.content[name]) for name in PRICES}
    day = days_done(made.content["body"], today)
    return Page(made.content | prices, day, made.made_at, kept=kept)


def takes_minutes(db: Db, studio_id: int) -> bool:
    """Whether the studio has so many reservations that its page is worked out by a run."""
    own = select(Connection.id).where(Connection.studio_id == studio_id)
    some = select(Reservation.id).where(Reservation.connection_id.in_(own)).limit(MOST_WAITED_FOR + 1)
    return (db.scalar(select(func.count()).select_from(some.subquery())) or 0) > MOST_WAITED_FOR


def is_to_be_waited_for(db: Db, studio_id: int) -> bool:
    """Whether the page takes minutes, and was never worked out."""
    return db.get(KeptPage, (studio_id, NAME)) is None and takes_minutes(db, studio_id)


def ask_for_page(context: Context, studio_id: int, actor: str) -> None:
    """Have the page worked out by a run: the one that is at it or waits, or a new one."""
    asked: dict[str, Any] = {"origin": RunOrigin.MANUAL, "actor": actor, "now": context.now()}
    with context.store.write() as db:
        first = db.scalar(select(func.min(Connection.id)).where(Connection.studio_id == studio_id))
        request_run(db, RunKind.STATE, first, params=PAGE_ALONE, why="the guarantee's page", **asked)
    context.wake_engine()


def keep_page(context: Context, studio_id: int) -> None:
    """Work the page out and keep it, in the place of the one before."""
    keep(context, studio_id, NAME, _work(context, studio_id))
    keep(context, studio_id, BROUGHT, _brought(context, studio_id))
    keep(context, studio_id, LIGHTS, _lights(context, studio_id))


def brought_of(context: Context, studio_id: int) -> tuple[Meter, Readout | None]:
    """The meter of six months and what the holdout says so far, as of the page."""
    made, _ = shown(context, studio_id, BROUGHT, _brought(context, studio_id))
    readout = made.content["readout"]
    return Meter(**made.content["meter"]), None if readout is None else Readout(**readout)


def lights_shown(context: Context, studio_id: int) -> list[Light]:
    """The requirements as the watch last found them, at most half an hour ago; of a small studio as of now."""
    made, _ = shown(context, studio_id, LIGHTS, _lights(context, studio_id))
    return told_lights(made.content)


def _brought(context: Context, studio_id: int) -> Work:
    def work(db: Db) -> Json:
        meter, _, readout = incremental_of(db, studio_id, context.now())
        return {"meter": asdict(meter), "readout": None if readout is None else asdict(readout)}

    return work


def _lights(context: Context, studio_id: int) -> Work:
    return lambda db: kept_lights(lights_of(db, studio_id, context.now()))


def _work(context: Context, studio_id: int) -> Work:
    return lambda db: _work_out(db, context, studio_id)


def _work_out(db: Db, context: Context, studio_id: int) -> Json:
    """As JSON takes it."""
    content = asdict(overview_of(db, context, studio_id))
    body = content["body"]
    shown_lines = body["lines"][-LINES_SHOWN:]
    content["lines"] = len(body["lines"])
    content["untold"] = sorted({line["reservation_id"] for line in shown_lines} & set(content["untold"]))
    content["body"] = {
        **body,
        "lines": shown_lines,
        "alternatives": [other | {"difference": _difference(body, other)} for other in body["alternatives"]],
    }
    return content | {name: None if content[name] is None else str(content[name]) for name in PRICES}


def _difference(body: Json, other: Json) -> str | None:
    """What another reading adds to Lost Revenue, with its sign."""
    if body["lost_revenue"] is None or other["lost_revenue"] is None:
        return None
    return f"{Decimal(other['lost_revenue']) - Decimal(body['lost_revenue']):+f}"
