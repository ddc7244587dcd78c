"""What SmartTools would have forecast and listed on a history, week by week, looking at nothing that came later.

Each of the last weeks is forecast by a model fitted on what had finished when it began, beside naive forecasts. What
would have been listed is decided once a day for the classes of a day that lies ahead, with the reservations made by
then. Where booking times are unknown, as in an exported history, that is asked once, before bookings begin: a class's
books on the way are not known, and none is made up.

Knows the tables of the decision interface; no database and no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from adapter.backtest.outcome import Outcome, outcome_of
from adapter.smarttools import SmartTools
from adapter.smarttools.facts import Bools, Floats

WEEK = timedelta(days=7)
DAY = timedelta(hours=24)
LEADS = (168, 72, 24, 6)  # hours before a day begins at which its classes are decided, where booking times are known
EARLY = 336  # hours: before bookings begin, where they are not
TIMED = 0.5  # of the reservations must have a booking time for the books on the way to mean anything
LEAST_SESSIONS = 20  # to fit on

Facts = Mapping[str, pd.DataFrame]


class TooShort(ValueError):
    """A history that leaves nothing to learn from before the weeks that are to be forecast."""


@dataclass(frozen=True)
class Score:
    """How far one way of forecasting was off, in reservations a class."""

    forecast: str
    mae: float
    wape: float  # error as a share of all reservations
    bias: float  # forecast less actual


@dataclass(frozen=True)
class Listing:
    """What would have been listed at one lead time, and what became of those places without it."""

    lead_hours: int  # to the beginning of the class's day
    classes: int
    free: int  # places free when deciding
    spots: int
    would_have_stayed_empty: int
    direct_turned_away: int  # had every spot been taken at once
    mean_rate: float
    expected_value: float


@dataclass(frozen=True)
class Decided:
    """One class's forecast and listing: what a look ahead would change first."""

    session_id: str
    starts_at: str
    lead_hours: int
    forecast: float
    actual: int
    spots: int
    rate: float


@dataclass(frozen=True)
class Backtest:
    """The whole result. ``timed``: booking times were known."""

    weeks: int
    classes: int
    reservations: int
    timed: bool
    scores: list[Score]
    listings: list[Listing]
    decided: list[Decided]
    outcome: Outcome

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self)


def run_backtest(facts: Facts, *, weeks: int = 4, steady: int = 1, seed: int = 0) -> Backtest:
    """Walk forward over the last ``weeks`` of the finished sessions, learning anew every ``steady`` weeks.

    Raises TooShort, and BadTable for tables amiss.
    """
    facts = _ordered(facts)
    sessions = facts["sessions"]
    if sessions.empty:
        raise TooShort("there is no finished class with places")
    actual = _actual(facts)
    timed = bool(facts["reservations"]["booked_at"].notna().mean() >= TIMED) if len(facts["reservations"]) else False
    end = sessions["starts_at"].max() + timedelta(seconds=1)
    leads = LEADS if timed else (EARLY,)
    forecasts: list[pd.DataFrame] = []
    decided: list[pd.DataFrame] = []
    for back in range(weeks, 0, -steady):
        begins, span = end - back * WEEK, min(steady, back) * WEEK
        if not sessions["starts_at"].between(begins, begins + span, inclusive="left").any():
            continue  # closed, as over the holidays
        forecasts.append(_forecast(facts, actual, begins, span, seed))
        decided.extend(_list(facts, begins, span, leads, seed))
    scored, listed = pd.concat(forecasts), pd.concat(decided)
    return Backtest(
        weeks=weeks,
        classes=len(scored),
        reservations=int(scored["actual"].sum()),
        timed=timed,
        scores=_scores(scored),
        listings=[_listing(lead, listed[listed["lead"] == lead]) for lead in leads],
        decided=_decisions(scored, listed),
        outcome=_outcome(facts, listed, end, seed),
    )


