"""Rules that hold whatever the model says, held against many drawn decisions: the limit is not one violation.

Each session is drawn with its own settings and books, decided, given one more direct booking at the same pace of its
studio, and decided again (INV-1 to INV-4, release-all, the risk limit, premium above standard).

Run: python -m benchmarks.bench_rules [DECISIONS]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from adapter.smarttools import SmartTools
from benchmarks.bench_smarttools import NOW, SLOTS, market

DECISIONS, PORTION = 100_000, 20_000
TINY = 1e-9

Tables = dict[str, pd.DataFrame]


def main() -> int:
    """Draw, decide, count what is broken, answer 1 where anything is."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS
    fitted, plain = SmartTools().fit(**market(15, range(-12, 0))), SmartTools()
    broken: dict[str, int] = {}
    made = 0
    for seed in range(-(-wanted // (2 * PORTION))):
        tables = drawn(seed)
        for name, count in violations(plain if seed % 5 == 4 else fitted, tables).items():
            broken[name] = broken.get(name, 0) + count
        made += 2 * len(tables["sessions"])
    total = sum(broken.values())
    print(f"{made:,} decisions: {total} violations ({', '.join(f'{name} {n}' for name, n in broken.items())})")
    return 0 if total == 0 else 1


def drawn(seed: int) -> Tables:
    """A market whose sessions have all kinds of settings and books."""
    draw = np.random.default_rng(seed)
    tables = market(PORTION // (SLOTS * 4), range(4), seed)
    sessions = tables["sessions"]
    count = len(sessions)
    floor = np.round(draw.uniform(0, 15, count), 3)
    own = {
        "capacity": draw.integers(0, 45, count).astype(float),
        "rate_floor": floor,
        "rate_ceiling": floor + draw.uniform(0.02, 15, count),
        "min_spots": np.where(draw.random(count) < 0.3, draw.integers(0, 12, count), np.nan),
        "release_all_hours": np.where(draw.random(count) < 0.2, draw.integers(2, 73, count), np.nan),
        "cancelled": draw.random(count) < 0.03,
    }
    risk = np.where(draw.random(len(tables["studios"])) < 0.5, draw.uniform(0, 0.5, len(tables["studios"])), np.nan)
    weight = draw.uniform(0, 4, len(tables["studios"]))
    studios = tables["studios"].assign(max_displacement_risk=risk, displacement_weight=weight)
    return tables | {"sessions": sessions.assign(**own), "studios": studios}


def violations(tools: SmartTools, tables: Tables) -> dict[str, int]:
    """How many sessions break each rule."""
    held = {name: tables[name] for name in ("studios", "sessions", "reservations")}
    sessions = tables["sessions"].merge(tools.pace(NOW, **held), on="session_id", validate="1:1")
    told = tools.decide(NOW, tables["studios"], sessions, tables["reservations"])
    more = tools.decide(NOW, tables["studios"], sessions, _one_more(tables))
    booked = tables["reservations"].groupby(["session_id", "channel"]).size().unstack(fill_value=0)
    booked = booked.reindex(sessions["session_id"], fill_value=0)
    free = np.maximum(sessions["capacity"].to_numpy() - booked.sum(axis=1).to_numpy(), 0)
    free = np.where(sessions["cancelled"], 0, free)
    lead = (sessions["starts_at"] - pd.Timestamp(NOW)) / pd.Timedelta(hours=1)
    spots, premium, rate = (told[name].to_numpy() for name in ("spots", "premium_spots", "rate"))
    least = np.minimum(np.nan_to_num(sessions["min_spots"].to_numpy()) - booked["marketplace"].to_numpy(), free)
    released = (lead <= sessions["release_all_hours"]).to_numpy()
    risk = told["displacement_risk"].to_numpy()
    house = tables["studios"].set_index("studio_id")["max_displacement_risk"]
    limit = sessions["studio_id"].map(house).to_numpy(dtype=float)
    forced = told["reason"].isin(["min_spots", "release_all"]).to_numpy()
    ceiling = sessions["rate_ceiling"].to_numpy()
    rules = {
        "more than is free": (spots < 0) | (premium < 0) | (spots + premium > free),
        "a booking lists more": (more["spots"].to_numpy() > spots) & ~released,
        "fewer than Minimum Spots": spots < least,
        "below the floor": rate < sessions["rate_floor"].to_numpy() - TINY,
        "above the ceiling": rate > ceiling + TINY,
        "not released": released & (spots != free),
        "beyond the risk limit": ~forced & (risk > limit + TINY),
        "no chance": (risk < 0) | (risk > 1),
        "premium no dearer": (premium > 0) & ~(told["premium_rate"].to_numpy() > rate),
        "premium above the ceiling": (premium > 0) & (told["premium_rate"].to_numpy() > ceiling + TINY),
    }
    return {name: int(np.count_nonzero(rows)) for name, rows in rules.items()}


def _one_more(tables: Tables) -> pd.DataFrame:
    """The reservations, and one more direct one in each session."""
    sessions, booked = tables["sessions"], tables["reservations"]
    fresh = pd.DataFrame(
        {"session_id": sessions["session_id"], "channel": "direct", "outcome": "booked", "amount": 25.0}
    )
    fresh["reservation_id"] = np.arange(len(fresh)) + len(booked)
    fresh["booked_at"] = pd.Timestamp(NOW)
    both = pd.concat([booked, fresh.reindex(columns=booked.columns)], ignore_index=True)
    never = pd.Series(pd.NaT, index=both.index, dtype="datetime64[ns, UTC]")
    return both.assign(cancelled_at=never, booked_at=pd.to_datetime(both["booked_at"], utc=True))


if __name__ == "__main__":
    sys.exit(main())
