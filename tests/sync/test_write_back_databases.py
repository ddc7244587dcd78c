"""What is asked of the database for writing back, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, select, update

from adapter.steering.write_back import ask_for_proof, switch_total_push
from adapter.store.database import Store
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, Decision, Push, PushState, Session, TotalWrite
from sync.pushing import catalog, totals
from tests.fixtures.database import NOON
from tests.fixtures.studio import seed_studios


def test_what_is_due_is_found(any_store: Store, keys: Keyring) -> None:
    seeded = seed_studios(any_store, keys)
    with any_store.write() as db:
        row = db.get_one(Connection, seeded.connection_id)
        row.platform, row.total_push_proven_at = "mindbody", NOON - timedelta(days=1)
        row.catalog_rate_on, row.catalog_option = True, "71"
        db.execute(update(Push).values(state=PushState.LOCAL))
        coming = db.scalars(select(Session).where(Session.connection_id == row.id, Session.starts_at > NOON)).first()
        assert coming
        db.add(TotalWrite(connection_id=row.id, session_id=coming.id, before=9, written=5, needed=5))
        db.flush()
        aim = catalog.aim_of(db, row, NOON)
        assert aim
        assert Decimal("7.5") <= aim.desk == aim.online
        assert (totals.is_due(db, row, NOON), totals.coming(db, row.id, NOON)) == (True, 1)
        assert switch_total_push(db, row, True, actor="test", now=NOON)
        assert not totals.is_due(db, row, NOON)
        waiting = db.scalar(select(func.count()).where(Push.state == PushState.PENDING))
        listed = db.scalar(select(func.count(Decision.session_id.distinct())))
        assert 0 < (waiting or 0) <= (listed or 0)
        assert ask_for_proof(db, row, coming.external_id, actor="test", now=NOON)[1]
