"""Killing the process at any moment loses nothing that was committed and leaves nothing half-written."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import func, select, text

from adapter.store.database import Store
from adapter.store.tables import Client, ClientEmail, EmailAddress
from connectors.records import Stream
from tests.adapter.store.conftest import connected
from tests.adapter.store.records import Mirror, client
from tests.adapter.store.writing import A_PAGE, KEYS, main
from tests.fixtures.processes import started


@pytest.mark.parametrize("commits", [1, 3])
def test_every_page_is_there_whole_or_not_at_all(any_store: Store, commits: int) -> None:
    connection_id = connected(any_store)
    url = any_store.url.render_as_string(hide_password=False)
    writer, here = started(main, url, connection_id)
    with here:
        try:
            for _ in range(commits):
                told = here.recv()
        finally:
            writer.kill()
            writer.join()
        with suppress(EOFError):
            while True:
                told = here.recv()

    written = (told + 1) * A_PAGE
    counts = select(*(select(func.count(model.id)).scalar_subquery() for model in (Client, ClientEmail, EmailAddress)))
    with any_store.read() as db:
        (count,) = set(db.execute(counts).one())  # one statement: the last commit may still be landing, untold
    assert count in (written, written + A_PAGE)
    if any_store.is_sqlite:
        with any_store.read() as db:
            assert db.scalar(text("pragma integrity_check")) == "ok"
    mirror = Mirror(any_store, KEYS, connection_id)
    again = mirror.page(Stream.CLIENTS, *(client(f"{told:05}-{n}") for n in range(A_PAGE)))
    assert again.unchanged == A_PAGE
