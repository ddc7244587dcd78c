"""The machine's own files and keys: copied whole while others write, and sealed anew so that an old key can go."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from adapter.command_line.keeping import COMMANDS
from adapter.context import Context
from adapter.store.addresses import email_id, open_address
from adapter.store.sealing import Keyring, SealBroken
from adapter.store.tables import Connection, EmailAddress
from tests.adapter.store.conftest import connected
from tests.fixtures.database import ENCRYPTION_KEY, NOON


def run(ctx: Context, *arguments: str) -> Result:
    group = click.Group(commands={command.name or "": command for command in COMMANDS})
    return CliRunner().invoke(group, arguments, obj=ctx)


def test_a_backup_holds_what_was_committed_and_is_its_owners_alone(ctx: Context, tmp_path: Path) -> None:
    instance, folder = tmp_path / "instance", tmp_path / "backups" / "first"
    (instance / "models" / "abc").mkdir(parents=True)
    for name in ("models/abc/smarttools.json", "secret.key", "encryption.keys"):
        (instance / name).write_text(name)
    ctx = replace(ctx, config=replace(ctx.config, instance=instance))
    connected(ctx.store)
    with ctx.store.write() as db:
        connected_too = Connection(**_like(db.get_one(Connection, 1)), site="1002")
        db.add(connected_too)
        db.flush()  # not committed yet: somebody else is in the middle of a write
        written = run(ctx, "backup", str(folder))
    assert (written.exit_code, written.stderr) == (0, "")
    assert "ADAPTER_ENCRYPTION_KEYS are not in it" in written.stdout  # those in use come from the environment
    copy = folder / Path(str(ctx.store.url.database)).name
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("select site from connection").fetchall() == [("1001",)]
    held = {
        path: (folder / path).read_text() for path in ("models/abc/smarttools.json", "secret.key", "encryption.keys")
    }
    assert all(name == text for name, text in held.items())
    assert [path.stat().st_mode & 0o077 for path in (folder, copy, folder / "encryption.keys")] == [0, 0, 0]
    again = run(ctx, "backup", str(folder))
    assert (again.exit_code, "holds something already" in again.stderr) == (1, True)


def _like(row: Connection) -> dict[str, object]:
    names = ("studio_id", "platform", "site_name", "timezone", "currency", "connected_at")
    return {name: getattr(row, name) for name in names}


def test_an_old_key_can_go_once_all_is_sealed_anew(ctx: Context) -> None:
    new, number = Fernet.generate_key().decode(), connected(ctx.store)
    name = f"connection:{number}:access_token"
    with ctx.store.write() as db:
        email_id(db, ctx.keys, "ana@studio.example", NOON)
        row = db.get_one(Connection, number)
        row.access_token, row.webhook_secret = ctx.keys.seal("token", name), b""
    both = replace(ctx, keys=Keyring([new, ENCRYPTION_KEY], "hash key of the tests"))
    assert run(both, "reseal").stdout.startswith("2 secrets")
    alone = Keyring([new], "hash key of the tests")
    with ctx.store.read() as db:
        assert alone.open(db.get_one(Connection, number).access_token or b"", name) == "token"
        assert open_address(alone, db.query(EmailAddress).one()) == "ana@studio.example"
        with pytest.raises(SealBroken):
            ctx.keys.open(db.get_one(Connection, number).access_token or b"", name)
    refused = run(ctx, "reseal")
    assert (refused.exit_code, "ADAPTER_ENCRYPTION_KEYS" in refused.stderr) == (1, True)
    assert "of row 1" in refused.stderr
