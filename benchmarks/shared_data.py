"""The shared data, which are real and not ours: read from where they are, and nothing of them is kept here."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from adapter.smarttools.facts import Floats

FOLDER = Path(os.environ.get("SPOTKEEPER_DATA", "../shared/data"))
CLASSES = FOLDER / "leisure_classes_2018.csv"
HOTEL = FOLDER / "hotel_city_bookings.csv.gz"


def are_there(path: Path) -> bool:
    """Whether a file is; said where it is not."""
    if not path.exists():
        print(f"skipped: {path} is not there")
    return path.exists()


def count_of(sessions: pd.DataFrame, reservations: pd.DataFrame) -> Floats:
    """How many of the reservations each session has."""
    counts = sessions["session_id"].map(reservations.groupby("session_id").size())
    return np.asarray(counts.fillna(0.0), dtype=np.float64)


def arrival_days(bookings: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """On which day, as UTC, each booking of the hotel is to arrive."""
    month = pd.to_datetime(bookings["arrival_date_month"], format="%B").dt.month
    parts = {"year": bookings["arrival_date_year"], "month": month, "day": bookings["arrival_date_day_of_month"]}
    return pd.to_datetime(pd.DataFrame(parts), utc=True)
