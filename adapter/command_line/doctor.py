"""``adapter doctor``: prints the settings and what was found; exit status 1 where something is wrong."""

from __future__ import annotations

from dataclasses import asdict

import click

from adapter.clock import system_clock
from adapter.command_line.asking import json_option
from adapter.command_line.printing import as_json, as_list
from adapter.config import ConfigError, load_config
from adapter.operating.doctor import Finding, examine, shown_settings


@click.command()
@json_option
@click.pass_context
def doctor(click_context: click.Context, json_wanted: bool) -> None:
    """Check settings, database, keys, clocks and connections, and say what to do. Needs nothing to be well."""
    findings = list(examine(load_config, system_clock()))
    try:
        settings = shown_settings(load_config())
    except ConfigError:
        settings = {}
    well = all(finding.well for finding in findings)
    if json_wanted:
        as_json({"well": well, "settings": settings, "findings": [asdict(finding) for finding in findings]})
    else:
        _tell(settings, findings)
    click_context.exit(0 if well else 1)


def _tell(settings: dict[str, str], findings: list[Finding]) -> None:
    if settings:
        as_list(settings)
        click.echo()
    for finding in findings:
        click.echo(f"{'✔' if finding.well else '✘'} {finding.what}: {finding.seen}")
        if finding.advice:
            click.echo(f"    {finding.advice}")
