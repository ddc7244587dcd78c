"""Who calls the channel: a marketplace, by its token."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, g
from flask_smorest import Blueprint
from sqlalchemy.orm import Session
from werkzeug.exceptions import default_exceptions

from adapter.marketplace.sellers import UnknownSeller, marketplace_named
from adapter.store.tables import Marketplace, Role
from adapter.web.access import caller


def routes(name: str, description: str) -> Blueprint:
    """A blueprint of the channel, which opens to marketplaces alone."""
    blueprint = Blueprint(name, __name__, description=description)
    blueprint.before_request(check_role)
    return blueprint


def check_role() -> None:
    """Refuse every token but a marketplace's. The gate has refused strangers."""
    if g.get("caller") is None:
        return
    if caller().marketplace is None or not any(Role.MARKETPLACE in roles for roles in caller().roles.values()):
        abort(403, "The channel opens to tokens of the role marketplace alone.")


def seller(db: Session) -> Marketplace:
    """The marketplace that calls; 403 where it is registered no more."""
    try:
        return marketplace_named(db, caller().marketplace or "")
    except UnknownSeller as error:
        abort(403, str(error))


def studios() -> frozenset[int] | None:
    """The studios for which this token holds; None: all."""
    return caller().studio_ids


def refuse(status: int, words: str, **members: object) -> NoReturn:
    """Answer with a problem that has members of its own (RFC 9457)."""
    error = default_exceptions[status](words)
    error.__dict__["data"] = {"members": members}
    raise error
