"""What commands ask for in common. Knows the accounts' and connections' tables; prints nothing."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from adapter.store.tables import Connection, Studio

json_option = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
connection_argument = click.argument("connection_id", metavar="CONNECTION", type=int)


def studio_named(db: Session, studio_id: int) -> Studio:
    """The studio with our id. Raises ClickException where there is none, with what to do."""
    found = db.get(Studio, studio_id)
    if found is None:
        raise click.ClickException(f"There is no studio {studio_id}; `adapter studio` opens one.")
    return found


def connection_named(db: Session, connection_id: int) -> Connection:
    """The connection with our id. Raises ClickException where there is none, with what to do."""
    found = db.get(Connection, connection_id)
    if found is None:
        raise click.ClickException(f"There is no connection {connection_id}; `adapter connections` lists them.")
    return found
