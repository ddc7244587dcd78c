"""Trained models on disk: below instance/models, each in a folder named by the digest of its files."""

from __future__ import annotations

import hashlib
import tempfile
from functools import lru_cache
from pathlib import Path

from adapter.config import Config
from adapter.smarttools import BadModel, SmartTools


def models_folder(config: Config) -> Path:
    """Where models lie."""
    return config.instance / "models"


def keep_model(config: Config, tools: SmartTools) -> str:
    """Write a model and answer its digest; the same model is written once. A half-written one is never seen."""
    folder = models_folder(config)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as place:
        made = Path(place) / "model"
        tools.save(made)
        digest = digest_of(made)
        if not (folder / digest).exists():
            made.rename(folder / digest)
    return digest


def digest_of(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's files."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix().encode()
        whole.update(len(name).to_bytes(8, "big") + name + path.stat().st_size.to_bytes(8, "big") + path.read_bytes())
    return whole.hexdigest()


def load_tools(config: Config, digest: str | None) -> SmartTools:
    """The tools with a stored model, or without one."""
    return SmartTools() if digest is None else _load(models_folder(config) / digest)


def readable(config: Config, digest: str | None) -> str | None:
    """The digest of a model that this version can read; None: the plain rule decides until one is trained again."""
    try:
        load_tools(config, digest)
    except BadModel:
        return None
    return digest


@lru_cache(maxsize=8)
def _load(folder: Path) -> SmartTools:
    return SmartTools.load(folder)
