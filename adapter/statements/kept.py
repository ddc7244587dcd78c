"""Pages that take long for a large studio: worked out at each visit, and if that was slow, kept and shown as of then.

Knows how to keep; not what. What is kept is made anew each night, and at will.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session as Db

from adapter.context import Context
from adapter.store.tables import KeptPage

POLICIES = "policies"  # of a connection, which its number names
GUARANTEE = "guarantee"  # the page itself, and what begins with it
SLOW = 0.1  # seconds: what takes longer is not worked out at each visit, or a page would take more than 0.2
AS_OF, THEN_KEPT = " as of ", timedelta(days=1)
CERTAIN = 1.0  # seconds: what takes longer is slow; what takes less may have been the first of this process

Json = dict[str, Any]
Work = Callable[[Db], Json]


def shown(context: Context, studio_id: int, name: str, work: Work, *, slow: float = SLOW) -> tuple[KeptPage, bool]:
    """A page's content, and whether it is as last kept; what took long now is kept for the next visit.

    ``slow``: seconds, where the content is a part of a page that has other work to do.
    """
    with context.store.read() as db:
        kept = db.get(KeptPage, (studio_id, name))
    if kept is not None and kept.seconds > slow:
        return kept, True
    made = _worked_out(context, studio_id, name, work)
    if slow < made.seconds <= CERTAIN:
        made = _worked_out(context, studio_id, name, work)
    if made.seconds > slow:
        _keep(context, made)
    return made, False


def shown_then(context: Context, studio_id: int, name: str, then: datetime, work: Work) -> Json:
    """The content of a page as of an earlier instant: what was, stays, so what took long is kept for a day."""
    page, is_kept = shown(context, studio_id, f"{name}{AS_OF}{then.isoformat()}", work)
    if not is_kept and page.seconds > SLOW:
        old = KeptPage.name.contains(AS_OF, autoescape=True), KeptPage.made_at < context.now() - THEN_KEPT
        with context.store.write() as db:
            db.execute(delete(KeptPage).where(KeptPage.studio_id == studio_id, *old))
    return page.content


def keep(context: Context, studio_id: int, name: str, work: Work) -> None:
    """Work a page out and keep it, in place of the one before. Reads first, so that nobody waits to write."""
    _keep(context, _worked_out(context, studio_id, name, work))


def forget(db: Db, studio_id: int, name: str = "") -> None:
    """Forget the kept pages of this name, and of those that begin with it, or all: what they say has changed."""
    db.execute(delete(KeptPage).where(KeptPage.studio_id == studio_id, KeptPage.name.startswith(name)))


def _keep(context: Context, page: KeptPage) -> None:
    with context.store.write() as db:
        db.merge(page)


def _worked_out(context: Context, studio_id: int, name: str, work: Work) -> KeptPage:
    began, spent = time.perf_counter(), time.thread_time()
    with context.store.read() as db:
        content = work(db)
    took, spent = time.perf_counter() - began, time.thread_time() - spent
    seconds = min(took, 2 * spent)  # of a database that works beside us the half; a busy machine is no large studio
    return KeptPage(studio_id=studio_id, name=name, made_at=context.now(), seconds=seconds, content=content)
