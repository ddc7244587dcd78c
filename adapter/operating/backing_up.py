"""A copy of everything that the service keeps on its machine, taken while it runs: database, models, keys.

A file of SQLite that is copied while it is written to may be torn; here the database itself writes the copy, as of one
instant. Knows files; what is in them it need not know.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from adapter.operating.keyfiles import MAKE
from adapter.store.database import Store

MODELS = "models"


class CannotBackUp(Exception):
    """Why not, and what to do. No earlier backup was touched."""


def back_up(store: Store, instance: Path, folder: Path) -> list[Path]:
    """Write a copy into ``folder``, which is made, readable by its owner only; what was written. Raises CannotBackUp.

    Models after the database: all that it names are there, since a model is written before it is named.
    """
    if not store.is_sqlite or store.url.database is None:
        raise CannotBackUp(
            "the database is PostgreSQL's own to back up (pg_dump); beside it keep the models and the keys"
        )
    if folder.exists() and any(folder.iterdir()):
        raise CannotBackUp(f"{folder} holds something already: name a folder that is not there yet")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return [_database(Path(store.url.database), folder), *_files(instance, folder)]
    except (OSError, sqlite3.Error) as error:
        raise CannotBackUp(f"{folder} could not be written whole: {error}") from error


def _database(source: Path, folder: Path) -> Path:
    copy = folder / source.name
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as opened:
        opened.execute("vacuum into ?", (str(copy),))
    copy.chmod(0o600)
    with closing(sqlite3.connect(copy)) as opened:
        (found,) = opened.execute("pragma quick_check").fetchone()
    if found != "ok":
        raise CannotBackUp(f"{copy} is damaged, and so may be {source}: {found}")
    return copy


def _files(instance: Path, folder: Path) -> Iterator[Path]:
    if (instance / MODELS).is_dir():
        yield Path(shutil.copytree(instance / MODELS, folder / MODELS))
    for name in MAKE:
        if (instance / name).exists():
            made = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "w", encoding="ascii") as copy:
                copy.write((instance / name).read_text(encoding="ascii"))
            yield folder / name
