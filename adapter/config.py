"""Every setting, read once, by name: ADAPTER_… from the environment, then from .env, then the default.

A wrong value is an error that names the variable and what is allowed. Any setting may be given as a file instead
(``ADAPTER_SECRET_KEY_FILE=/run/secrets/key``). Knows names, meanings and defaults; ``adapter.operating.keyfiles`` keeps
the keys.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapter.operating.keyfiles import KeyFileBroken, kept_key
from adapter.people.staff_settings import StaffSettings, read_staff
from connectors import registry

PREFIX = "ADAPTER_"
DEFAULT_PUBLIC_URL = "http://127.0.0.1:5000"
YES, NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})
SHORTEST_SECRET = 16
MOST_PROXIES = 9
CALLS_PER_DAY = "CALLS_PER_DAY"  # ADAPTER_<PLATFORM>_CALLS_PER_DAY
MOST_CALLS = 10**9
NAMES = frozenset(
    {
        "INSTANCE",
        "DATABASE_URL",
        "PUBLIC_URL",
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "ALLOW_PRIVATE_ADDRESSES",
        "TRUSTED_PROXIES",
        "STAFF_ISSUER",
        "STAFF_CLIENT_ID",
        "STAFF_CLIENT_SECRET",
        "STAFF_ROLES",
        "STAFF_CLAIM",
        "STAFF_SCOPES",
        "STAFF_HOSTS",
    }
)
"""The settings that belong to no platform."""


class ConfigError(ValueError):
    """A setting has a value that can't be used; the message names the variable and what is allowed."""


@dataclass(frozen=True)
class Config:
    """The settings of one adapter."""

    instance: Path  # where the database, keys, models and logs lie by default
    database_url: str = field(repr=False)  # may hold a password
    public_url: str  # where platforms and browsers reach us, without a trailing slash
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)  # the first encrypts, all decrypt
    allow_private_addresses: bool = False
    trusted_proxies: int = 0  # how many of our own stand before us and add X-Forwarded-For and -Proto
    allowed_addresses: frozenset[str] = frozenset()  # "host:port" of the sandbox that we started ourselves
    staff: StaffSettings | None = None  # how our own people sign in; None: by links, passkeys and passwords alone
    platforms: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)  # {platform: {"API_URL": …}}
    unknown: tuple[str, ...] = ()  # variables with our prefix that mean nothing to us: most likely misspelt

    def platform(self, name: str, site: str = "") -> Mapping[str, str]:
        """The settings of one platform, by the part of the name after ADAPTER_<PLATFORM>_.

        For one account there, those with its name at their end hold instead: ADAPTER_<PLATFORM>_PAYER_ID__HARBOR_PINE.
        """
        every = self.platforms.get(name, {})
        end = f"__{re.sub(r'[^A-Za-z0-9]', '_', site).upper()}"
        own = {key.removesuffix(end): value for key, value in every.items() if site and key.endswith(end)}
        return {**every, **own} if own else every


def load_config(
    environ: Mapping[str, str] = os.environ, *, folder: Path | None = None, platforms: Iterable[str] | None = None
) -> Config:
    """Read the settings. Keys that are missing are made and kept in the instance folder, owner-only.

    ``folder`` holds .env and, unless ADAPTER_INSTANCE moves it, the instance folder: the working directory by default.
    ``platforms`` are the platforms whose settings are read: all we know by default. Raises ConfigError.
    """
    here = (folder or Path.cwd()).resolve()
    given = _given(environ, here)
    instance = here / given.get("INSTANCE", "instance")
    names = registry.names() if platforms is None else tuple(platforms)
    by_platform = {name: _of_platform(given, name) for name in names}
    return Config(
        instance=instance,
        database_url=checked_database_url(given.get("DATABASE_URL"), instance),
        public_url=_public_url(given.get("PUBLIC_URL", DEFAULT_PUBLIC_URL)),
        secret_key=_secret_key(given.get("SECRET_KEY"), instance),
        encryption_keys=_encryption_keys(given.get("ENCRYPTION_KEYS"), instance),
        allow_private_addresses=_switch("ALLOW_PRIVATE_ADDRESSES", given.get("ALLOW_PRIVATE_ADDRESSES", "")),
        trusted_proxies=_count("TRUSTED_PROXIES", given.get("TRUSTED_PROXIES", "0"), most=MOST_PROXIES),
        staff=_staff(given),
        platforms=by_platform,
        unknown=_unknown(given, names),
    )


