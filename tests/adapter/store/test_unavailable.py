"""A database that can't be had: told as what passes, whichever way it says so."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select, text

from adapter.store.database import UNAVAILABLE, NotMigrated, Store, cause_of
from adapter.store.tables import Alert, Studio
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


@pytest.mark.parametrize("older", ["drop table alert", "alter table alert rename column kind to sort"])
def test_a_database_that_is_not_migrated_is_none_that_is_away(any_store: Store, older: str) -> None:
    with pytest.raises(NotMigrated) as caught:
        _read_from_older(any_store, older)
    assert not isinstance(caught.value, UNAVAILABLE)
    assert "alert" in cause_of(caught.value)


def _read_from_older(store: Store, older: str) -> None:
    with store.write() as db:  # which is rolled back
        db.execute(text(older))
        db.scalars(select(Alert)).all()
