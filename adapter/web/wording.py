"""How things are said: times in the venue's zone, money in its currency, codes in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask import Flask, g

from adapter.people.permissions import Act, Caller, may, studios_for
from adapter.showing import currency as currencies
from adapter.showing.confidential import without_floor
from adapter.store.calendar import Places, Upcoming
from adapter.web.access import context
from adapter.web.codes import (
    ACTS,
    ALERTS,
    CAUSES,
    CHANNELS,
    MULTIPLES,
    PUSHES,
    READ_AS,
    READINGS,
    REASONS,
    REQUIREMENTS,
    ROLES,
    ROLES_MEAN,
    RUNS,
    SETTINGS,
    SHARES,
    WAYS,
)
from adapter.web.languages import language, said
from connectors.http.answers import quoted

NEAR = timedelta(days=180)
_CODE = re.compile(r"[a-z]+(_[a-z]+)+|[a-z_]+:\d+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def why(item: Upcoming) -> str:
    """The short reason for what is listed of a session, in plain words."""
    decision = item.decision
    if not item.takes_place:
        return says(REASONS, "cancelled")
    if decision is None:
        return said("Not decided yet")
    code = seen(decision.binding or decision.reason)
    if code == "forecast":
        return _kept_for_direct(item.places)
    return says(REASONS, code)


def _kept_for_direct(places: Places) -> str:
    if not places.listed:
        return said("Every free place is expected to go to direct clients")
    if not places.kept:
        return said("More free than direct clients are expected to need")
    return said("{1} kept for direct clients still expected", places.kept)


def says(words: Mapping[str, str], code: str | None) -> str:
    """A code in plain words; one we have no words for is shown readably, never hidden."""
    return said(words.get(code or "", (code or "").replace("_", " ").capitalize()))


def clock(instant: datetime, zone: str) -> str:
    """``18:00`` on the venue's wall."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def zone_name(instant: datetime, zone: str) -> str:
    """``EST``: which clock that is."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Z")


def day(when: date | datetime, zone: str | None = None) -> str:
    """``Tue, Mar 3`` in the venue's zone; with its year where another year's day could be meant."""
    local = _local(when, zone)
    far = abs(local - context().now().date()) > NEAR
    return _day(local, "yMMMEd" if far else "MMMEd", language().locale)


def _local(when: date | datetime, zone: str | None) -> date:
    """The day on the calendar of the zone."""
    local = when.astimezone(ZoneInfo(zone)) if isinstance(when, datetime) and zone else when
    return local.date() if isinstance(local, datetime) else local


@lru_cache(maxsize=1_024)
def _day(when: date, skeleton: str, locale: Locale) -> str:
    return format_skeleton(skeleton, when, locale=locale)


def moment(instant: datetime | None, zone: str) -> str:
    """``Tue, Mar 3, 18:00 EST``; a dash for never."""
    return f"{day(instant, zone)}, {clock(instant, zone)} {zone_name(instant, zone)}" if instant else "–"


def to_the_second(instant: datetime, zone: str) -> str:
    """``Tue, Mar 3, 18:00:41 EST``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day(instant, zone)}, {local:%H:%M:%S} {zone_name(instant, zone)}"


def second(instant: datetime, zone: str) -> str:
    """``18:00:41`` on the venue's wall."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def field(instant: datetime, zone: str) -> str:
    """``2026-03-02T14:02``: as a browser's field for date and time takes it."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def ago(instant: datetime | None) -> str:
    """``3 minutes ago``; ``never`` for None."""
    if instant is None:
        return said("never")
    passed = max(timedelta(0), (g.get("then") or context().now()) - instant)  # on a page as of then: before then
    if passed < timedelta(seconds=10):
        return said("just now")
    return format_timedelta(-passed, add_direction=True, locale=language().locale)


