"""What commands ask for in common. Knows the accounts' and connections' tables; prints nothing."""

from __future__ import annotations

from decimal import Decimal

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapter.store.tables import Connection, Studio, Venue

ACTOR = "cli"  # who asks, in the audit log and on runs
DAY = click.DateTime(["%Y-%m-%d"])
SHARE_PLACES = 6  # as finely as the tables keep a share
json_option = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
json_anyway = click.option("--json", "_json", is_flag=True, help="It is JSON anyway.")
connection_argument = click.argument("connection_id", metavar="CONNECTION", type=int)


def named(_ctx: click.Context, param: click.Parameter, given: str) -> str:
    """A text that names somebody or something, as an argument's or an option's callback: not empty."""
    if not given.strip():
        raise click.BadParameter("must not be empty.", param=param)
    return given


def exact(amount: Decimal, places: int, most: int = 10**12) -> bool:
    """Whether an amount is one, from 0 to below ``most``, and no finer than so many decimal places: as it is kept."""
    return amount.is_finite() and 0 <= amount < most and amount == round(amount, places)


def check_share(what: str, share: Decimal) -> None:
    """Refuse what is no share, or finer than one is kept; ``what`` it is begins the message. Raises UsageError."""
    if not (exact(share, SHARE_PLACES) and share <= 1):
        raise click.UsageError(f"{what} from 0 to 1, of {SHARE_PLACES} decimal places at most.")


def studio_named(db: Session, studio_id: int) -> Studio:
    """The studio with our id. Raises ClickException where there is none, with what to do."""
    found = db.get(Studio, studio_id)
    if found is None:
        raise click.ClickException(f"There is no studio {studio_id}; `adapter studio` opens one.")
    return found


def venue_named(db: Session, studio_id: int, venue_id: int) -> Venue:
    """The studio's venue with our id. Raises UsageError where it has none such."""
    mine = select(Connection.id).where(Connection.studio_id == studio_id)
    found = db.scalar(select(Venue).where(Venue.id == venue_id, Venue.connection_id.in_(mine)))
    if found is None:
        raise click.UsageError(f"--venue: studio {studio_id} has no venue {venue_id}.")
    return found


def connection_named(db: Session, connection_id: int) -> Connection:
    """The connection with our id. Raises ClickException where there is none, with what to do."""
    found = db.get(Connection, connection_id)
    if found is None:
        raise click.ClickException(f"There is no connection {connection_id}; `adapter connections` lists them.")
    return found
