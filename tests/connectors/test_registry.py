"""Which platforms there are, and the table that tells what each can do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connectors import registry
from connectors.errors import Misconfigured
from connectors.platform import Capability


def test_every_platform_is_declared_under_its_own_name() -> None:
    assert registry.names() == ("marianatek", "mindbody", "sandbox")
    for name in registry.names():
        assert registry.get(name).name == name
        assert registry.get(name) is registry.get(name)


def test_an_unknown_platform_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match=r"no platform 'zen'\. There are: marianatek, mindbody, sandbox\."):
        registry.get("zen")


def test_names_are_known_without_loading_a_platform() -> None:
    code = "import sys; from connectors import registry; registry.names(); print('connectors.mindbody' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_the_table_has_a_row_for_every_capability_and_a_column_for_every_platform() -> None:
    head, rule, *rows = registry.capability_table().splitlines()
    assert head == "|  | Mariana Tek | Mindbody | Sandbox |"
    assert rule == "| --- | --- | --- | --- |"
    assert [row.split("`")[1] for row in rows] == [capability.value for capability in Capability]
    assert "| `SPOTS_NATIVE` | yes | – | yes |" in rows
    assert "| `SPOTS_LOCAL` | – | yes | – |" in rows
