"""docs/faults.md names for each entry of the fault list the tests that prove it: they exist, and none is left out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MATRIX = Path(__file__).parent
ROW = re.compile(r"^\| F(\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ENTRIES = {
    int(number): (holds, proof) for number, _, holds, proof in ROW.findall((ROOT / "docs/faults.md").read_text())
}


@cache
def names(path: str) -> frozenset[str]:
    """The tests in a file."""
    return frozenset(re.findall(r"^ *def (test_\w+)", (ROOT / path).read_text(), re.MULTILINE))


def matrix(path: Path) -> set[int]:
    """The entries that a file of the matrix is about."""
    return {int(found[1]) for name in names(str(path.relative_to(ROOT))) if (found := re.match(r"test_f(\d\d)_", name))}


def test_every_entry_of_the_list_has_its_line() -> None:
    assert sorted(ENTRIES) == list(range(1, 63))


@pytest.mark.parametrize("number", sorted(ENTRIES))
def test_what_an_entry_names_exists(number: int) -> None:
    holds, proof = ENTRIES[number]
    if proof == "–":
        assert "does not concern" in holds
        return
    for reference in proof.split():
        path, _, name = reference.partition("::")
        found = names(path)
        assert name in found or (not name and any(each.startswith(f"test_f{number:02}_") for each in found)), reference


def test_the_matrix_proves_forty_entries_and_says_so() -> None:
    proven = set[int]().union(*(matrix(path) for path in MATRIX.glob("test_*.py")))
    assert len(proven) >= 40
    assert {number for number in proven if "tests/faults/" not in ENTRIES[number][1]} == set()
