"""Exchange rates as somebody recorded them, for all studios alike; of a corrected one it stays known what it was.

A correction holds from the instant it is made: as of an earlier one, the rate that was known then counts.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from adapter.statements.kept import GUARANTEE, forget
from adapter.statements.reservations import Json, plain
from adapter.store.audit import write_line
from adapter.store.tables import Audit, Connection, ExchangeRate, Participation, RunKind, RunOrigin, Studio
from adapter.work import request_run

CORRECTED = "guarantee.rate_corrected"


class NothingToCorrect(LookupError):
    """There is no such rate, or it is so already; the message says which."""


def record_rate(db: Db, base: str, quote: str, day: date, rate: Decimal, *, source: str) -> ExchangeRate:
    """Record that one ``base`` was ``rate`` ``quote`` on a day. IntegrityError: that day has one already."""
    row = ExchangeRate(base=base, quote=quote, day=day, rate=rate, source=source)
    db.add(row)
    db.flush()
    return row


def correct_rate(
    db: Db, base: str, quote: str, day: date, rate: Decimal, *, source: str, why: str, actor: str, now: datetime
) -> ExchangeRate:
    """Set the rate of a day right: what it was, who corrected it and why stand in the audit log for good.

    No statement that was made is changed; every studio that takes part gets its next one now, which says what moved.
    Raises NothingToCorrect. Call ``context.wake_engine()`` after the commit.
    """
    named = f"{base} in {quote} for {day}"
    same = (ExchangeRate.base == base, ExchangeRate.quote == quote, ExchangeRate.day == day)
    row = db.scalar(select(ExchangeRate).where(*same).with_for_update())
    if row is None:
        raise NothingToCorrect(f"There is no rate of {named}.")
    if (row.rate, row.source) == (rate, source):
        raise NothingToCorrect(f"The rate of {named} is {_text(rate)} already.")
    before = {"rate": _text(row.rate), "source": row.source}
    after = {"base": base, "quote": quote, "day": day.isoformat(), "rate": _text(rate), "source": source, "why": why}
    write_line(db, None, CORRECTED, _about(row), before, after, actor=actor, now=now)
    row.rate, row.source = rate, source
    _work_out_again(db, f"the rate of {named} was corrected", actor, now)
    return row


def rates_of(db: Db, as_of: datetime) -> list[Json]:
    """The exchange rates that somebody recorded; where one was corrected after ``as_of``, as it was before."""
    rows = db.scalars(select(ExchangeRate).order_by(ExchangeRate.id)).all()
    since = select(Audit.about, Audit.before).where(Audit.act == CORRECTED, Audit.studio_id.is_(None), Audit.at > as_of)
    latest_first = since.order_by(Audit.id.desc())  # of several the first after the instant says how it was then
    was = {about: (before or {})["rate"] for about, before in db.execute(latest_first)}
    return [
        {
            "from": row.base,
            "to": row.quote,
            "date": row.day.isoformat(),
            "rate": was.get(_about(row), _text(row.rate)),
        }
        for row in rows
    ]


def _about(row: ExchangeRate) -> str:
    return f"exchange_rate:{row.id}"


def _work_out_again(db: Db, why: str, actor: str, now: datetime) -> None:
    """The pages of every studio, and the statement of each that takes part."""
    for studio_id in db.scalars(select(Studio.id)).all():
        forget(db, studio_id, GUARANTEE)
    firsts = select(func.min(Connection.id)).join(Participation, Participation.studio_id == Connection.studio_id)
    for first in db.scalars(firsts.group_by(Connection.studio_id)).all():
        request_run(db, RunKind.STATE, first, origin=RunOrigin.MANUAL, actor=actor, now=now, why=why)


def _text(rate: Decimal) -> str:
    return plain(rate.normalize())
