"""What a decision was made from, as it is kept with it: one session's part of the tables, and back again.

The stored form is the truth: a decision is computed from tables read out of it, so that replaying it gives the same
bytes (INV-10).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from adapter.store.facts import COLUMNS, TIME, Facts, table

Inputs = dict[str, Any]

PACE = ("pace", "pace_doubt", "tempo", "tempo_doubt", "appetite", "appetite_doubt", "interest")
"""How they are kept beside a session: as many as were told, with null where one between was not."""

NO_PACE = (1.0, None)
"""How the studio is doing beside its history, and the doubt of that, where nobody looked: as ever, with all doubt."""


def inputs_of(at: datetime, facts: Facts, model: str | None) -> dict[int, Inputs]:
    """Each session's inputs, by our session id. ``model``: digest of the model that decides; None: the plain rule."""
    studios = _rows("studios", facts["studios"])
    sessions = {row[0]: row for row in _rows("sessions", facts["sessions"])}
    reservations = _grouped("reservations", facts["reservations"], key=1)
    offers = _grouped("offers", facts["offers"], key=0)
    return {
        number: {
            "at": at.isoformat(),
            "model": model,
            "studios": studios,
            "sessions": [row],
            "reservations": reservations.get(number, []),
            "offers": offers.get(number, [])[-1:],
        }
        for number, row in sessions.items()
    }


def facts_of(inputs: Mapping[int, Inputs] | list[Inputs]) -> Facts:
    """The tables again, of one or many sessions."""
    several = list(inputs.values()) if isinstance(inputs, Mapping) else inputs
    tables = {name: _table(name, [row for each in several for row in each[name]]) for name in list(COLUMNS)[1:]}
    told = [[*(each.get("pace") or NO_PACE), *[None] * len(PACE)][: len(PACE)] for each in several]
    pace = dict(zip(PACE, np.array(told, dtype=np.float64).reshape(-1, len(PACE)).T, strict=True))
    premium = np.array([each.get("premium_chosen", True) for each in several], dtype=np.bool_)  # once it was not told
    tables["sessions"] = tables["sessions"].assign(**pace, premium=premium)
    return {"studios": _table("studios", several[0]["studios"] if several else []), **tables}


def canonical(value: object) -> bytes:
    """A value as bytes: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _rows(name: str, frame: pd.DataFrame) -> list[list[Any]]:
    """The rows as JSON can hold them: an absent value is null, an instant its ISO text."""
    columns = []
    for column, kind in COLUMNS[name].items():
        values = frame[column]
        if kind == TIME:
            columns.append([None if value is pd.NaT else value.isoformat() for value in values])
        else:
            columns.append(
                [None if gone else value for value, gone in zip(values.tolist(), values.isna(), strict=True)]
            )
    return [list(row) for row in zip(*columns, strict=True)]


def _grouped(name: str, frame: pd.DataFrame, *, key: int) -> dict[int, list[list[Any]]]:
    grouped: dict[int, list[list[Any]]] = {}
    for row in _rows(name, frame):
        grouped.setdefault(row[key], []).append(row)
    return grouped


def _table(name: str, rows: list[list[Any]]) -> pd.DataFrame:
    times = [kind == TIME for kind in COLUMNS[name].values()]

    def read(row: list[Any]) -> tuple[Any, ...]:
        cells = zip(row, times, strict=True)
        return tuple(datetime.fromisoformat(cell) if timed and cell else cell for cell, timed in cells)

    return table(name, (read(row) for row in rows))
