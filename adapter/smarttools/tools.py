"""SmartTools: learn from history, decide for what is to come, say why, be kept. The promise of the decision interface.

Pure: no database, no HTTP, no clock (the time is an argument), no personal data.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd

from adapter.smarttools import door, persistence
from adapter.smarttools.explain import one_more, rate_parts, spot_parts
from adapter.smarttools.facts import Floats
from adapter.smarttools.judge import Verdict, judge
from adapter.smarttools.model import Model, learn
from adapter.smarttools.money import major
from adapter.smarttools.outlook import Case, cases, read_books
from adapter.smarttools.signals import Velocity, signals


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
        coming = door.read_sessions(studios, sessions)
        booked, listed = door.read_reservations(reservations, coming), door.read_offers(offers, coming)
        moment = door.instant(at)
        found, _ = cases(coming, read_books(coming, booked, listed, moment), moment, self.model)
        return _table(sessions["session_id"], found, self._judged(found))

    def explain(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> list[dict[str, object]]:
        """Why each session's number is what it is, in the order given. Raises ``BadTable``.

        ``parts`` sum exactly to ``spots``, ``rate_parts`` to the rate; ``binding`` is the rule that decided,
        ``one_more`` what would list one spot more, ``signals`` what was looked at.
        """
        coming = door.read_sessions(studios, sessions)
        booked, listed = door.read_reservations(reservations, coming), door.read_offers(offers, coming)
        moment = door.instant(at)
        found, expected = cases(coming, read_books(coming, booked, listed, moment), moment, self.model)
        velocity = Velocity(coming, booked, moment)
        return [
            {
                "session_id": coming.ids[case.index],
                "parts": spot_parts(case, verdict),
                "rate_parts": rate_parts(case, verdict),
                "binding": verdict.count.reason,
                "rate_binding": verdict.rate.binding,
                "one_more": one_more(verdict),
                "signals": signals(coming, case, expected, velocity, self.model),
            }
            for case, verdict in zip(found, self._judged(found), strict=True)
        ]

    def usual(self, studios: pd.DataFrame, sessions: pd.DataFrame) -> Floats:
        """Final direct reservations expected of each session before anything is on its books, places not limiting."""
        return self.model.level.mean(door.read_sessions(studios, sessions))

    def digest(self) -> str:
        """SHA-256 of what ``save`` writes: the same history and seed give the same."""
        return persistence.digest(self.model, self.seed)

    def save(self, folder: Path | str) -> None:
        """Write the model into ``folder``: data only, no code."""
        persistence.save(self.model, self.seed, Path(folder))

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read what ``save`` wrote. Raises ``BadModel`` where it is no such thing."""
        model, seed = persistence.load(Path(folder))
        tools = cls(seed)
        tools.model = model
        return tools

    def _judged(self, found: list[Case]) -> list[Verdict]:
        return [judge(case, fitted=self.model.sessions > 0) for case in found]


def _table(ids: pd.Series, found: list[Case], verdicts: list[Verdict]) -> pd.DataFrame:
    rates = [major(verdict.rate.units, case.digits) for case, verdict in zip(found, verdicts, strict=True)]
    return pd.DataFrame(
        {
            "session_id": ids.array,
            "spots": pd.array([verdict.count.spots for verdict in verdicts], dtype="int64"),
            "rate": pd.array(rates, dtype="float64"),
            "premium_spots": pd.array([verdict.premium_spots for verdict in verdicts], dtype="int64"),
            "premium_rate": pd.array([verdict.premium_rate for verdict in verdicts], dtype="float64"),
            "expected_direct": pd.array([verdict.expected_direct for verdict in verdicts], dtype="float64"),
            "displacement_risk": pd.array([verdict.risk for verdict in verdicts], dtype="float64"),
            "expected_value": pd.array([verdict.value for verdict in verdicts], dtype="float64"),
            "reason": pd.array([verdict.count.reason for verdict in verdicts], dtype="str"),
        }
    )
