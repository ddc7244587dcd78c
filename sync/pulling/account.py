"""The account itself, as the platform describes it: its zone and its currency may be changed by the studio (F18)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session as Database

from adapter.store.tables import Connection
from connectors.errors import BadRecord, Rejected
from connectors.platform import Api, Platform, Site
from sync.engine.job import Job


def follow_account(job: Job, api: Api, platform: Platform) -> Api:
    """The platform, opened for the account as it is now; what has changed is noted with the connection.

    A description that makes no sense (an unknown zone) is listed, and what was known holds for this studio. So does
    its currency where nothing tells one just now.
    """
    try:
        said = platform.describe(api)
    except (BadRecord, Rejected) as error:
        job.fail("account", str(error))
        return api
    site = replace(api.site, timezone=said.timezone, currency=said.currency or api.site.currency)
    if site == api.site:
        return api
    job.write(lambda db: _note(db, job.connection_id, site))
    return replace(api, site=site)


def _note(db: Database, connection_id: int, site: Site) -> None:
    row = db.get_one(Connection, connection_id)
    row.timezone, row.currency = site.timezone, site.currency
