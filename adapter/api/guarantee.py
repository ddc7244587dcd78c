"""The running statement of a studio's guarantee."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from adapter.people.permissions import Act
from adapter.statements.making import make_statement
from adapter.statements.written import GuaranteeStatement
from adapter.web.access import context, needs

blueprint = Blueprint("api-guarantee", __name__, description="The Revenue Guarantee")


@blueprint.get("/studios/<int:studio_id>/guarantee")
@needs(Act.SEE_GUARANTEE)
@blueprint.response(200, GuaranteeStatement)
def running(studio_id: int) -> dict[str, Any]:
    """The statement as of now, from the mirror; without a start date its totals are 0."""
    with context().store.read() as db:
        return make_statement(db, context().keys, studio_id, context().now()).body