def told(value: object, zone: str) -> str:
    """A value of a record as people write it: an instant in the venue's zone, a day, yes and no, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return said("yes") if value else said("no")
    if isinstance(value, str) and (when := _when(value, zone)):
        return when
    if isinstance(value, str) and _CODE.fullmatch(value):
        return readable(value.replace(":", " "))
    return said(str(value))


def _when(text: str, zone: str) -> str | None:
    """An instant or a day as people write it; None: the text is neither."""
    try:
        if _INSTANT.fullmatch(text):
            return moment(datetime.fromisoformat(text), zone)
        return dated(date.fromisoformat(text)) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def money(amount: Decimal | float | str | None, currency: str) -> str:
    """An amount in its currency; a dash where there is none."""
    return "–" if amount is None else _money(Decimal(str(amount)), currency, language().locale)


def priced(text: str, currency: str) -> str:
    """A sentence of an explanation, its amounts in their currency."""
    return currencies.priced(text, lambda amount: money(amount, currency))


@lru_cache(maxsize=4_096)
def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    """A page shows the same few amounts again and again, and writing one is slow."""
    return format_currency(amount, currency, locale=locale).replace("-", "−")


def number(value: float | Decimal | int) -> str:
    """A number as people write it, with two decimals at most and a true minus."""
    return format_decimal(round(Decimal(str(value)), 2), "#,##0.##;−#,##0.##", locale=language().locale)


def dated(when: date | datetime, zone: str | None = None) -> str:
    """``Mar 3, 2026`` in the venue's zone: where the year matters."""
    return format_skeleton("yMMMd", _local(when, zone), locale=language().locale)


def measured(value: float, signal: str) -> str:
    """A signal of a decision with its unit: ``× 1.08`` of what is usual, ``98.4%``, or a count."""
    if signal in SHARES:
        return f"{number(round(value * 100, 1))}%"
    return f"× {number(value)}" if signal in MULTIPLES else number(value)


def month_day(when: date) -> str:
    """``Mar 3``."""
    return format_skeleton("MMMd", when, locale=language().locale)


def weekday(when: date) -> str:
    """``Tue``."""
    return format_date(when, "EEE", locale=language().locale)


def readable(code: str) -> str:
    """A code word as people read it, in their language: ``late cancelled``."""
    return said(code.replace("_", " "))


def capital(text: str) -> str:
    """The text with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def can(act: str) -> bool:
    """Whether the signed-in user may do this at the studio of the page."""
    asking: Caller | None = g.get("caller")
    return asking is not None and "studio_id" in g and may(asking, Act(act), g.studio_id)


def may_somewhere(act: str) -> bool:
    """Whether the signed-in user may do this at any studio."""
    asking: Caller | None = g.get("caller")
    return asking is not None and studios_for(asking, Act(act)) != frozenset()


def seen(explanation: Any) -> Any:
    """An explanation as this reader may see it."""
    return explanation if can("see_floor") else without_floor(explanation)


def as_kept(record: Any) -> str:
    """A record as people read JSON: its letters as they are. The template escapes it like any text."""
    return json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False)


def noted(words: str) -> str:
    """What was noted of a call that failed: the platform's own words, if it gave any, in quotation marks."""
    return said(quoted(words))


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        clock=clock,
        zone_name=zone_name,
        day=day,
        dated=dated,
        moment=moment,
        to_the_second=to_the_second,
        second=second,
        field=field,
        ago=ago,
        told=told,
        money=money,
        priced=priced,
        instant=datetime.fromisoformat,
        as_date=date.fromisoformat,
        number=number,
        measured=measured,
        seen=seen,
        noted=noted,
        as_kept=as_kept,
        capital=capital,
        readable=readable,
        weekday=weekday,
    )
    app.jinja_env.globals.update(
        can=can,
        may_somewhere=may_somewhere,
        why=why,
        says=says,
        PUSHES=PUSHES,
        RUNS=RUNS,
        ROLES=ROLES,
        ROLES_MEAN=ROLES_MEAN,
        WAYS=WAYS,
        ACTS=ACTS,
        ALERTS=ALERTS,
        CAUSES=CAUSES,
        CHANNELS=CHANNELS,
        SETTINGS=SETTINGS,
        REASONS=REASONS,
        READINGS=READINGS,
        READ_AS=READ_AS,
        REQUIREMENTS=REQUIREMENTS,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
