"""Keys that are made on the first run and kept in the instance folder, readable by their owner only.

Knows files, not what a key is for beyond its making. Two processes that start at once end up with the same key.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet

MAKE: Mapping[str, Callable[[], str]] = {
    "secret.key": lambda: secrets.token_urlsafe(48),
    "encryption.keys": lambda: Fernet.generate_key().decode(),
}


class KeyFileBroken(Exception):
    """A key file that is empty, unreadable or missing where it must not be; the message says what to do."""


def kept_key(instance: Path, name: str) -> str:
    """The key in ``instance/name``, made if there is none yet. Raises KeyFileBroken."""
    path = instance / name
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _refuse_orphans(instance, name)
            _make(path, MAKE[name]())
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileBroken(f"{path} cannot be read or made ({error}): give us a folder we may write to") from error
    if not key:
        raise KeyFileBroken(f"{path} is empty: restore it from a backup; deleting it loses what was sealed with it")
    return key


def _refuse_orphans(instance: Path, name: str) -> None:
    """A new key would not open what an existing database holds."""
    database = instance / "adapter.db"
    if name == "encryption.keys" and database.exists():
        raise KeyFileBroken(
            f"{instance / name} is missing but {database} is there: restore the key from a backup, or set "
            "ADAPTER_ENCRYPTION_KEYS; without it the connections in that database cannot be opened"
        )


def _make(path: Path, key: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key holds
            os.link(draft, path)
    finally:
        draft.unlink()
