"""What commands ask for in common. Knows the accounts' tables; prints nothing."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from adapter.store.tables import Studio


def studio_named(db: Session, studio_id: int) -> Studio:
    """The studio with our id. Raises ClickException where there is none, with what to do."""
    found = db.get(Studio, studio_id)
    if found is None:
        raise click.ClickException(f"There is no studio {studio_id}; `adapter studio` opens one.")
    return found
