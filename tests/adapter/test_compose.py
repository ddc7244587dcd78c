"""Putting our side together: a database at its newest schema, keys that open it, errors that say what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import inspect, text

from adapter.compose import compose
from adapter.config import Config, ConfigError, load_config
from adapter.store.addresses import email_id, open_address
from adapter.store.readiness import schema_state
from adapter.store.tables import Base, EmailAddress
from tests.fixtures.database import NOON


@pytest.fixture
def fresh(tmp_path: Path) -> Config:
    return load_config({}, folder=tmp_path, platforms=())


def test_a_first_start_makes_everything(fresh: Config) -> None:
    ctx = compose(fresh, now=lambda: NOON)
    assert ctx.now() == NOON
    assert set(inspect(ctx.store.reader).get_table_names()) >= set(Base.metadata.tables)
    with ctx.store.read() as db:
        assert schema_state(db) == "ok"
    ctx.store.close()


def test_what_was_kept_is_found_again_after_a_restart_and_after_both_kinds_of_rotation(fresh: Config) -> None:
    ctx = compose(fresh)
    with ctx.store.write() as db:
        number = email_id(db, ctx.keys, "Ana@Example.com", NOON)
    ctx.store.close()
    newer = Fernet.generate_key().decode()
    rotated = replace(fresh, encryption_keys=(newer, *fresh.encryption_keys), secret_key="another one altogether")
    again = compose(rotated)
    with again.store.write() as db:
        assert email_id(db, again.keys, "ana@example.com", NOON) == number
        assert open_address(again.keys, db.get_one(EmailAddress, number)) == "Ana@Example.com"
    again.store.close()


def test_a_database_that_our_keys_do_not_open_is_said_at_once(fresh: Config) -> None:
    compose(fresh).store.close()
    with pytest.raises(ConfigError, match=r"^ADAPTER_ENCRYPTION_KEYS"):
        compose(replace(fresh, encryption_keys=(Fernet.generate_key().decode(),)))


def test_a_database_of_a_newer_version_is_said_and_left_alone(fresh: Config) -> None:
    ctx = compose(fresh)
    with ctx.store.writer.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    ctx.store.close()
    for _ in range(2):
        with pytest.raises(ConfigError, match="newer version"):
            compose(fresh)


def test_a_database_that_cannot_be_opened_is_said_without_its_password(fresh: Config, tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://me:canary@/adapter?host={tmp_path}&connect_timeout=2"
    with pytest.raises(ConfigError, match=r"^ADAPTER_DATABASE_URL") as refused:
        compose(replace(fresh, database_url=nowhere))
    assert "canary" not in str(refused.value)


def test_a_file_that_is_no_database_is_said_and_left_alone(fresh: Config) -> None:
    file = fresh.instance / "adapter.db"
    file.write_bytes(b"not a database at all" * 50)
    with pytest.raises(ConfigError, match=r"^ADAPTER_DATABASE_URL: .*file is not a database"):
        compose(fresh)
    assert file.read_bytes() == b"not a database at all" * 50
