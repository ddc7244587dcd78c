"""Whether a platform can reach us: by the look of our address, and by knocking at it ourselves.

Knows our own public address; calls no platform.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapter.config import Config
from connectors.errors import TryAgain
from connectors.http import head


@dataclass(frozen=True, slots=True)
class Knock:
    """What came of knocking. ``words`` say what is wrong; ``sure``: nobody else will find it otherwise."""

    words: str | None = None
    sure: bool = False


def not_public(config: Config) -> str | None:
    """Why no platform can reach our address; None: by https at a public name, or on this machine if that is allowed."""
    parts = urlsplit(config.public_url)
    if config.allow_private_addresses or config.allowed_addresses:
        return None
    if parts.scheme == "https" and _is_public_name(parts.hostname or ""):
        return None
    return (
        f"No platform can reach {config.public_url}: it has to be https at a public name. "
        "Set ADAPTER_PUBLIC_URL to the address at which this service is reached from outside."
    )


def knock(callback: str) -> Knock:
    """Ask our own address with HEAD, as a platform does before it agrees to send events there."""
    try:
        status = head(callback)
    except TryAgain as error:
        return Knock(f"We can't reach {callback} ourselves ({error}): is the service running there?")
    if 200 <= status < 300:
        return Knock()
    moved = "a redirect, which no platform follows" if 300 <= status < 400 else f"status {status}"
    return Knock(f"{callback} answers HEAD with {moved}: what stands before this service must pass it on.", sure=True)


def _is_public_name(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return host not in ("", "localhost")
