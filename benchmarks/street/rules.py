"""The rules that hold whatever the model says: each decision is checked, and every break counted by name."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from benchmarks.street.draw import Ints
from benchmarks.street.season import Books

CENT, HAIR = 0.01, 1e-9
COLUMNS = (
    "session_id",
    "spots",
    "rate",
    "premium_spots",
    "premium_rate",
    "expected_direct",
    "displacement_risk",
    "expected_value",
    "reason",
)


def broken(decided: pd.DataFrame, at: float, ids: Ints, books: Books) -> Counter[str]:
    """How many decisions break which rule."""
    if list(decided["session_id"]) != ids.tolist() or not set(COLUMNS) <= set(decided.columns):
        return Counter({"one row for each session, in the order given": 1})
    street, row = books.street, {name: decided[name].to_numpy(np.float64, na_value=np.nan) for name in COLUMNS[1:-1]}
    studios = [street.studios[number] for number in street.studio[ids]]
    floor, ceiling, least, release, most = np.array(
        [(each.floor, each.ceiling, each.min_spots, each.release_all, each.max_risk) for each in studios]
    ).T
    spots, premium, risk = row["spots"], row["premium_spots"], row["displacement_risk"]
    listed, free = spots + premium, books.free(ids)
    lost = street.cancelled_from[ids] <= at
    wanted = np.clip(np.nan_to_num(least) - books.by_market[ids], 0, free)
    wanted = np.where(street.start[ids] - at <= np.nan_to_num(release), free, wanted)
    wanted = np.where(lost, 0, wanted)
    with np.errstate(invalid="ignore"):
        kept = {
            "spots are whole and not negative": (spots >= 0) & (premium >= 0) & (listed == np.floor(listed)),
            "no more than is free": listed <= free,
            "rate between floor and ceiling": (row["rate"] >= floor - HAIR) & (row["rate"] <= ceiling + HAIR),
            "premium rate above the rate, at most the ceiling": (premium == 0)
            | ((row["premium_rate"] >= row["rate"] + CENT - HAIR) & (row["premium_rate"] <= ceiling + HAIR)),
            "no premium rate without premium spots": (premium > 0) | np.isnan(row["premium_rate"]),
            "minimum spots and release-all": listed >= wanted,
            "a cancelled session lists nothing": ~lost | (listed == 0),
            "a limit of displacement risk": np.isnan(most) | (listed <= wanted) | (risk <= most + HAIR),
            "chances and expectations": (risk >= 0) & (risk <= 1) & (row["expected_direct"] >= 0),
            "a value and a reason": np.isfinite(row["expected_value"])
            & (decided["reason"].astype(str) != "").to_numpy(),
        }
    return Counter({rule: int((~holds).sum()) for rule, holds in kept.items() if not holds.all()})
