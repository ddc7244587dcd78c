"""A model on disk: one JSON file of names and numbers, so that reading it can run no code.

The same model gives the same bytes, hence the same digest. Floats are written with as many digits as read back exactly.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from adapter.smarttools.curves import BINS, Curves
from adapter.smarttools.facts import Floats
from adapter.smarttools.kinds import Kinds
from adapter.smarttools.late import SHARES, Late
from adapter.smarttools.level import Level
from adapter.smarttools.market import Market
from adapter.smarttools.model import Model
from adapter.smarttools.ratios import Ratios
from adapter.smarttools.response import ONCE, Responses, point
from adapter.smarttools.returns import Pooled, Returns
from adapter.smarttools.trend import Heading, Trend

FILE = "smarttools.json"
VERSION = 5


class BadModel(ValueError):
    """A folder that holds no model this version can read: train again."""


def save(model: Model, seed: int, folder: Path) -> None:
    """Write the model; an earlier one in the folder is replaced whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{FILE}.new"
    fresh.write_bytes(as_bytes(model, seed))
    fresh.replace(folder / FILE)


def load(folder: Path) -> tuple[Model, int]:
    """The model and its seed."""
    path = folder / FILE
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["version"] != VERSION:
            raise BadModel(f"{path}: version {written['version']} is not {VERSION}: train again")
        return _model(written["model"]), int(written["seed"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BadModel):
            raise
        raise BadModel(f"{path}: no model to read ({error}): train again") from error


def digest(model: Model, seed: int) -> str:
    """SHA-256 of what ``save`` would write."""
    return hashlib.sha256(as_bytes(model, seed)).hexdigest()


def as_bytes(model: Model, seed: int) -> bytes:
    """The file's bytes."""
    written = {"version": VERSION, "seed": seed, "model": _plain(model)}
    return (json.dumps(written, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def _model(written: dict[str, Any]) -> Model:
    market, returns = written["market"], written["returns"]
    return Model(
        level=_level(written["level"]),
        curves=_curves(written["curves"]),
        kinds=_kinds(written.get("kinds", _plain(Kinds()))),  # once not kept
        late=_late(written["late"]),
        returns=Returns(
            _pooled(returns["hazard"], BINS), _pooled(returns["active"], BINS + 1), _pooled(returns["made"], BINS + 1)
        ),
        market=Market(
            share=float(market["share"]),
            curves=_curves(market["curves"]),
            chain=Market().chain | _chain(market["chain"]),  # those before hours and categories were pooled lack them
            responses=_responses(market["responses"]),
            attended=float(market["attended"]),
        ),
        others=float(written["others"]),
        fitted=bool(written["fitted"]),
        sessions=int(written["sessions"]),
        until=float(written["until"]),
    )


def _level(written: dict[str, Any]) -> Level:
    late = _array(written.get("late", Level().late), len(SHARES)).tolist()  # once not kept
    return Level(**{**written, "chain": _chain(written["chain"]), "trend": _trend(written["trend"]), "late": late})


def _pooled(written: dict[str, Any], length: int) -> Pooled:
    return Pooled(
        _array(written["all"], length), {key: _array(value, length) for key, value in written["studios"].items()}
    )


def _responses(written: dict[str, Any]) -> Responses:
    known = {key: [float(value) for value in values] for key, values in written["known"].items()}
    retail = {name: float(value) for name, value in written["retail"].items()}
    seen = {name: [float(value) for value in pair] for name, pair in written.get("seen", {}).items()}  # once not kept
    return Responses(_usual(written), known, retail, seen)


def _usual(written: dict[str, Any]) -> list[float]:
    if "weights" in written:  # once those of all curves were kept
        return point(_array(written["weights"], len(ONCE[0])), *ONCE)
    return [float(value) for value in _array(written["usual"], 3)]


def _trend(written: dict[str, Any]) -> Trend:
    return Trend(**{**written, "studios": {name: Heading(**each) for name, each in written["studios"].items()}})


def _kinds(written: dict[str, Any]) -> Kinds:
    shares = np.array([_array(row, BINS) for row in written["shares"]]).reshape(-1, BINS)
    return Kinds(shares, _array(written["chance"], len(shares)).tolist())


def _late(written: dict[str, Any]) -> Late:
    return Late(
        float(written["along"]), {name: _array(row, len(SHARES)).tolist() for name, row in written["ratio"].items()}
    )


def _chain(written: dict[str, Any]) -> dict[str, Ratios]:
    return {name: Ratios(**ratios) for name, ratios in written.items()}


def _curves(written: dict[str, Any]) -> Curves:
    known = {key: _array(value, BINS) for key, value in written["known"].items()}
    unsure = {key: float(value) for key, value in written["unsure"].items()}
    hours = {key: _array(value, BINS) for key, value in written.get("hours", {}).items()}  # once not kept
    return Curves(_array(written["prior"], BINS), known, unsure, float(written["fresh"]), hours)


def _array(values: list[float], length: int) -> Floats:
    array = np.array(values, dtype=np.float64)
    if array.shape != (length,) or not np.isfinite(array).all():
        raise ValueError(f"a table has shape {array.shape}, expected {length} finite numbers")
    return array
