"""``adapter conformance PLATFORM``: starts a double, runs the checks, says what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click import ClickException
from click.testing import CliRunner

from connectors import registry
from connectors.conformance import CHECKS
from sync.commands.conformance import account, conformance
from sync.demo.sandbox import Sandbox


def test_it_runs_every_check_against_a_double_of_its_own() -> None:
    """OR-08."""
    told = CliRunner().invoke(conformance, ["sandbox", "--json"])
    assert told.exit_code == 0, told.output
    findings = json.loads(told.stdout)
    assert len(findings) == len(CHECKS)
    assert all(finding["passed"] for finding in findings)


def test_a_connector_that_is_wrong_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "get", lambda name: replace(_SANDBOX, webhooks=None))
    told = CliRunner().invoke(conformance, ["sandbox"])
    assert told.exit_code == 1
    assert "FAILED  what is declared is there\n        WEBHOOKS is declared, but not there" in told.output
    assert "passed  records are sound" in told.output


def test_an_unknown_platform_is_wrong_usage() -> None:
    told = CliRunner().invoke(conformance, ["zen"])
    assert told.exit_code == 2
    assert "'mindbody', 'sandbox'" in told.output


def test_a_platform_that_the_sandbox_does_not_speak_is_said_to_bring_its_own_double() -> None:
    silent = Sandbox({"url": "http://127.0.0.1:1", "dialects": {"sandbox": {}}})
    with pytest.raises(ClickException, match=r"no double of zenith; it speaks sandbox.*tests/connectors/zenith/"):
        account(replace(_SANDBOX, name="zenith"), silent).__enter__()


_SANDBOX = registry.get("sandbox")
