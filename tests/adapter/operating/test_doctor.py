"""What the doctor sees: each thing that may be wrong, and what to do about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import text

from adapter.command_line.doctor import doctor
from adapter.compose import compose
from adapter.config import Config, ConfigError, load_config
from adapter.context import Context
from adapter.operating.doctor import Finding, examine, shown_settings
from adapter.store.sealing import Keyring
from adapter.store.tables import Connection, ConnectionState, Run, RunKind, RunOrigin, RunState
from migrations import run as migrations
from tests.adapter.store.conftest import connected
from tests.fixtures.database import NOON


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an adapter that has been started once, with one healthy connection: a first start takes long."""
    folder = tmp_path_factory.mktemp("started")
    ctx = compose(load_config({}, folder=folder, platforms=()))
    number = connected(ctx.store)
    with ctx.store.write() as db:
        db.get_one(Connection, number).last_pulled_at = NOON
    ctx.store.close()
    return folder


@pytest.fixture
def made(started: Path, tmp_path: Path) -> Iterator[Context]:
    """The same adapter, started again in a folder of the test's own."""
    shutil.copytree(started, tmp_path, dirs_exist_ok=True)
    ctx = compose(load_config({}, folder=tmp_path, platforms=()))
    yield ctx
    ctx.store.close()


def findings(config: Config) -> dict[str, Finding]:
    return {finding.what.partition(" (")[0]: finding for finding in examine(lambda: config, NOON)}


def wrong(config: Config) -> dict[str, Finding]:
    return {what: finding for what, finding in findings(config).items() if not finding.well}


def test_all_is_well(made: Context) -> None:
    seen = findings(made.config)
    assert {what for what, finding in seen.items() if not finding.well} == set()
    assert set(seen) >= {"settings", "key files", "disk", "database", "schema", "keys", "clock", "jobs", "connection 1"}


def test_a_wrong_setting_is_the_first_finding() -> None:
    def load() -> Config:
        raise ConfigError("ADAPTER_PUBLIC_URL: no")

    (only,) = examine(load, NOON)
    assert (only.well, only.seen) == (False, "ADAPTER_PUBLIC_URL: no")


def test_a_platform_whose_clock_is_off_is_named(made: Context) -> None:
    with made.store.write() as db:
        db.get_one(Connection, 1).clock_ahead = -630
    assert wrong(made.config)["clock of connection 1"].seen == "10 minutes behind ours"


def test_misspelt_settings_and_open_key_files(made: Context) -> None:
    (made.config.instance / "secret.key").chmod(0o644)
    seen = wrong(replace(made.config, unknown=("ADAPTER_PUBLIK_URL",)))
    assert "ADAPTER_PUBLIK_URL" in seen["settings"].seen
    assert seen["key files"].advice.startswith("chmod 600")


def test_a_database_that_is_not_there(made: Context, tmp_path: Path) -> None:
    nowhere = replace(made.config, database_url=f"postgresql+psycopg://x@/y?host={tmp_path}&connect_timeout=2")
    assert set(wrong(nowhere)) == {"database"}


def test_a_database_that_was_never_used_is_well(made: Context, tmp_path: Path) -> None:
    empty = replace(made.config, database_url=f"sqlite:///{tmp_path / 'empty.db'}")
    assert wrong(empty) == {}
    assert "first start" in findings(empty)["schema"].seen


def test_a_database_that_is_behind(made: Context) -> None:
    migrations.downgrade(made.store, "-1")
    seen = wrong(made.config)
    assert set(seen) == {"schema"}
    assert seen["schema"].advice


def test_a_database_whose_tables_are_of_another_history(made: Context) -> None:
    with made.store.writer.begin() as db:
        db.execute(text("alter table connection drop column catalog_seen_at"))
        db.execute(text("drop table push_step"))
    seen = wrong(made.config)
    assert seen["tables"].seen.endswith("connection.catalog_seen_at, push_step")


