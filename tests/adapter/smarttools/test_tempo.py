"""A studio that little is known of: are its books empty for want of clients, or do they book on the last day?"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools
from adapter.smarttools.curves import DIRECT_PRIOR, EDGES, cumulated
from adapter.web.codes import AS_THEY_ARE
from tests.fixtures.timetable import NOW, TIMES, Drawn, draw, reservations, sessions, studios

FINAL = 12  # direct reservations of each class in the end
HOURS = (3, 6, 12, 24, 36, 48, 72, 96, 120, 168)  # to the starts of two classes each
LATE, USUAL, EARLY = 9.0, 60.0, 200.0  # hours before the start, on average


def _new_studio(booked_before: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Its classes, and what is on their books: a share of those who will come, made as a curve of that mean says."""
    leads = {f"{lead} {twin}": lead for lead in HOURS for twin in range(2)}
    ahead = -booked_before * np.log(1 - (np.arange(FINAL) + 0.5) / FINAL)
    made = [
        reservations(name, direct=1).assign(booked_at=NOW + timedelta(hours=lead - hours))
        for name, lead in leads.items()
        for hours in ahead[ahead > lead].tolist()
    ]
    table = pd.concat(made, ignore_index=True).assign(reservation_id=lambda own: own.index)
    for column in TIMES:
        table[column] = pd.to_datetime(table[column], utc=True)
    rows = (
        {"studio_id": "s9", "session_id": name, "template_id": f"new {name}", "starts_at": NOW + timedelta(hours=lead)}
        for name, lead in leads.items()
    )
    return sessions(*rows), table


@pytest.fixture(scope="module")
def told(fitted: SmartTools) -> dict[float, pd.DataFrame]:
    """The pace of three new studios, by when their clients book."""
    return {
        mean: fitted.pace(NOW, studios(studio_id="s9"), *_new_studio(mean)).set_index("session_id")
        for mean in (LATE, USUAL, EARLY)
    }


def test_late_books_are_not_taken_for_little_demand(told: dict[float, pd.DataFrame]) -> None:
    late, usual, early = (told[mean]["tempo"].median() for mean in (LATE, USUAL, EARLY))
    assert late < 0.7 < usual < early
    demand = [told[mean]["pace"].median() for mean in (LATE, EARLY)]
    assert max(demand) < 2 * min(demand)  # the same number will come; what is on the books differs tenfold


def test_of_a_late_studio_more_is_still_expected_and_less_is_listed(fitted: SmartTools) -> None:
    coming, booked = _new_studio(LATE)
    tables = (studios(studio_id="s9"), coming, booked)
    taken = fitted.pace(NOW, *tables).drop(columns=["tempo", "tempo_doubt"])  # as if nobody asked when they book
    seen, unseen = (
        fitted.decide(NOW, studios(studio_id="s9"), own, booked).set_index("session_id").loc[["24 0", "36 0"]]
        for own in (coming, coming.merge(taken, on="session_id"))
    )
    assert (seen["expected_direct"] > unseen["expected_direct"] + 1).all()
    assert (seen["spots"] < unseen["spots"]).all()


def test_the_explanation_says_what_would_be_usual_beside_what_is_to_come(fitted: SmartTools) -> None:
    coming, booked = _new_studio(LATE)
    told = {
        each["session_id"]: each["signals"] for each in fitted.explain(NOW, studios(studio_id="s9"), coming, booked)
    }
    usual, now = (told["24 0"][f"{word}share_of_direct_bookings_to_come"] for word in ("usual_", ""))
    assert usual + 0.1 < now < 1
    assert {name.replace("_", " ") for name in told["24 0"]} <= AS_THEY_ARE["signals"]


def test_a_class_is_told_by_the_others_never_by_its_own_books(fitted: SmartTools) -> None:
    coming, booked = _new_studio(USUAL)
    more = pd.concat([booked, booked[booked["session_id"] == "24 0"].iloc[:1].assign(reservation_id=-1)])
    before, after = (
        fitted.pace(NOW, studios(studio_id="s9"), coming, table).set_index("session_id") for table in (booked, more)
    )
    assert after.loc["24 0"].to_numpy() == pytest.approx(before.loc["24 0"].to_numpy(), rel=1e-12, nan_ok=True)
    assert (after.drop("24 0")["tempo"] != before.drop("24 0")["tempo"]).all()


@pytest.fixture(scope="module")
def counted() -> tuple[SmartTools, Drawn]:
    """Taught how many came to a studio's classes, and of nobody when they booked."""
    drawn = draw(3)
    untimed = drawn.past_reservations.assign(booked_at=pd.to_datetime(pd.NaT, utc=True))
    return SmartTools().fit(drawn.studios, drawn.past, untimed, drawn.offers), drawn


def _direct(drawn: Drawn, shares: np.ndarray) -> tuple[pd.DataFrame, float]:
    """Of each class, a share of the direct clients who will come, on the books already; and how many they all are."""
    usual = [drawn.means[slot] for slot in drawn.coming["template_id"]]
    books = [
        reservations(name, direct=round(share * mean)).assign(booked_at=pd.to_datetime(pd.NaT, utc=True))
        for name, mean, share in zip(drawn.coming["session_id"], usual, shares.tolist(), strict=True)
    ]
    table = pd.concat(books, ignore_index=True).assign(reservation_id=lambda own: own.index)
    return table, float(sum(usual))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_empty_books_of_a_studio_that_tells_no_booking_times_are_not_taken_for_little_demand(
    counted: tuple[SmartTools, Drawn], share: float
) -> None:
    tools, drawn = counted
    books, usual = _direct(drawn, np.full(len(drawn.coming), share))
    told = tools.decide(NOW, drawn.studios, drawn.coming, books)["expected_direct"].sum() + len(books)
    assert told == pytest.approx(usual, rel=0.2)
    why = tools.explain(NOW, drawn.studios, drawn.coming, books)[0]["unsure"]
    assert "booking times are not known" in why


def test_books_that_fill_as_usual_are_taken_for_usual_where_a_history_tells_no_booking_times(
    counted: tuple[SmartTools, Drawn],
) -> None:
    tools, drawn = counted
    lead = ((drawn.coming["starts_at"] - NOW) / pd.Timedelta(hours=1)).to_numpy()
    books, _ = _direct(drawn, 1 - np.interp(lead, EDGES, cumulated(DIRECT_PRIOR)[0]))
    told = tools.pace(NOW, drawn.studios, drawn.coming, books)
    assert told["tempo"].between(0.85, 1.15).all()
    assert told["pace"].between(0.85, 1.15).all()
