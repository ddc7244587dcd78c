"""Which platforms there are. Knows their names and where they are declared; imports one only when it is asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from connectors.errors import Misconfigured
from connectors.platform import Capability, Platform

_DECLARED_IN = {
    "marianatek": "connectors.marianatek",
    "mindbody": "connectors.mindbody",
    "sandbox": "connectors.sandbox",
}


def names() -> tuple[str, ...]:
    """The platforms' names, as they stand in URLs and settings."""
    return tuple(_DECLARED_IN)


@cache
def get(name: str) -> Platform:
    """A platform's declaration. Raises Misconfigured, with the names there are."""
    if name not in _DECLARED_IN:
        raise Misconfigured(f"There is no platform {name[:40]!r}. There are: {', '.join(names())}.")
    platform = import_module(_DECLARED_IN[name]).PLATFORM
    if not isinstance(platform, Platform) or platform.name != name:
        raise Misconfigured(f"{_DECLARED_IN[name]} does not declare a platform of the name {name}.")
    return platform


def capabilities() -> dict[Capability, list[bool]]:
    """What each platform can do, from the declarations: by capability, in the order of their names."""
    platforms = [get(name) for name in names()]
    return {capability: [capability in each.capabilities for each in platforms] for capability in Capability}


def capability_table() -> str:
    """The same as a table in Markdown."""
    titles = [get(name).title for name in names()]
    head = [["", *titles], ["---"] * (len(titles) + 1)]
    rows = [[f"`{word}`", *("yes" if can else "–" for can in row)] for word, row in capabilities().items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in head + rows)
