"""A period of payouts as its page shows it: worked out at each visit; where that takes long, as last kept.

What is kept is a copy. When the ledger gets lines, the kept periods are forgotten, and this month's is made anew.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.marketplace.payouts import telling
from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.sums import add_up, change_of, grouped
from adapter.marketplace.payouts.view import Period, period_of, period_then
from adapter.statements.kept import Json, Work, forget, keep, shown, shown_then
from adapter.store.tables import KeptPage

CLASSES_SHOWN = 60
NAME = "payouts"


def page_of(context: Context, studio_id: int, days: Days) -> tuple[KeptPage, bool]:
    """The page of these days, and whether it is as last kept. Dates are text, as JSON has them."""
    return shown(context, studio_id, _name(days), _work(context, studio_id, days))


def page_then(context: Context, studio_id: int, days: Days, then: datetime) -> Json:
    """The page as of an earlier instant."""

    def work(db: Db) -> Json:
        return _told(*(period_then(db, studio_id, each, then) for each in (days, days.before)))

    return shown_then(context, studio_id, _name(days), then, work)


def keep_page(context: Context, studio_id: int, days: Days) -> None:
    """Work the page out and keep it, in the place of the one before."""
    keep(context, studio_id, _name(days), _work(context, studio_id, days))


def forget_pages(db: Db, studio_id: int) -> None:
    """Forget the studio's kept periods: the ledger says something new."""
    forget(db, studio_id, NAME)


def _name(days: Days) -> str:
    return f"{NAME} {days.first} {days.last}"


def _work(context: Context, studio_id: int, days: Days) -> Work:
    return lambda db: _work_out(db, context, studio_id, days)


def _work_out(db: Db, context: Context, studio_id: int, days: Days) -> Json:
    now = context.now()
    return _told(*(period_of(db, studio_id, each, now) for each in (days, days.before)))


def _told(period: Period, before: Period) -> Json:
    content = {
        "told": telling.tell_period(period, change_of(before.places, period.places)),
        "unpriced_before": before.unpriced,
        "franchise": telling.tell_franchise(period),
        "classes": _classes(period),
        "more": max(0, len({place.held.id for place in period.places}) - CLASSES_SHOWN),
    }
    as_json: Json = json.loads(json.dumps(content, default=_written))
    return as_json


def _written(value: date) -> str:
    return value.isoformat()  # not date.isoformat: of an instant it would keep the day alone


def _classes(period: Period) -> list[dict[str, Any]]:
    """The latest classes of the period, each with its places and what they add up to."""
    groups = grouped(period.places, lambda place: (place.held, place.currency))
    return [
        {
            "held": held._asdict(),
            "currency": currency,
            "places": [telling.tell_place(place) for place in places],
            "sum": telling.tell_sum(add_up(places, currency)),
            "final": all(place.final for place in places),
        }
        for (held, currency), places in list(groups.items())[: -CLASSES_SHOWN - 1 : -1]
    ]
