"""Every setting, read once, by name: ADAPTER_… from the environment, then from .env, then the default.

A wrong value is an error that names the variable and what is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "ADAPTER_"


class ConfigError(ValueError):
    """A setting has a value that can't be used; the message names the variable and what is allowed."""


@dataclass(frozen=True)
class Config:
    """The settings of one adapter."""

    instance: Path  # where the database, keys, models and logs lie by default
    database_url: str
    public_url: str  # where platforms and browsers reach us, without a trailing slash
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)  # the first encrypts, all decrypt
    allow_private_addresses: bool = False
    allowed_addresses: frozenset[str] = frozenset()  # "host:port" of the sandbox that we started ourselves
    platforms: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)  # {"mindbody": {"API_URL": …}}

    def platform(self, name: str) -> Mapping[str, str]:
        """The settings of one platform, by the part of the name after ADAPTER_<PLATFORM>_."""
        return self.platforms.get(name, {})


def load_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings. Keys that are missing are made and kept in the instance folder, owner-only."""
    raise ConfigError("not written yet")
