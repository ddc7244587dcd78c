"""SmartTools: learn from history, decide for what is to come, say why, be kept. The promise of the decision interface.

Pure: no database, no HTTP, no clock (the time is an argument), no personal data.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from adapter.smarttools import door, exploring, persistence
from adapter.smarttools.clockwork import at_lead
from adapter.smarttools.explain import (
    exploration,
    higher_rate,
    one_more,
    one_more_premium,
    premium_parts,
    premium_rate_parts,
    rate_levels,
    rate_parts,
    spot_parts,
)
from adapter.smarttools.facts import Floats, Ints
from adapter.smarttools.judge import Verdicts, gathered, judge, weigh
from adapter.smarttools.model import Model, learn
from adapter.smarttools.money import majors
from adapter.smarttools.outlook import Outlook, look, portions, read_books, tables
from adapter.smarttools.plain import upper_quantile
from adapter.smarttools.response import chance
from adapter.smarttools.signals import Velocity, signals, unsure

THREADS = 2
MANY = 2048  # sessions: fewer are solved before a second thread has started


class SmartTools:
    """Decides how many spots to list, and at what rate. Unfitted, it answers by the plain rule."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = int(seed)  # not NumPy's, which is cut at 64 bits and cannot be saved
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
        """One row for each session, in the order given. Raises ``BadTable``.

        Where an optional column ``premium`` of ``sessions`` is false, the studio offers none: nothing here counts any.
        """
        return self.propose(at, studios, sessions, reservations, offers).drop(columns=["further", "further_rate"])

    def propose(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """What ``decide`` answers, and ``further`` premium spots at ``further_rate``. Raises ``BadTable``.

        These are what would be offered as Premium, whether the studio does or not: it is asked (OP-01).
        """
        outlook = self._outlook(at, studios, sessions, reservations, offers)
        return _table(sessions["session_id"], outlook, self._judged(outlook))

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
        ``one_more`` what would list one spot more, ``higher_rate`` what would pay more, ``exploration`` what was tried
        of the rate and what that costs; ``demand``: marketplace reservations still expected at the rate that would
        stand, places not limiting; the same for ``premium``; ``signals`` what was looked at, ``unsure`` why it is
        careful.
        """
        coming = door.read_sessions(studios, sessions)
        booked, listed = door.read_reservations(reservations, coming), door.read_offers(offers, coming)
        moment = door.instant(at)
        outlook = look(coming, read_books(coming, booked, listed, moment), moment, self.model)
        velocity, verdicts = Velocity(coming, booked, moment), self._judged(outlook)
        levels = rate_levels(outlook, self.model.market.responses)
        return [
            {
                "session_id": name,
                "parts": spot_parts(outlook, verdicts, row),
                "rate_parts": rate_parts(outlook, verdicts, levels, row),
                "binding": str(verdicts.reason[row]),
                "rate_binding": str(verdicts.rate_binding[row]),
                "one_more": one_more(verdicts, row),
                "higher_rate": higher_rate(outlook, verdicts, row),
                "exploration": exploration(outlook, verdicts, row),
                "demand": round(float(verdicts.demand[row]), 4),
                "premium": {
                    "parts": premium_parts(outlook, verdicts, row),
                    "rate_parts": premium_rate_parts(outlook, verdicts, row),
                    "one_more": one_more_premium(outlook, verdicts, row),
                },
                "signals": signals(outlook, row, velocity, self.model),
                "unsure": unsure(outlook, row, velocity, self.model),
            }
            for row, name in enumerate(coming.ids)
        ]

    def room(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """What could be listed without harm, whoever keeps it back (OP-02), in the order given. Raises ``BadTable``.

        Columns ``session_id``, ``safe_spots`` (the most spots of little risk), ``demand`` (marketplace reservations
        still expected at the decided rate that would stand, places not limiting) and ``premium_demand`` (at that of
        premium spots).
        """
        outlook = self._outlook(at, studios, sessions, reservations, offers)
        verdicts = self._judged(outlook)
        return pd.DataFrame(
            {
                "session_id": sessions["session_id"].array,
                "safe_spots": verdicts.safe,
                "demand": verdicts.demand,
                "premium_demand": verdicts.premium_demand,
            }
        )

    def weigh(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """What other spots than those decided would risk and bring, in the order given. Raises ``BadTable``.

        ``sessions`` has two more columns, ``spots`` (premium ones counted in, as far as places are free) and ``rate``;
        the answer has ``displacement_risk`` and ``expected_value``, reckoned as ``decide`` does for its own.
        """
        outlook = self._outlook(at, studios, sessions, reservations, offers)
        listed, units = door.read_listed(sessions, outlook.sessions.digits)
        risk, value = np.zeros(len(outlook)), np.zeros(len(outlook))
        for portion in portions(outlook):
            rows, worth = portion[0], tables(outlook, *portion, self.model)
            most = np.minimum(listed, outlook.free)[rows]
            risk[rows], value[rows] = weigh(outlook, rows, worth, most, units[rows])
        ids = sessions["session_id"].array
        return pd.DataFrame({"session_id": ids, "displacement_risk": risk, "expected_value": value})

    def pace(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """How each session's studio is doing beside its history, told by its sessions to come. Raises ``BadTable``.

        Columns ``session_id``, ``pace`` (ratio of demand now to what history says) and ``pace_doubt`` (its squared
        coefficient of variation); of a studio whose booking curve is hardly known, ``tempo`` (the power that curve is
        raised to) and ``tempo_doubt`` (what doubt of it is left); where something was for sale, ``appetite`` (ratio of
        what guests would pay to what history says), ``appetite_doubt`` (as ``pace_doubt``) and ``interest`` (the ratio
        of how many look); else NaN. Given back as columns of ``sessions``, a session is decided as in this company.
        """
        outlook = self._outlook(at, studios, sessions, reservations, offers)
        told, appetite = outlook.expected, outlook.appetite
        columns = {
            "pace": told.pace.ratio,
            "pace_doubt": told.pace.doubt,
            "tempo": told.tempo.power,
            "tempo_doubt": np.where(np.isnan(told.tempo.power), np.nan, told.tempo.doubt),
            "appetite": np.where(appetite.told, appetite.payable, np.nan),
            "appetite_doubt": np.where(appetite.told, appetite.doubt, np.nan),
            "interest": np.where(appetite.told, appetite.looks, np.nan),
        }
        return pd.DataFrame({"session_id": sessions["session_id"].array, **columns})

    def usual(self, studios: pd.DataFrame, sessions: pd.DataFrame) -> Floats:
        """Final direct reservations expected of each session before anything is on its books, places not limiting."""
        return self.model.level.mean(door.read_sessions(studios, sessions))

    def takers(
        self, studios: pd.DataFrame, sessions: pd.DataFrame, rates: Floats, early: Floats, late: Floats
    ) -> Floats:
        """How many marketplace users are expected to book and stand, from ``early`` to ``late`` hours before the start.

        At these rates, in the order given, were there always a spot on offer.
        """
        coming, market = door.read_sessions(studios, sessions), self.model.market
        through, made = market.curves.through(coming), self.model.returns.made.through(coming)
        median, scale = (part * market.responses.anchor(coming) for part in market.responses.of(coming))
        share = np.maximum(at_lead(through, early) - at_lead(through, late), 0.0)
        return np.asarray(market.mean(coming) * share * chance(rates, median, scale) * at_lead(made, early))

    def usual_range(self, studios: pd.DataFrame, sessions: pd.DataFrame, middle: float = 0.8) -> tuple[Ints, Ints]:
        """Between which counts each session's final direct reservations lie with chance ``middle``, long before it."""
        coming, level = door.read_sessions(studios, sessions), self.model.level
        spread = level.variation(coming)[0] + level.doubt(coming) + level.studio_doubt(coming)
        pairs = list(zip(level.mean(coming).tolist(), spread.tolist(), strict=True))
        low, high = ([upper_quantile(*pair, q) for pair in pairs] for q in ((1 - middle) / 2, (1 + middle) / 2))
        return np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)

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

    def _outlook(
        self,
        at: datetime,
        studios: pd.DataFrame,
        sessions: pd.DataFrame,
        reservations: pd.DataFrame,
        offers: pd.DataFrame | None,
    ) -> Outlook:
        coming = door.read_sessions(studios, sessions)
        booked, listed = door.read_reservations(reservations, coming), door.read_offers(offers, coming)
        moment = door.instant(at)
        return look(coming, read_books(coming, booked, listed, moment), moment, self.model)

    def _judged(self, outlook: Outlook) -> Verdicts:
        """Each portion by itself, whoever else is at work: threads only share out what there is to do."""

        ways = exploring.ways(list(outlook.sessions.places), self.seed)

        def solve(portion: tuple[Ints, int, int]) -> tuple[Ints, Verdicts]:
            worth = tables(outlook, *portion, self.model)
            rows = portion[0]
            return rows, judge(outlook, rows, worth, ways[rows], fitted=self.model.fitted)

        shares = portions(outlook)
        if len(outlook) < MANY:
            return gathered([solve(share) for share in shares], len(outlook))
        with ThreadPoolExecutor(THREADS) as pool:
            return gathered(list(pool.map(solve, shares)), len(outlook))


def _table(ids: pd.Series, outlook: Outlook, verdicts: Verdicts) -> pd.DataFrame:
    places, odd = outlook.sessions.digits, outlook.sessions.odd_rate
    rate = np.where(np.isnan(odd), majors(verdicts.units, places), odd)
    higher = majors(verdicts.premium_units, places)
    premium, further = (np.where(n > 0, higher, np.nan) for n in (verdicts.premium_spots, verdicts.further))
    return pd.DataFrame(
        {
            "session_id": ids.array,
            "spots": pd.array(verdicts.spots, dtype="int64"),
            "rate": pd.array(rate, dtype="float64"),
            "premium_spots": pd.array(verdicts.premium_spots, dtype="int64"),
            "premium_rate": pd.array(premium, dtype="float64"),
            "expected_direct": pd.array(verdicts.expected_direct, dtype="float64"),
            "displacement_risk": pd.array(verdicts.risk, dtype="float64"),
            "expected_value": pd.array(verdicts.value, dtype="float64"),
            "reason": pd.array(verdicts.reason, dtype="str"),
            "further": pd.array(verdicts.further, dtype="int64"),
            "further_rate": pd.array(further, dtype="float64"),
        }
    )
