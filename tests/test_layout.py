"""The guard rails of the house that no linter knows: who speaks HTTP, who names a platform, what is installed."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors import registry

ROOT = Path(__file__).parent.parent
PACKAGES = ("adapter", "connectors", "sync", "migrations")
SPEAKS_HTTP = {
    "connectors/http/",
    "connectors/oauth/",
    "connectors/sandbox/server",  # the platform's side: it delivers webhooks
    "sync/demo/browser.py",  # the demo's owner, in front of the screen
}
IMPORT_NAME = {
    "flask-smorest": "flask_smorest",
    "scikit-learn": "sklearn",
    "prometheus-client": "prometheus_client",
    "flask-login": "flask_login",
    "flask-wtf": "flask_wtf",
    "flask-limiter": "flask_limiter",
    "python-dotenv": "dotenv",
    "email-validator": "email_validator",
    "fpdf2": "fpdf",
    "argon2-cffi": "argon2",
}
NEVER_IMPORTED = {"tzdata", "psycopg"}  # data; and a driver that SQLAlchemy loads by the database's address


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of ours but the tests."""
    return (ROOT / "wsgi.py", *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))))


class Source(NamedTuple):
    """What a file of ours is asked for. Read once for all tests: parsing takes long."""

    lines: int
    docstring: str | None
    imported: frozenset[str]


@cache
def read(path: Path) -> Source:
    text = path.read_text()
    tree = ast.parse(text)
    return Source(len(text.splitlines()), ast.get_docstring(tree), frozenset(imports(tree)))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def imported(path: Path) -> frozenset[str]:
    return read(path).imported


def test_only_the_doors_speak_http() -> None:
    speakers = {
        str(path.relative_to(ROOT))
        for path in sources()
        if any(
            name.split(".")[0] in {"requests", "urllib3", "httpx"} or name == "http.client" for name in imported(path)
        )
    }
    strangers = {name for name in speakers if not any(name.startswith(allowed) for allowed in SPEAKS_HTTP)}
    assert strangers == set()


def test_nothing_imports_the_front_door() -> None:
    assert [path for path in sources() if "wsgi" in imported(path)] == []


def test_nothing_can_unpickle() -> None:
    assert [path for path in sources() if {"pickle", "joblib", "dill", "shelve", "marshal"} & imported(path)] == []


def test_no_core_file_names_a_booking_platform() -> None:
    """Nor do pages. In the guarantee the terms' own words stand: a contract names whom it is about."""
    own = re.compile(rf"connectors/({'|'.join(registry.names())})/|adapter/guarantee/")
    pages = [path for path in (ROOT / "adapter").rglob("*") if path.suffix in (".html", ".js")]
    core = [path for path in (*sources(), *pages) if not own.match(str(path.relative_to(ROOT)))]
    words = "|".join({name for name in registry.names() if name != "sandbox"} | {"mariana", "momence"})
    named = {str(path.relative_to(ROOT)) for path in core if re.search(words, path.read_text(), re.IGNORECASE)}
    assert named <= {"connectors/registry.py"}


@pytest.mark.parametrize(
    "path", [p for p in sources() if "versions" not in p.parts], ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_file_reads_in_one_sitting_and_says_what_it_is(path: Path) -> None:
    source = read(path)
    assert source.lines <= 400
    assert source.docstring, f"{path} has no module docstring"


def test_every_installed_package_is_used() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = re.findall(r"^([A-Za-z0-9-]+)", setup["options"]["install_requires"], re.MULTILINE)
    used = {name.split(".")[0] for path in sources() for name in imported(path)}
    unused = {name for name in wanted if IMPORT_NAME.get(name, name) not in used} - NEVER_IMPORTED
    assert unused == set()


def test_everything_shipped_is_ours_and_small() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in tracked if (ROOT / name).exists() and (ROOT / name).stat().st_size > 500_000] == []
