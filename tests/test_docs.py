"""What is written is what is there: commands, settings, the table of platforms, the version."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from adapter import __version__
from connectors.registry import capability_table
from wsgi import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^\| ([A-Z]\S*(?: \d+)?) \| (.+) \| (.+) \|$", re.MULTILINE)
NODE = re.compile(r"`(tests/[\w/]+\.py)::(?:\w+::)?(test_\w+)`")
UNTESTED = ("**Not built:**", "**No test:**")
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


@cache
def heads(path: str) -> dict[str, str]:
    """Of each test of a file what stands before its first statement: decorators, name and docstring."""
    source = (ROOT / path).read_text()
    lines, found = source.splitlines(), {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            first = min(line.lineno for line in (node, *node.decorator_list))
            above = lines[first - 1 : node.body[0].lineno - 1]
            found[node.name] = "\n".join((*above, ast.get_docstring(node) or ""))
    return found


def names(rule: str, text: str) -> bool:
    """Whether a text names a rule: SS-07 as in ``test_ss_07_…``, too."""
    return bool(re.search(rf"(?<![a-z]){re.sub('[- ]', '[-_ ]', rule)}(?![0-9])", text, re.IGNORECASE))


def test_each_rule_has_a_test_that_exists_and_names_it() -> None:
    rows = ROW.findall((ROOT / "docs" / "requirements.md").read_text())
    wrong = [
        (rule, node)
        for rule, words, tests in rows
        for node in (NODE.findall(tests) if not words.startswith(UNTESTED) else [])
        if not names(rule, heads(node[0]).get(node[1], ""))
    ]
    assert wrong == []
    assert [rule for rule, words, tests in rows if not NODE.search(tests) and not words.startswith(UNTESTED)] == []
    series = defaultdict(list)
    for rule, *_ in rows:
        series[rule.rstrip("0123456789")].append(int(re.sub(r"\D", "", rule)))
    assert all(numbers == list(range(1, len(numbers) + 1)) for of, numbers in series.items() if of != "A"), (
        "none is left out"
    )