def _outcome(facts: Facts, listed: pd.DataFrame, end: datetime, seed: int) -> Outcome:
    sessions = facts["sessions"].set_index("session_id")
    starts = listed["session_id"].map(sessions["starts_at"])
    listed = listed.assign(starts_at=starts, week=np.asarray((end - pd.DatetimeIndex(starts)) / WEEK, dtype=np.int64))
    classes = listed.loc[listed["lead"] == listed["lead"].min(), "session_id"]
    retail = classes.map(sessions["retail_rate"]) if "retail_rate" in sessions else pd.Series(np.nan, classes.index)
    usual = classes.map(sessions["studio_id"]).map(facts["studios"].set_index("studio_id")["retail_rate"])
    sold = bool((facts["reservations"]["channel"] == "marketplace").any())
    prices = retail.fillna(usual).to_numpy(dtype=np.float64)
    return outcome_of(listed, np.nan_to_num(prices), assumed=not sold, seed=seed)


def _ordered(facts: Facts) -> dict[str, pd.DataFrame]:
    """The classes that took place, with places and a price, by time."""
    sessions = facts["sessions"]
    held = sessions[~sessions["cancelled"].astype(bool) & (sessions["capacity"].fillna(0) > 0)]
    if "retail_rate" in held.columns and facts["studios"]["retail_rate"].isna().any():
        held = held[held["retail_rate"].fillna(0) > 0]
    return dict(facts) | {"sessions": held.sort_values("starts_at", kind="stable").reset_index(drop=True)}


def _standing(reservations: pd.DataFrame) -> Bools:
    return np.asarray(reservations["outcome"].isin(["booked", "attended", "no_show"]), dtype=np.bool_)


def _actual(facts: Facts) -> pd.Series:
    """Final direct reservations of each session."""
    reservations = facts["reservations"]
    direct = reservations[_standing(reservations) & (reservations["channel"] == "direct")]
    counts = direct.groupby("session_id").size()
    return facts["sessions"]["session_id"].map(counts).fillna(0).astype("int64")


def _fitted(facts: Facts, before: datetime, seed: int) -> SmartTools:
    past = facts["sessions"][facts["sessions"]["starts_at"] < before]
    if len(past) < LEAST_SESSIONS:
        raise TooShort(f"{len(past)} classes before {before:%Y-%m-%d} are too few to learn from; ask for fewer weeks")
    return SmartTools(seed).fit(facts["studios"], past, _of(facts["reservations"], past), _of(facts["offers"], past))


def _of(rows: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["session_id"].isin(sessions["session_id"])]


def _forecast(facts: Facts, actual: pd.Series, begins: datetime, span: timedelta, seed: int) -> pd.DataFrame:
    """The classes of some weeks with each forecast made when they began."""
    sessions = facts["sessions"]
    before = sessions["starts_at"] < begins
    week = sessions[~before & (sessions["starts_at"] < begins + span)]
    past = sessions[before].assign(actual=actual[before])
    overall = float(past["actual"].mean())
    slot_mean = week["template_id"].map(past.groupby("template_id")["actual"].mean()).fillna(overall)
    latest = past.drop_duplicates("template_id", keep="last").set_index("template_id")["actual"]
    usual = _fitted(facts, begins, seed).usual(facts["studios"], week)
    return pd.DataFrame(
        {
            "session_id": week["session_id"],
            "starts_at": week["starts_at"],
            "actual": actual[week.index],
            "SmartTools": np.minimum(usual, week["capacity"].to_numpy(dtype=np.float64)),
            "slot mean": slot_mean,
            "last week": week["template_id"].map(latest).fillna(overall),
            "studio mean": overall,
        }
    )


def _scores(scored: pd.DataFrame) -> list[Score]:
    actual = scored["actual"].to_numpy(dtype=np.float64)
    return [_score(name, scored[name].to_numpy(dtype=np.float64), actual) for name in scored.columns[3:]]


def _score(name: str, forecast: Floats, actual: Floats) -> Score:
    off = forecast - actual
    total = float(actual.sum())
    wape = float(np.abs(off).sum()) / total if total else float(np.abs(off).sum() > 0)
    return Score(name, float(np.abs(off).mean()), wape, float(off.mean()))