def test_a_database_that_takes_no_writes(made: Context) -> None:
    path = str(made.store.url.database)
    no_right_to_write = replace(made.config, database_url=f"sqlite:///file:{path}?mode=ro&uri=true")
    assert "readonly" in wrong(no_right_to_write)["writing"].seen


def test_keys_that_do_not_open(made: Context) -> None:
    strange = replace(made.config, encryption_keys=(Fernet.generate_key().decode(),))
    assert "ADAPTER_ENCRYPTION_KEYS" in wrong(strange)["keys"].advice


def test_a_token_that_was_sealed_with_a_lost_key(made: Context) -> None:
    other = Keyring([Fernet.generate_key().decode()], "k")
    with made.store.write() as db:
        db.get_one(Connection, 1).access_token = other.seal("token", "connection:1:access_token")
    assert set(wrong(made.config)) == {"keys"}
    with made.store.write() as db:
        db.get_one(Connection, 1).access_token = made.keys.seal("token", "connection:1:access_token")
    assert wrong(made.config) == {}


@pytest.mark.parametrize("state", [ConnectionState.NEEDS_RECONNECT, ConnectionState.DISCONNECTED])
def test_a_connection_that_has_ended(made: Context, state: ConnectionState) -> None:
    with made.store.write() as db:
        db.get_one(Connection, 1).state = state
    assert ("connection 1" in wrong(made.config)) is (state is ConnectionState.NEEDS_RECONNECT)


@pytest.mark.parametrize("pulled", [None, NOON - timedelta(minutes=61)])
def test_a_connection_that_is_not_fresh(made: Context, pulled: object) -> None:
    with made.store.write() as db:
        db.get_one(Connection, 1).last_pulled_at = pulled
    assert "no complete pull" in wrong(made.config)["connection 1"].seen


def test_a_clock_that_went_back_and_jobs_that_nobody_does(made: Context) -> None:
    with made.store.write() as db:
        for state, due in ((RunState.DONE, NOON), (RunState.QUEUED, NOON - timedelta(hours=1))):
            asked = {"kind": RunKind.PULL, "origin": RunOrigin.SCHEDULE, "actor": "clock", "params": {}}
            started = NOON + timedelta(hours=2) if state is RunState.DONE else None
            db.add(Run(**asked, state=state, due_at=due, started_at=started, counts={}, errors=[]))
    assert set(wrong(made.config)) == {"clock", "jobs"}


def test_settings_are_shown_and_secrets_are_not(made: Context) -> None:
    config = replace(
        made.config,
        database_url="postgresql+psycopg://me:canary@db.example/adapter",
        platforms={"mindbody": {"API_URL": "https://a.example", "API_KEY": "canary", "CLIENT_ID": "us"}},
    )
    shown = shown_settings(config)
    assert shown["ADAPTER_MINDBODY_API_URL"] == "https://a.example"
    assert shown["ADAPTER_MINDBODY_CLIENT_ID"] == "us"
    assert "ADAPTER_MINDBODY_API_KEY" in shown
    hidden = json.dumps(shown)
    assert not [one for one in ("canary", config.secret_key, *config.encryption_keys) if one in hidden]


def test_the_command_says_it_and_exits_by_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(doctor, [], env={"ADAPTER_INSTANCE": "here"}).exit_code == 0
    ctx = compose(load_config({"ADAPTER_INSTANCE": "here"}))
    migrations.downgrade(ctx.store, "-1")
    ctx.store.close()
    result = CliRunner().invoke(doctor, ["--json"], env={"ADAPTER_INSTANCE": "here"})
    told = json.loads(result.stdout)
    assert (result.exit_code, told["well"]) == (1, False)
    assert [finding["what"] for finding in told["findings"] if not finding["well"]] == ["schema"]
    broken = CliRunner().invoke(doctor, [], env={"ADAPTER_INSTANCE": "here", "ADAPTER_PUBLIC_URL": "x"})
    assert broken.exit_code == 1
    assert "ADAPTER_PUBLIC_URL" in broken.stdout
