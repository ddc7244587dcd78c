"""An exported class history as the tables of the decision interface: counts become reservations at unknown times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from adapter.backtest.history import History

STUDIO = "history"
FLOOR = 0.4  # of the retail rate: an exported history knows no agreed floor


def facts_of_history(history: History, timezone: str, retail_rate: float) -> dict[str, pd.DataFrame]:
    """The four tables of one studio. Every count is taken as direct; the ceiling is the retail rate."""
    return {
        "studios": _studios(timezone, retail_rate),
        "sessions": _sessions(history),
        "reservations": _reservations(history),
        "offers": _offers(),
    }


def _studios(timezone: str, retail_rate: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "studio_id": [STUDIO],
            "timezone": [timezone],
            "currency": ["USD"],
            "retail_rate": [retail_rate],
            "rate_floor": [FLOOR * retail_rate],
            "rate_ceiling": [retail_rate],
            "min_spots": [np.nan],
            "release_all_hours": [np.nan],
            "displacement_weight": [np.nan],
            "max_displacement_risk": [np.nan],
        }
    )


def _sessions(history: History) -> pd.DataFrame:
    classes = history.classes
    return pd.DataFrame(
        {
            "session_id": [past.line for past in classes],
            "studio_id": [STUDIO] * len(classes),
            "venue_id": [past.venue for past in classes],
            "template_id": [past.slot for past in classes],
            "starts_at": pd.to_datetime([past.starts_at for past in classes], utc=True),
            "capacity": pd.array([past.capacity for past in classes], dtype="float64"),
            "category": [past.category for past in classes],
            "instructor_id": [past.instructor for past in classes],
            "cancelled": pd.array([past.cancelled for past in classes], dtype="bool"),
        }
    )


def _reservations(history: History) -> pd.DataFrame:
    lines = np.repeat([past.line for past in history.classes], [past.booked for past in history.classes])
    unknown = pd.Series(pd.NaT, index=range(len(lines)), dtype="datetime64[ns, UTC]")
    return pd.DataFrame(
        {
            "reservation_id": np.arange(len(lines)),
            "session_id": lines.astype(np.int64),
            "channel": "direct",
            "product": None,
            "booked_at": unknown,
            "cancelled_at": unknown,
            "outcome": "attended",
            "amount": np.nan,
        }
    )


def _offers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "session_id": np.zeros(0, np.int64),
            "from_at": pd.to_datetime([], utc=True),
            "spots": np.zeros(0),
            "rate": np.zeros(0),
            "premium_spots": np.zeros(0),
            "premium_rate": np.zeros(0),
        }
    )
