"""How fast SmartTools learns and decides, at three sizes: cost must grow no faster than the market.

Limits (for 2 quiet cores): 50,000 sessions decided a second in bulk; one session within 20 ms of its webhook; training
on 5 million reservations within 5 minutes and 4 GiB. The sizes run here are smaller; each is set against its limit.

Run: python -m benchmarks.bench_smarttools [RESERVATIONS ...]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from adapter.operating.collector import settle_collector
from adapter.smarttools import SmartTools

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = 168
SLOTS = 20  # a studio's recurring slots
FILL, AHEAD = 0.6, 60.0  # of the places, in the end; hours before the start, on average
DECIDED = (20_000, 60_000, 180_000)  # sessions
TIMES = 3  # each size is decided so often, and the middle one counts: the first fetches its memory anew
LEARNT = (50_000, 150_000, 450_000)  # reservations
PER_SECOND, ONE, RESERVATIONS, TRAINING, MEMORY = 50_000, 0.020, 5_000_000, 300.0, 4.0
STEEPEST = 1.3  # times the cost a piece at the greatest size over that at the smallest: more is not linear

Tables = dict[str, pd.DataFrame]


def market(studios: int, weeks: range, seed: int = 0) -> Tables:
    """So many studios of 20 slots over these weeks, from now; what is over is attended."""
    draw = np.random.default_rng(seed)
    slot = np.repeat(np.arange(studios * SLOTS), len(weeks))
    week = np.tile(np.array(weeks), studios * SLOTS)
    capacity = draw.integers(12, 31, studios * SLOTS)[slot]
    starts = pd.Timestamp(NOW) + pd.to_timedelta(week * WEEK + draw.integers(1, WEEK, studios * SLOTS)[slot], unit="h")
    sessions = pd.DataFrame(
        {
            "session_id": np.arange(len(slot)),
            "studio_id": slot // SLOTS,
            "venue_id": (slot // SLOTS).astype(str),
            "template_id": slot.astype(str),
            "starts_at": starts,
            "capacity": capacity.astype(float),
            "category": np.array(["yoga", "spin", "barre"], dtype=object)[slot % 3],
            "instructor_id": (slot % 7).astype(str),
            "cancelled": False,
        }
    )
    reservations = _reservations(draw, sessions)
    return {
        "studios": _studios(studios),
        "sessions": sessions,
        "reservations": reservations,
        "offers": _offers(sessions),
    }


def _studios(count: int) -> pd.DataFrame:
    columns: dict[str, Any] = {"studio_id": np.arange(count), "timezone": "Europe/Paris", "currency": "EUR"}
    rates = {"retail_rate": 25.0, "rate_floor": 9.0, "rate_ceiling": 22.0}
    unset = dict.fromkeys(("min_spots", "release_all_hours", "displacement_weight", "max_displacement_risk"), np.nan)
    return pd.DataFrame(columns | rates | unset)


def _reservations(draw: np.random.Generator, sessions: pd.DataFrame) -> pd.DataFrame:
    lead = np.maximum(((sessions["starts_at"] - pd.Timestamp(NOW)) / pd.Timedelta(hours=1)).to_numpy(), 0.0)
    counts = draw.poisson(FILL * sessions["capacity"].to_numpy() * np.exp(-lead / AHEAD))  # of what is to come: by now
    session = np.repeat(np.arange(len(sessions)), counts)
    ahead = lead[session] + draw.exponential(AHEAD, len(session))
    booked = pd.DatetimeIndex(sessions["starts_at"])[session] - pd.to_timedelta(ahead, unit="h")
    over = lead[session] == 0
    channel = np.where(draw.random(len(session)) < 0.2, "marketplace", "direct").astype(object)
    return pd.DataFrame(
        {
            "reservation_id": np.arange(len(session)),
            "session_id": session,
            "channel": channel,
            "product": np.array(["standard", None], dtype=object)[(channel == "direct").astype(int)],
            "booked_at": booked,
            "cancelled_at": pd.Series(pd.NaT, index=range(len(session)), dtype="datetime64[ns, UTC]"),
            "outcome": np.where(over, "attended", "booked").astype(object),
            "amount": 14.0,
        }
    )


def _offers(sessions: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "session_id": sessions["session_id"],
            "from_at": sessions["starts_at"].where(sessions["starts_at"] < NOW, NOW) - pd.Timedelta(days=14),
            "spots": 4,
            "rate": 10.0 + sessions["session_id"] % 7,
            "premium_spots": 0,
            "premium_rate": np.nan,
        }
    )


def took(call: Callable[[], object]) -> float:
    """Seconds on the wall."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> int:
    """Measure, print, and answer 1 where a limit is passed."""
    settle_collector()  # as every process of the adapter does
    ok, tools = _training(), SmartTools().fit(**market(20, range(-12, 0)))  # learning first: it tells peaks of memory
    pieces = []
    for size in DECIDED:
        tables = market(size // (SLOTS * 4), range(4))
        busy = time.process_time()
        seconds = median(took(partial(tools.decide, NOW, **tables)) for _ in range(TIMES))
        busy = (time.process_time() - busy) / TIMES / len(tables["sessions"]) * 1e6
        rate = len(tables["sessions"]) / seconds
        pieces.append(1 / rate)
        told = f"{rate:>9,.0f} a second ({busy:.0f} µs of processor each), {rate / PER_SECOND:.2f} of the limit's"
        print(f"decide {size:>8,} sessions: {told}")
    ok &= pieces[-1] <= 1 / PER_SECOND and pieces[-1] <= STEEPEST * pieces[0]
    ok &= _one(tools)
    return 0 if ok else 1


def _one(tools: SmartTools) -> bool:
    """One session decided after a webhook, its studio's pace reckoned from all of the studio's before."""
    tables = market(1, range(4))
    held = {name: tables[name] for name in ("studios", "sessions", "reservations")}
    changed = tables["sessions"].iloc[[0]]

    def decide() -> None:
        pace = tools.pace(NOW, **held)
        tools.decide(NOW, **tables | {"sessions": changed.merge(pace, on="session_id")})

    decide()
    best = min(took(decide) for _ in range(20))
    print(f"decide one session, its pace reckoned: {best * 1e3:.1f} ms, {best / ONE:.2f} of the limit")
    return best <= ONE


def _training() -> bool:
    SmartTools().fit(**market(2, range(-26, 0)))  # what is loaded to learn at all does not grow with the market
    pieces, ok, before = [], True, _peak()
    for size in LEARNT if len(sys.argv) < 2 else map(int, sys.argv[1:]):
        studios = round(size / (SLOTS * 26 * 21 * FILL))
        tables = market(studios, range(-26, 0))
        count = len(tables["reservations"])
        busy = time.process_time()
        pieces.append(took(partial(SmartTools().fit, **tables)) / count)
        busy = time.process_time() - busy
        memory = before + (_peak() - before) / count * RESERVATIONS
        whole = pieces[-1] * RESERVATIONS
        print(
            f"train on {count:>8,} reservations: {pieces[-1] * count:6.1f} s ({busy:.1f} of processor); "
            f"5 million at that pace {whole:6.0f} s, {whole / TRAINING:.2f} of the limit; "
            f"{_peak():.2f} GiB at most, 5 million {memory:.1f} GiB, {memory / MEMORY:.2f} of the limit"
        )
    ok &= whole <= TRAINING and memory <= MEMORY
    return ok and pieces[-1] <= STEEPEST * pieces[0]


def _peak() -> float:
    """GiB that this process held at most so far, the tables it was given among them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    sys.exit(main())