def _given(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """All that is set, without the prefix; the environment wins over .env, and a file stands for its content."""
    try:
        written = dotenv_values(folder / ".env", interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{folder / '.env'} cannot be read as UTF-8 text: {error}") from error
    both = {**written, **environ}
    named = {key.removeprefix(PREFIX): value or "" for key, value in both.items() if key.startswith(PREFIX)}
    given = {key: value.strip() for key, value in named.items() if value.strip()}
    for key in [key for key in given if key.endswith("_FILE")]:
        plain = key.removesuffix("_FILE")
        if plain in given:
            raise ConfigError(f"{PREFIX}{plain} and {PREFIX}{key} are both set: keep one of them")
        given[plain] = _content(key, given.pop(key))
    return given


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{PREFIX}{name}: {path} cannot be read ({type(error).__name__})") from error


def _of_platform(given: Mapping[str, str], name: str) -> dict[str, str]:
    prefix = f"{name.upper()}_"
    settings = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
    for key in settings:
        if key.endswith("_URL") or key == "ISSUER":
            settings[key] = _http_url(prefix + key, settings[key])
        elif key == CALLS_PER_DAY:
            _count(prefix + key, settings[key], most=MOST_CALLS)
    return settings


def _unknown(given: Mapping[str, str], platforms: Iterable[str]) -> tuple[str, ...]:
    prefixes = tuple(f"{name.upper()}_" for name in platforms)
    return tuple(sorted(PREFIX + key for key in given if key not in NAMES and not key.startswith(prefixes)))


def checked_database_url(given: str | None, instance: Path) -> str:
    """The address of the database; by default a file in the instance folder. Raises ConfigError."""
    if given is None:
        return f"sqlite:///{instance / 'adapter.db'}"
    allowed = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ConfigError(f"ADAPTER_DATABASE_URL is no database URL; allowed: {allowed}") from None
    in_memory = url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")
    if url.drivername not in ("sqlite", "postgresql+psycopg") or in_memory or not url.database:
        raise ConfigError(f"ADAPTER_DATABASE_URL: {url.drivername} cannot be used so; allowed: {allowed}")
    return given


def _public_url(given: str) -> str:
    return _http_url("PUBLIC_URL", given)


def _staff(given: Mapping[str, str]) -> StaffSettings | None:
    own = {key.removeprefix("STAFF_"): value for key, value in given.items() if key.startswith("STAFF_")}
    if "ISSUER" in own:
        _http_url("STAFF_ISSUER", own["ISSUER"])  # kept to the letter: what an issuer says must be the very same
    try:
        return read_staff(own)
    except ValueError as error:
        raise ConfigError(f"{PREFIX}STAFF_{error}") from None


def _http_url(name: str, given: str) -> str:
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise ConfigError(f"{PREFIX}{name}: {given!r} cannot be used; allowed: https://HOST[:PORT][/PATH] (or http)")
    return given.rstrip("/")


def _switch(name: str, given: str) -> bool:
    if given.lower() in YES | NO:
        return given.lower() in YES
    raise ConfigError(f"{PREFIX}{name}: {given!r} is neither yes nor no; allowed: 1, true, yes, on, 0, false, no, off")


def _count(name: str, given: str, *, most: int) -> int:
    if given.isdecimal() and int(given) <= most:
        return int(given)
    raise ConfigError(f"{PREFIX}{name}: {given!r} is not allowed; allowed: a whole number from 0 to {most}")


def _secret_key(given: str | None, instance: Path) -> str:
    key = given or _kept(instance, "secret.key")
    if len(key) < SHORTEST_SECRET:
        raise ConfigError(f"ADAPTER_SECRET_KEY is too short; allowed: {SHORTEST_SECRET} characters or more, random")
    return key


def _encryption_keys(given: str | None, instance: Path) -> tuple[str, ...]:
    keys = tuple((given or _kept(instance, "encryption.keys")).replace(",", " ").split())
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        raise ConfigError(
            "ADAPTER_ENCRYPTION_KEYS: one of them is no Fernet key; allowed: one or more, separated by commas, "
            "each 32 random bytes in URL-safe base64; the first encrypts, all decrypt"
        ) from None
    return keys


def _kept(instance: Path, name: str) -> str:
    try:
        return kept_key(instance, name)
    except KeyFileBroken as error:
        raise ConfigError(str(error)) from error
