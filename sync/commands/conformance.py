"""``adapter conformance PLATFORM``: the tests that every connector must pass, against a double started for them.

Knows the sandbox as a process and the account of its owner; the checks themselves are in connectors.conformance.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from adapter.command_line.asking import json_option
from adapter.logs import configure_logs
from connectors import registry
from connectors.conformance import Finding, run_conformance
from connectors.http import open_door
from connectors.platform import Api, Platform, Site
from sync.demo.sandbox import Sandbox, Unspoken, running_sandbox


@click.command()
@click.argument("platform", type=click.Choice(registry.names()))
@json_option
def conformance(platform: str, json_wanted: bool) -> None:
    """Run the tests that every connector must pass, against the sandbox."""
    configure_logs()
    declared = registry.get(platform)
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        running_sandbox("--weeks", "6", log=nowhere) as sandbox,
        account(declared, sandbox) as api,
    ):
        findings = run_conformance(declared, api)
    tell(findings, json_wanted)
    if not all(finding.passed for finding in findings):
        raise SystemExit(1)


@contextmanager
def account(platform: Platform, sandbox: Sandbox) -> Iterator[Api]:
    """The demo studio's account at a running sandbox, opened with its owner's login."""
    try:
        settings, studio = sandbox.settings(platform.name), sandbox.studio(platform.name)
    except Unspoken as error:
        raise click.ClickException(f"{error}. Its own double is in tests/connectors/{platform.name}/.") from error
    held, site = [sandbox.token(platform.name)], str(studio["id"])
    with open_door(
        platform.address(settings["API_URL"], site),
        headers=platform.headers(site, settings),
        token=lambda fresh: held[0],
        on_call=lambda call, status: None,
        allow_private=False,
        allowed=frozenset({sandbox.address}),
        codes=platform.codes,
    ) as door:
        if platform.login is not None:
            held[0] = platform.login(door, studio["owner_login"], studio["owner_password"]).value
        api = Api(door, Site(site, "", "UTC", ""), datetime.now(UTC), settings)
        yield replace(api, site=platform.describe(api))


def tell(findings: list[Finding], json_wanted: bool) -> None:
    """Print what was found."""
    if json_wanted:
        told = [{"check": each.check, "passed": each.passed, "wrong": list(each.wrong)} for each in findings]
        click.echo(json.dumps(told, indent=2))
        return
    for each in findings:
        click.echo(f"{'passed' if each.passed else 'FAILED'}  {each.check}")
        for wrong in each.wrong[:10]:
            click.echo(f"        {wrong}")


COMMANDS: tuple[click.Command, ...] = (conformance,)
