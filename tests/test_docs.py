"""What is written is what is there: commands, settings, the table of platforms, the version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter import __version__
from connectors.registry import capability_table
from wsgi import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SETTINGS = re.compile(r"ADAPTER_([A-Z][A-Z_]+[A-Z])")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`adapter {command}" in README


def test_the_table_of_platforms_is_the_declarations() -> None:
    between = README.split("<!-- capabilities: written from the declarations, checked by a test -->")[1]
    assert between.split("<!-- /capabilities -->")[0].strip() == capability_table().strip()


def test_every_setting_that_the_code_reads_is_documented() -> None:
    documented = (ROOT / "docs" / "operator.md").read_text()
    code = (ROOT / "adapter" / "config.py").read_text()
    for name in SETTINGS.findall(code):
        assert f"ADAPTER_{name}" in documented


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == __version__


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_names_its_two_commands_and_they_exist(command: str) -> None:
    assert command in README
    assert re.search(rf"^{command.removeprefix('make ')}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
