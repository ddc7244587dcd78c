"""What a studio's guests would pay: a past at one rate cannot tell, what is sold of upcoming classes does."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import SmartTools
from adapter.web.codes import AS_THEY_ARE
from tests.fixtures.timetable import NOW, Drawn, reservations, sessions, studios

RATE = 13.0
HOURS = (10, 20, 30, 40, 50, 60)  # to the starts of two classes each
NOTHING = reservations()


@pytest.fixture(scope="module")
def flat(drawn: Drawn) -> SmartTools:
    """Learned from a past in which everything was listed at one rate."""
    sold = drawn.past_reservations["channel"] == "marketplace"
    booked = drawn.past_reservations.assign(amount=drawn.past_reservations["amount"].mask(sold, RATE))
    return SmartTools(seed=1).fit(drawn.studios, drawn.past, booked, drawn.offers.assign(rate=RATE))


def _coming(studio: str = "s1") -> pd.DataFrame:
    names = [(f"{lead} {twin}", lead, twin) for lead in HOURS for twin in range(2)]
    return sessions(
        *(
            {
                "session_id": name,
                "studio_id": studio,
                "template_id": f"slot-{number}",
                "starts_at": NOW + timedelta(hours=lead),
            }
            for number, (name, lead, _) in enumerate(names)
        )
    )


def _in_force(coming: pd.DataFrame, rate: float, spots: int = 4) -> pd.DataFrame:
    """Offers that were last written down three hours ago."""
    told = {"from_at": pd.Timestamp(NOW) - pd.Timedelta(hours=3), "spots": spots, "rate": rate, "premium_spots": 0}
    return coming[["session_id"]].assign(**told, premium_rate=np.nan)


def _sold(coming: pd.DataFrame, rate: float, each: int) -> pd.DataFrame:
    """So many sales of each class in the last five days, the first of them all five days ago."""
    made = [
        reservations(name, before=NOW - timedelta(hours=118 * turn / max(each, 1) + (name != "10 0")), marketplace=1)
        for name in coming["session_id"]
        for turn in range(each, 0, -1)
    ]
    return pd.concat(made or [NOTHING], ignore_index=True).assign(amount=rate, reservation_id=lambda own: own.index)


def _books(coming: pd.DataFrame, rate: float, each: int) -> pd.DataFrame:
    """The same, and one sale more, so that listing began five days ago even where nothing else was sold."""
    booked = pd.concat([_sold(coming, rate, each), _sold(coming.iloc[:1], rate, 1)], ignore_index=True)
    return booked.assign(reservation_id=booked.index)


def _told(tools: SmartTools, rate: float, each: int, studio: str = "s1") -> pd.DataFrame:
    coming = _coming(studio)
    return tools.pace(NOW, studios(studio_id=studio), coming, _books(coming, rate, each), _in_force(coming, rate))


@pytest.mark.parametrize("studio", ["s1", "s9"])
def test_where_little_is_sold_guests_are_thought_to_pay_less_and_where_much_is_more(
    flat: SmartTools, studio: str
) -> None:
    little, much = (_told(flat, 16.0, each, studio) for each in (0, 4))
    assert (little["appetite"] < 0.95).all()
    assert (little["appetite"] < much["appetite"]).all()


def test_if_fewer_would_pay_what_was_sold_before_was_sold_to_more_who_looked(flat: SmartTools) -> None:
    assert (_told(flat, 16.0, 0)["interest"] > 1).all()


def test_the_rate_follows(flat: SmartTools) -> None:
    coming = _coming("s9")
    little, much = (
        flat.decide(NOW, studios(studio_id="s9"), coming, _books(coming, 16.0, each), _in_force(coming, 16.0))
        for each in (0, 4)
    )
    assert little["rate"].mean() < much["rate"].mean() - 0.5


def test_of_a_past_that_tried_many_rates_little_is_left_to_tell(fitted: SmartTools, flat: SmartTools) -> None:
    moved = [abs(np.log(_told(tools, 16.0, 0)["appetite"])).mean() for tools in (fitted, flat)]
    assert moved[0] < moved[1] / 2


def test_what_is_put_on_offer_now_tells_nothing_yet(flat: SmartTools) -> None:
    coming = _coming()
    one = _sold(coming.iloc[:1], RATE, 1).assign(booked_at=pd.Timestamp(NOW))
    told = flat.pace(NOW, studios(), coming, one, _in_force(coming, RATE).assign(from_at=pd.Timestamp(NOW)))
    assert told["appetite"].isna().all()


def _written(coming: pd.DataFrame, *changes: tuple[float, float]) -> pd.DataFrame:
    """All that was listed: from so many days ago on at such a rate, each."""
    rows = [
        _in_force(coming, rate).assign(from_at=pd.Timestamp(NOW) - pd.Timedelta(days=days)) for days, rate in changes
    ]
    return pd.concat(rows, ignore_index=True)


def test_where_all_that_was_listed_is_told_each_rate_counts_for_its_own_time(flat: SmartTools) -> None:
    coming = _coming()
    booked = _sold(coming, 12.0, 1)
    rates = [
        flat.pace(NOW, studios(), coming, booked, _written(coming, (5.0, first), (0.5, 12.0)))["appetite"].mean()
        for first in (12.0, 20.0)
    ]
    assert rates[0] < rates[1]  # so little sold at a low rate tells of guests who pay less


@pytest.mark.parametrize("told", ["all", "in force"])
def test_a_rate_that_was_just_changed_is_not_taken_for_that_of_the_days_before(flat: SmartTools, told: str) -> None:
    coming = _coming()
    booked = _sold(coming, 16.0, 1)
    changed = _written(coming, (5.0, 16.0), (0.1 / 24, 11.0))
    before = _written(coming, (5.0, 16.0)) if told == "all" else _written(coming, (0.1 / 24, 16.0))
    now = changed if told == "all" else changed[changed["rate"] == 11.0]
    ratio = [flat.pace(NOW, studios(), coming, booked, listed)["appetite"].mean() for listed in (before, now)]
    assert ratio[1] == pytest.approx(ratio[0], abs=0.02)


def test_what_all_studios_sell_tells_of_one_that_has_sold_nothing_yet(flat: SmartTools) -> None:
    houses = [f"h{number}" for number in range(8)]
    places = pd.concat([studios(studio_id=house) for house in houses], ignore_index=True)
    rows = [_coming(house).assign(session_id=lambda own, house=house: house + own["session_id"]) for house in houses]
    coming = pd.concat(rows, ignore_index=True)
    coming["template_id"] = coming["studio_id"] + coming["template_id"]
    elsewhere = coming[coming["studio_id"] != "h0"]
    told = [
        flat.pace(NOW, places, coming, _sold(elsewhere, 16.0, each), _written(elsewhere, (5.0, 16.0)))
        for each in (0, 4)
    ]
    quiet = [table.loc[table["studio_id"] == "h0", "appetite"] for table in (t.merge(coming) for t in told)]
    assert quiet[0].mean() < 0.95
    assert quiet[0].mean() < quiet[1].mean()


def test_what_was_never_on_offer_tells_nothing_and_changes_no_bit(flat: SmartTools) -> None:
    coming = _coming()
    booked = _sold(coming, RATE, 2)
    tables = (NOW, studios(), coming, booked)
    assert flat.pace(*tables)["appetite"].isna().all()
    elsewhere = _in_force(coming, RATE).assign(session_id="another")
    pd.testing.assert_frame_equal(flat.decide(*tables), flat.decide(*tables, elsewhere), check_exact=True)


def test_direct_bookings_tell_nothing_of_what_guests_would_pay(flat: SmartTools) -> None:
    coming = _coming()
    sold = _sold(coming, RATE, 2)
    more = pd.concat([sold, *(reservations(name, direct=5) for name in coming["session_id"])], ignore_index=True)
    more["reservation_id"] = more.index
    few, many = (flat.pace(NOW, studios(), coming, own, _in_force(coming, RATE)) for own in (sold, more))
    columns = ["appetite", "appetite_doubt", "interest"]
    pd.testing.assert_frame_equal(few[columns], many[columns], check_exact=True)


def test_a_session_decided_alone_with_what_was_told_is_decided_as_in_company(flat: SmartTools) -> None:
    coming = _coming()
    booked, listed = _sold(coming, 16.0, 1), _in_force(coming, 16.0)
    together = flat.decide(NOW, studios(), coming, booked, listed)
    told = coming.merge(flat.pace(NOW, studios(), coming, booked, listed), on="session_id", validate="1:1")
    assert told["appetite"].notna().all()
    for index in range(len(coming)):
        own, name = told.iloc[[index]], coming["session_id"].iloc[index]
        mine, offer = (table[table["session_id"] == name] for table in (booked, listed))
        alone = flat.decide(NOW, studios(), own, mine, offer)
        pd.testing.assert_frame_equal(alone, together.iloc[[index]].reset_index(drop=True), check_exact=True)


def test_a_sale_whose_rate_nobody_wrote_down_counts_at_the_next_one(flat: SmartTools) -> None:
    coming = _coming()
    sold, listed = _sold(coming, 16.0, 2), _in_force(coming, 16.0)
    known, unknown = (
        flat.pace(NOW, studios(), coming, own, listed)["appetite"] for own in (sold, sold.assign(amount=np.nan))
    )
    pd.testing.assert_series_equal(known, unknown, check_exact=True)


def test_the_explanation_says_how_willing_guests_are_beside_what_is_usual(flat: SmartTools) -> None:
    coming = _coming()
    told = flat.explain(NOW, studios(), coming, _sold(coming, 16.0, 1), _in_force(coming, 16.0))
    signals = told[0]["signals"]
    assert isinstance(signals, dict)
    assert 0 < signals["willingness_beside_usual"] < 1
    assert {name.replace("_", " ") for name in signals} <= AS_THEY_ARE["signals"]


def test_a_model_kept_before_this_was_learned_decides_as_it_did_where_nothing_is_on_offer(
    flat: SmartTools, tmp_path: Path
) -> None:
    flat.save(tmp_path)
    path = next(tmp_path.iterdir())
    written = json.loads(path.read_text())
    del written["model"]["market"]["responses"]["seen"]
    path.write_text(json.dumps(written))
    older, coming = SmartTools.load(tmp_path), _coming()
    tables = (NOW, studios(), coming, _sold(coming, 16.0, 1))
    pd.testing.assert_frame_equal(older.decide(*tables), flat.decide(*tables), check_exact=True)
    assert older.pace(*tables, _in_force(coming, 16.0))["appetite"].notna().all()
