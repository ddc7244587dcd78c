"""A database that can't be had: told as what passes, whichever way it says so."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from adapter.store.database import UNAVAILABLE, Store, cause_of
from adapter.store.tables import Studio
from tests.fixtures.database import NOON


@pytest.mark.postgres
def test_a_server_that_takes_no_writes_any_more_cannot_be_had(postgres_store: Store) -> None:
    @event.listens_for(postgres_store.writer, "begin")
    def demoted(connection: object) -> None:
        connection.exec_driver_sql("set transaction read only")  # type: ignore[attr-defined]

    with pytest.raises(UNAVAILABLE) as caught, postgres_store.write() as db:
        db.add(Studio(name="Aurora", timezone="UTC", currency="USD", created_at=NOON))
    assert cause_of(caught.value) == "cannot execute INSERT in a read-only transaction"
    with postgres_store.read() as db:
        assert db.scalar(text("select 1")) == 1
