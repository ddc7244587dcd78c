"""A third platform, made up: scaffolded into a copy of this checkout, where its tests run at once (J5)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.command_line.new_platform import new_platform
from connectors.scaffold import BadName, check_name, make_platform

ROOT = Path(__file__).parent.parent.parent
COPIED = ("connectors", "adapter", "sync", "migrations", "tests/fixtures", "tests/connectors/mindbody", "docs")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of this checkout as a platform's tests need."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in COPIED:  # with what was compiled of it, which holds as long as the times of its files do
        shutil.copytree(ROOT / folder, root / folder)
    for file in ("setup.cfg", "pyproject.toml", "README.md", "tests/conftest.py", "tests/__init__.py"):
        shutil.copy(ROOT / file, root / file)
    (root / "tests/connectors/__init__.py").touch()
    return root


def run(root: Path, *command: str) -> str:
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    ended = subprocess.run([sys.executable, *command], cwd=root, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_its_tests_run_from_the_first_minute_and_no_core_file_changes(checkout: Path) -> None:
    files = [path for path in checkout.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    before = {path: path.read_bytes() for path in files}
    written = make_platform(checkout, "demo2", "Demo Two")
    told = run(checkout, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/connectors/demo2")
    assert "3 passed" in told
    changed = {str(path.relative_to(checkout)) for path, was in before.items() if path.read_bytes() != was}
    assert changed == {"connectors/registry.py", "README.md"}
    assert "| Demo Two | Mariana Tek | Mindbody |" in (checkout / "README.md").read_text().replace("|  | ", "| ")
    python = [str(path) for path in written if path.suffix == ".py"]
    run(checkout, "-m", "ruff", "check", "--quiet", *python)
    run(checkout, "-m", "ruff", "format", "--check", "--quiet", *python)
    with pytest.raises(BadName, match="is taken"):
        make_platform(checkout, "demo2", "Demo Two")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "small letters"),
        ("Zen", "small letters"),
        ("zen-planner", "small letters"),
        ("../zen", "small letters"),
        ("2zen", "small letters"),
        ("class", "small letters"),
        ("z" * 32, "small letters"),
        ("http", "is taken"),
        ("errors", "is taken"),
        ("mindbody", "is taken"),
        ("secret", "our own settings"),
    ],
)
def test_a_name_that_would_be_mistaken_is_refused(name: str, why: str) -> None:
    with pytest.raises(BadName, match=why):
        check_name(ROOT, name, {"secret"})
    told = CliRunner().invoke(new_platform, ["--", name])
    assert told.exit_code == 2
    assert why in told.output


def test_a_folder_that_is_no_checkout_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(BadName, match="no checkout"):
        make_platform(tmp_path, "zenith", "Zenith")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", ["", " ", '"""', "$name", "a\nb", "x" * 41])
def test_a_title_that_would_break_a_file_is_refused(title: str) -> None:
    with pytest.raises(BadName, match="title"):
        make_platform(ROOT, "zenith", title)
    assert not (ROOT / "connectors/zenith").exists()
