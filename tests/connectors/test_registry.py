"""Which platforms there are, and the table that tells what each can do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connectors import registry
from connectors.errors import Misconfigured
from connectors.platform import Capability


def test_every_platform_is_declared_under_its_own_name() -> None:
    assert set(registry.names()) >= {"marianatek", "mindbody", "sandbox"}
    for name in registry.names():
        assert registry.get(name).name == name
        assert registry.get(name) is registry.get(name)


def test_an_unknown_platform_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match=rf"no platform 'zen'\. There are: {', '.join(registry.names())}\."):
        registry.get("zen")


def test_names_are_known_without_loading_a_platform() -> None:
    code = "import sys; from connectors import registry; registry.names(); print('connectors.mindbody' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_the_table_has_a_row_for_every_capability_and_a_column_for_every_platform() -> None:
    head, rule, *rows = registry.capability_table().splitlines()
    assert head == f"|  | {' | '.join(registry.get(name).title for name in registry.names())} |"
    assert rule.count("---") == len(registry.names()) + 1
    assert [row.split("`")[1] for row in rows] == [capability.value for capability in Capability]
    for name, native in (("marianatek", "yes"), ("mindbody", "–"), ("sandbox", "yes")):
        assert rows[0].split(" | ")[registry.names().index(name) + 1].strip(" |") == native
