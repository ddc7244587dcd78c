"""The part of a push run that is no offer: online capacities to raise or give back, and the price that follows.

So is what a proof left behind whose process died.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session as Database

from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.store.tables import Connection, ConnectionState
from connectors import registry
from connectors.errors import ConnectorError, Misconfigured, Reconnect
from connectors.platform import Api, TotalPush
from sync.engine.job import Job
from sync.pushing import catalog, totals, trials


def is_due(db: Database, connection_id: int | None, now: datetime) -> bool:
    """Whether a connection has any of it to do now."""
    connection = None if connection_id is None else db.get(Connection, connection_id)
    if connection is None or connection.state is not ConnectionState.ACTIVE:
        return False
    if trials.are_left(db, connection.id):
        return True
    return totals.is_due(db, connection, now) or catalog.aim_of(db, connection, now) is not None


def write_back(ctx: Context, job: Job) -> None:
    """Do what is due; what went wrong is listed on the run, with the platform's words, and the rest goes on."""
    with ctx.store.read() as db:
        if not is_due(db, job.connection_id, ctx.now()):
            return
    with open_connection(ctx, job.connection_id) as api:
        for what, words in _done(ctx, job.connection, api):
            job.fail(what, words)


def _done(ctx: Context, connection: Connection, api: Api) -> Iterator[tuple[str, str]]:
    platform = registry.get(connection.platform)
    if platform.totals is not None:
        yield from _trials_taken_back(ctx, connection, platform.totals, api)
        for words in totals.settle(ctx, connection, platform.totals, api):
            yield "online capacity", words
    with ctx.store.read() as db:
        aim = catalog.aim_of(db, connection, ctx.now())
    if platform.catalog is None or aim is None:
        return
    try:
        catalog.follow(ctx, connection, platform.catalog, api, aim)
    except (Reconnect, Misconfigured):
        raise
    except ConnectorError as error:
        yield f"price of {aim.option}", str(error)


def _trials_taken_back(ctx: Context, connection: Connection, push: TotalPush, api: Api) -> Iterator[tuple[str, str]]:
    try:
        trials.Trials(ctx, connection.id).take_back(push, api)
    except (Reconnect, Misconfigured):
        raise
    except ConnectorError as error:
        yield "online capacity", f"what a proof left behind could not be taken back: {error}"
