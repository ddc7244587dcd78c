"""SmartTools: learn from history, decide for what is to come, say why, be kept. The promise of the decision interface.

Pure: no database, no HTTP, no clock (the time is an argument), no personal data.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd

from adapter.smarttools import door
from adapter.smarttools.judge import Verdict, judge, read_books
from adapter.smarttools.model import Model, learn


class SmartTools:
    """Decides how many spots to list, and at what rate. Unfitted, it answers by the plain rule."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.model = Model()

    def fit(
        self,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> Self:
        """Learn from finished sessions, their reservations and the offers they came under. Raises ``BadTable``."""
        past = door.read_sessions(studios, sessions)
        self.model = learn(past, door.read_reservations(reservations, past), door.read_offers(offers, past), self.seed)
        return self

    def decide(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """One row for each session, in the order given. Raises ``BadTable``."""
        moment = door.instant(at)
        coming = door.read_sessions(studios, sessions)
        booked = door.read_reservations(reservations, coming)
        books = read_books(coming, booked, door.read_offers(offers, coming), moment)
        verdicts, _ = judge(coming, books, moment, self.model)
        return _table(sessions, verdicts)

    def explain(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> list[dict[str, object]]:
        """Why each session's number is what it is, in the order given: parts that sum exactly to ``spots``."""
        from adapter.smarttools.explain import explained

        moment = door.instant(at)
        coming = door.read_sessions(studios, sessions)
        booked = door.read_reservations(reservations, coming)
        books = read_books(coming, booked, door.read_offers(offers, coming), moment)
        verdicts, expected = judge(coming, books, moment, self.model)
        return [
            explained(coming, booked, books, expected, verdict, index, moment, self.model)
            for index, verdict in enumerate(verdicts)
        ]

    def save(self, folder: Path | str) -> None:
        """Write the model into ``folder``: data only, the same bytes for the same model."""
        from adapter.smarttools.persistence import save

        save(self.model, self.seed, Path(folder))

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read what ``save`` wrote. Raises ``BadModel`` where it is no such thing."""
        from adapter.smarttools.persistence import load

        model, seed = load(Path(folder))
        tools = cls(seed)
        tools.model = model
        return tools


def _table(sessions: pd.DataFrame, verdicts: list[Verdict]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "session_id": sessions["session_id"].to_numpy(),
            "spots": pd.array([verdict.spots for verdict in verdicts], dtype="int64"),
            "rate": pd.array([verdict.rate_major for verdict in verdicts], dtype="float64"),
            "premium_spots": pd.array([verdict.premium_spots for verdict in verdicts], dtype="int64"),
            "premium_rate": pd.Series([verdict.premium_major for verdict in verdicts], dtype="float64"),
            "expected_direct": pd.Series([verdict.expected_direct for verdict in verdicts], dtype="float64"),
            "displacement_risk": pd.Series([verdict.risk for verdict in verdicts], dtype="float64"),
            "expected_value": pd.Series([verdict.value for verdict in verdicts], dtype="float64"),
            "reason": pd.Series([verdict.reason for verdict in verdicts], dtype="str"),
        }
    )
