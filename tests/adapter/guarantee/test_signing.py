"""N-05: a statement that a stranger can verify with a file and a key, and with nothing else."""

from __future__ import annotations

import base64
import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapter.context import Context
from adapter.guarantee.signing import canonical, new_key, sign, verify
from adapter.statements.command import guarantee
from tests.adapter.guarantee.cases import Json, aurora

PRIVATE = new_key()


@pytest.fixture(scope="module")
def statement() -> Json:
    return aurora().assess()


def written(folder: Path, value: Any) -> str:
    path = folder / "file.json"
    path.write_text(json.dumps(value, indent=3, sort_keys=False))
    return str(path)


def run(*arguments: str, ctx: Context | None = None) -> Result:
    return CliRunner().invoke(guarantee, arguments, obj=ctx)


def test_a_file_is_assessed_and_a_malformed_one_is_said_to_be_so(tmp_path: Path) -> None:
    printed = run("assess", written(tmp_path, aurora().case))
    assert (printed.exit_code, json.loads(printed.stdout)) == (0, aurora().assess())
    wrong = aurora().case
    wrong["reservations"][3]["payout"] = "9.0.0"
    refused = run("assess", written(tmp_path, wrong))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "reservations[3].payout" in refused.stderr
    (tmp_path / "file.json").write_text('{"case_version": 1, "case_version": 1}')
    assert run("assess", str(tmp_path / "file.json")).exit_code == 2
    assert run("assess", str(tmp_path / "absent.json")).exit_code == 2


def test_what_we_sign_is_verified_and_one_cent_changes_that(ctx: Context, tmp_path: Path, statement: Json) -> None:
    """N-05."""
    signed = json.loads(run("sign", written(tmp_path, statement), ctx=ctx).stdout)
    assert signed["statement"] == statement
    key = signed["public_key"]
    assert run("verify", written(tmp_path, signed), "--key", key).exit_code == 0
    (tmp_path / "key").write_text(f"{key}\n")
    assert run("verify", written(tmp_path, signed), "--key", str(tmp_path / "key")).exit_code == 0
    told = json.loads(run("verify", written(tmp_path, signed), "--key", key, "--json").stdout)
    assert told == {"file": written(tmp_path, signed), "matches": True}
    signed["statement"]["lines"][0]["payout"] = "9.01"
    changed = run("verify", written(tmp_path, signed), "--key", key, "--json")
    assert (changed.exit_code, json.loads(changed.stdout)["matches"]) == (1, False)
    changed = run("verify", written(tmp_path, signed), "--key", key)
    assert (changed.exit_code, changed.stdout) == (1, "")
    assert "does not match" in changed.stderr


def test_the_signing_key_stays_the_same(ctx: Context, tmp_path: Path, statement: Json) -> None:
    file = written(tmp_path, statement)
    assert run("sign", file, ctx=ctx).stdout == run("sign", file, ctx=ctx).stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: said.clear(), "is no statement as `adapter guarantee assess` prints one"),
        (lambda said: said.pop("lines"), "lines: Missing"),
        (lambda said: said.update(payed="1.00"), "payed: Unknown"),
        (lambda said: said.update(payment=float("nan")), "payment: must be an amount"),
        (lambda said: said.update(payment=9.0), "payment: Not a valid string"),
        (lambda said: said.update(statement_version=2), "statement_version: must be 1"),
        (lambda said: said["lines"][0].update(payout="NaN"), "lines[0].payout: must be an amount"),
        (lambda said: said["lines"][0].pop("payout"), "lines[0].payout: Missing"),
        (lambda said: said["lines"][0].update(qualifying=1.5), "text, whole numbers"),
    ],
)
def test_what_is_no_statement_is_not_signed(
    ctx: Context, tmp_path: Path, statement: Json, change: Callable[[Json], Any], words: str
) -> None:
    change(said := copy.deepcopy(statement))
    refused = run("sign", written(tmp_path, said), ctx=ctx)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert words in refused.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed["statement"].update(payment="0.01"),
        lambda signed: signed["statement"].pop("warnings"),
        lambda signed: signed["statement"]["lines"].reverse(),
        lambda signed: signed.update(public_key=sign({}, new_key())["public_key"]),
        lambda signed: signed.update(signature=sign({}, PRIVATE)["signature"]),
        lambda signed: signed.update(signature="no base64"),
        lambda signed: signed.update(signature=7),
        lambda signed: signed.update(sign(signed["statement"], new_key())),  # signed anew by somebody else
    ],
)
def test_whatever_is_changed_it_no_longer_matches(statement: Json, change: Callable[[Json], Any]) -> None:
    signed = sign(copy.deepcopy(statement), PRIVATE)
    key = signed["public_key"]
    assert verify(signed, key)
    change(signed)
    assert not verify(signed, key)


@pytest.mark.parametrize("value", [[], {}, {"statement": {}, "signature": "", "public_key": "", "more": 1}])
def test_what_is_no_signed_statement_is_said_to_be_none(tmp_path: Path, value: Any) -> None:
    assert run("verify", written(tmp_path, value), "--key", "x").exit_code == 2


def test_a_key_that_is_none_is_wrong_usage(tmp_path: Path, statement: Json) -> None:
    assert run("verify", written(tmp_path, sign(statement, PRIVATE)), "--key", "x").exit_code == 2


def test_the_signature_is_ed25519_over_the_canonical_json(statement: Json) -> None:
    signed = sign(statement, PRIVATE)
    plain = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical(statement) == plain
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signed["public_key"]))
    key.verify(base64.b64decode(signed["signature"]), plain)


def test_a_stranger_needs_no_database_and_no_settings(tmp_path: Path, statement: Json) -> None:
    """N-05."""
    signed = sign(statement, PRIVATE)
    adapter = Path(sys.executable).with_name("adapter")
    environment = {"PATH": os.environ["PATH"], "ADAPTER_DATABASE_URL": "nonsense"}
    command = [adapter, "guarantee", "verify", written(tmp_path, signed), "--key", signed["public_key"]]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"file.json"}