def _list(facts: Facts, begins: datetime, span: timedelta, leads: tuple[int, ...], seed: int) -> list[pd.DataFrame]:
    """The classes of some weeks as decided at each lead time, by a model fitted before the first of those decisions."""
    sessions = facts["sessions"]
    week = sessions[(sessions["starts_at"] >= begins) & (sessions["starts_at"] < begins + span)]
    tools = _fitted(facts, begins - timedelta(hours=max(leads)), seed)
    until = [*leads[1:], -float("inf")]  # the last one holds up to the start
    return [_decided(tools, facts, week, begins, *pair) for pair in zip(leads, until, strict=True)]


def _decided(
    tools: SmartTools, facts: Facts, week: pd.DataFrame, begins: datetime, lead: int, until: float
) -> pd.DataFrame:
    """Every class of the week decided ``lead`` hours before its day, with what was booked other than by marketplace."""
    reservations = _of(facts["reservations"], week)
    own = reservations[reservations["channel"] != "marketplace"]
    rows = []
    for day, together in week.groupby((week["starts_at"] - begins) // DAY, sort=True):
        at = begins + int(day) * DAY - timedelta(hours=lead)
        known = own[own["session_id"].isin(together["session_id"]) & (own["booked_at"] <= at)]
        made = tools.decide(at, facts["studios"], together, known)
        rows.append(made.assign(lead=lead, on_books=_active(made["session_id"], known, at)))
    decided = pd.concat(rows).set_index("session_id").loc[week["session_id"]].reset_index()
    capacity = week["capacity"].to_numpy(dtype=np.int64)
    final = week["session_id"].map(own[_standing(own)].groupby("session_id").size()).fillna(0).to_numpy(dtype=np.int64)
    hours = ((week["starts_at"] - begins) / timedelta(hours=1)).to_numpy(dtype=np.float64)
    into = np.asarray(hours % 24, dtype=np.float64)  # the class's own hour of its day
    left: Floats = np.maximum(into + until, 0.0)
    return decided.assign(
        free=np.maximum(capacity - decided["on_books"].to_numpy(dtype=np.int64), 0),
        empty=np.maximum(capacity - final, 0),
        takers=tools.takers(facts["studios"], week, decided["rate"].to_numpy(dtype=np.float64), into + lead, left),
    )


def _active(ids: pd.Series, known: pd.DataFrame, at: datetime) -> pd.Series:
    standing = _standing(known) & known["cancelled_at"].isna().to_numpy()
    later = (known["cancelled_at"] > at).to_numpy()
    return ids.map(known[standing | later].groupby("session_id").size()).fillna(0).astype("int64")


def _listing(lead: int, rows: pd.DataFrame) -> Listing:
    spots, empty = rows["spots"].to_numpy(dtype=np.int64), rows["empty"].to_numpy(dtype=np.int64)
    total = int(spots.sum())
    return Listing(
        lead_hours=lead,
        classes=len(rows),
        free=int(rows["free"].sum()),
        spots=total,
        would_have_stayed_empty=int(np.minimum(spots, empty).sum()),
        direct_turned_away=int(np.maximum(spots - empty, 0).sum()),
        mean_rate=float((rows["rate"] * rows["spots"]).sum() / total) if total else 0.0,
        expected_value=float(rows["expected_value"].sum()),
    )


def _decisions(scored: pd.DataFrame, listed: pd.DataFrame) -> list[Decided]:
    whole = listed.merge(scored[["session_id", "starts_at", "actual", "SmartTools"]], on="session_id")
    return [
        Decided(
            session_id=str(row["session_id"]),
            starts_at=row["starts_at"].isoformat(),
            lead_hours=int(row["lead"]),
            forecast=round(float(row["SmartTools"]), 4),
            actual=int(row["actual"]),
            spots=int(row["spots"]),
            rate=float(row["rate"]),
        )
        for row in whole.to_dict("records")
    ]
