"""The open feed: what studios agreed to publish, for anybody. Nothing where no studio does."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, make_response, request
from sqlalchemy import select

from adapter.marketplace.openactive import PATH, page
from adapter.marketplace.publishing import items_after
from adapter.store.tables import PublicItem
from adapter.web.access import context

blueprint = Blueprint("open_data", __name__)
A_PAGE = 500
DIGITS = 18  # of a place: what a database's integer holds
FULL, LAST = "public, max-age=3600", "public, max-age=8"  # as RPDE advises; what follows a full page is at its next


@blueprint.get(PATH)
def read() -> Response:
    """One page, in order of change."""
    after = _after()
    with context().store.read() as db:
        if db.scalar(select(PublicItem.session_id).limit(1)) is None:
            abort(404)
        items = items_after(db, after, A_PAGE)
    answer = make_response(jsonify(page(context().config.public_url, items, after)))
    answer.headers["Cache-Control"] = FULL if items else LAST
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _after() -> tuple[int, int] | None:
    """What the page is to come after; half of it, or no number, is a 400."""
    given = [request.args.get(name) for name in ("afterTimestamp", "afterId")]
    if given == [None, None]:
        return None
    if not all(text and text.isdecimal() and len(text) <= DIGITS for text in given):
        abort(400)
    instant, number = (int(text or 0) for text in given)
    return instant, number
