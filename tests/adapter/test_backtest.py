"""The backtest: honest about time, beside naive forecasts, and readable from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from adapter.backtest.command import backtest
from adapter.backtest.facts import facts_of_history
from adapter.backtest.history import read_history
from adapter.backtest.outcome import outcome_of
from adapter.backtest.walk import Backtest, TooShort, run_backtest
from adapter.context import Context
from adapter.store.tables import Reservation, Session
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded
from tests.fixtures.timetable import Drawn

LEISURE = Path(os.environ.get("SPOTKEEPER_DATA", "../shared/data")) / "leisure_classes_2018.csv"


def _facts(drawn: Drawn) -> dict[str, pd.DataFrame]:
    return {
        "studios": drawn.studios,
        "sessions": drawn.past,
        "reservations": drawn.past_reservations,
        "offers": drawn.offers,
    }


@pytest.fixture(scope="module")
def result(drawn: Drawn) -> Backtest:
    return run_backtest(_facts(drawn), weeks=2)


def test_smarttools_forecasts_better_than_last_week_and_than_the_studio_s_mean(result: Backtest) -> None:
    errors = {score.forecast: score.mae for score in result.scores}
    assert list(errors) == ["SmartTools", "slot mean", "last week", "studio mean"]
    assert errors["SmartTools"] < min(errors["last week"], errors["studio mean"])


def test_a_listing_adds_up(result: Backtest) -> None:
    assert [listing.lead_hours for listing in result.listings] == [168, 72, 24, 6]
    for listing in result.listings:
        assert listing.classes == result.classes
        assert listing.spots == listing.would_have_stayed_empty + listing.direct_turned_away
        assert 0 < listing.spots <= listing.free


@pytest.mark.parametrize("steady", [1, 2])
def test_what_came_later_changes_no_earlier_decision(drawn: Drawn, result: Backtest, steady: int) -> None:
    """N-02."""
    whole = result if steady == 1 else run_backtest(_facts(drawn), weeks=2, steady=steady)
    turned = drawn.past["starts_at"].max() - pd.Timedelta(days=3)
    later = drawn.past.loc[drawn.past["starts_at"] > turned, "session_id"]
    facts = _facts(drawn)
    own = facts["reservations"]
    facts["reservations"] = own[~own["session_id"].isin(later) | (np.arange(len(own)) % 3 == 0)]
    altered = run_backtest(facts, weeks=2, steady=steady)

    def before(told: Backtest) -> list[str]:
        rows = (replace(row, actual=0) for row in told.decided)
        return [repr(row) for row in rows if pd.Timestamp(row.starts_at) <= turned]

    assert before(altered) == before(whole)
    assert len(before(whole)) > 20
    assert altered.reservations < whole.reservations


def test_unknown_booking_times_are_decided_once_before_bookings_begin(drawn: Drawn) -> None:
    facts = _facts(drawn)
    unknown = pd.Series(pd.NaT, index=facts["reservations"].index, dtype="datetime64[ns, UTC]")
    facts["reservations"] = facts["reservations"].assign(booked_at=unknown)
    untimed = run_backtest(facts, weeks=2)
    assert not untimed.timed
    assert [listing.lead_hours for listing in untimed.listings] == [336]


def test_a_week_in_which_the_studio_was_closed_is_left_out(tmp_path: Path) -> None:
    """As over the holidays: nothing was to be decided, and the backtest broke."""
    held = [*(f"2018-{month:02}-{day:02}" for month in (10, 11) for day in range(1, 25)), "2018-12-28"]
    path = tmp_path / "history.csv"
    path.write_text("class,date,time,capacity,booked\n" + "".join(f"Yoga,{day},18:30,20,6\n" for day in held))
    told = CliRunner().invoke(backtest, ["--history", str(path), "--json"])
    assert told.exit_code == 0, told.stderr
    whole = json.loads(told.stdout)
    assert (whole["weeks"], whole["classes"], whole["listings"][0]["classes"]) == (4, 1, 1)


def test_a_history_too_short_is_said_to_be(drawn: Drawn) -> None:
    with pytest.raises(TooShort, match="too few to learn from; ask for fewer weeks"):
        run_backtest(_facts(drawn), weeks=15)
    nothing: Mapping[str, pd.DataFrame] = {name: table.iloc[:0] for name, table in _facts(drawn).items()}
    with pytest.raises(TooShort, match="no finished class"):
        run_backtest(nothing, weeks=2)


def _written(folder: Path, drawn: Drawn) -> Path:
    counts = drawn.past_reservations.groupby("session_id").size()
    table = pd.DataFrame(
        {
            "class": drawn.past["template_id"],
            "date": drawn.past["starts_at"].dt.strftime("%Y-%m-%d"),
            "time": drawn.past["starts_at"].dt.strftime("%H:%M"),
            "Places": drawn.past["capacity"].astype(int),
            "booked": drawn.past["session_id"].map(counts).fillna(0).astype(int),
        }
    )
    path = folder / "history.csv"
    table.to_csv(path, index=False)
    return path


def test_the_command_prints_both_tables_and_what_was_set_aside(tmp_path: Path, drawn: Drawn) -> None:
    path = _written(tmp_path, drawn)
    with path.open("a") as file:
        file.write("spin,yesterday,18:00,20,3\n")
    asked = ["--history", str(path), "--columns", "capacity=Places", "--weeks", "2"]
    told = CliRunner().invoke(backtest, asked)
    assert told.exit_code == 0, told.output
    for words in ("SmartTools", "slot mean", "stayed empty", "booking times are unknown", "1 lines were set aside"):
        assert words in told.output
    assert "column 'date': 'yesterday' is no date" in told.output
    printed = json.loads(CliRunner().invoke(backtest, [*asked, "--json"]).output)
    assert printed["lines_set_aside"][0]["column"] == "date"
    assert printed["timed"] is False
    assert {score["forecast"] for score in printed["scores"]} >= {"SmartTools", "slot mean"}


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ([], 2, "Name a CONNECTION or a --history FILE.csv"),
        (["--history", "absent.csv"], 2, "does not exist"),
        (["--history", "{file}", "--columns", "class"], 2, "write NAME=HEADER"),
        (["--history", "{file}", "--timezone", "Moon"], 2, "no IANA time zone"),
        (["--history", "{file}"], 2, "no column for 'capacity'"),
        (["--history", "{file}", "--columns", "capacity=Places", "--weeks", "16"], 1, "too few to learn from"),
    ],
)
def test_wrong_usage_is_told_in_words(tmp_path: Path, drawn: Drawn, asked: list[str], status: int, told: str) -> None:
    path = _written(tmp_path, drawn)
    answer = CliRunner().invoke(backtest, [word.format(file=path) for word in asked])
    assert answer.exit_code == status, answer.output
    assert told in answer.output


def _repeat(ctx: Context, connection_id: int, weeks: int) -> None:
    """The connection's timetable and bookings, in each of so many weeks before."""
    with ctx.store.write() as db:
        for table, key in ((Session, "external_id"), (Reservation, "session_id")):
            for row in db.scalars(select(table).where(table.connection_id == connection_id)).all():
                held = {
                    column.key: getattr(row, column.key) for column in table.__table__.columns if column.key != "id"
                }
                for back in range(2, weeks + 2, 2):
                    changed = {"external_id": f"{row.external_id}-{back}", key: f"{held[key]}-{back}"}
                    if table is Session:
                        changed["starts_at"] = held["starts_at"] - timedelta(weeks=back)
                    db.add(table(**(held | changed)))


def test_a_connection_is_tested_on_its_mirror(ctx: Context, seeded: Seeded) -> None:
    _repeat(ctx, seeded.connection_id, 6)
    ctx.now = lambda: NOON + timedelta(days=30)
    told = CliRunner().invoke(backtest, [str(seeded.connection_id), "--weeks", "1", "--json"], obj=ctx)
    assert told.exit_code == 0, told.output
    printed = json.loads(told.output)
    assert printed["classes"] > 0
    assert printed["reservations"] > 0
    assert printed["lines_set_aside"] == []
    said = CliRunner().invoke(backtest, [str(seeded.connection_id), "--weeks", "1"], obj=ctx)
    assert "Amounts are in USD, times are UTC." in said.output


def test_a_connection_that_is_not_there_is_said_to_be(ctx: Context) -> None:
    told = CliRunner().invoke(backtest, ["4711"], obj=ctx)
    assert told.exit_code == 1
    assert "There is no connection 4711" in told.output


@pytest.mark.data
@pytest.mark.skipif(not LEISURE.exists(), reason="needs leisure_classes_2018.csv")
def test_on_real_classes_it_beats_every_naive_forecast() -> None:
    whole = run_backtest(facts_of_history(read_history(LEISURE), "UTC", 20.0), weeks=2)
    errors = {score.forecast: score.mae for score in whole.scores}
    assert min(errors, key=lambda name: errors[name]) == "SmartTools"
    assert errors["SmartTools"] < 3.2


def test_what_it_would_have_brought_adds_up_and_says_where_it_would_have_hurt(result: Backtest) -> None:
    """N-02."""
    outcome = result.outcome
    assert outcome.classes == result.classes
    assert outcome.value == pytest.approx(outcome.payouts - 25 * outcome.turned_away)
    assert outcome.low < outcome.value < outcome.high
    assert not outcome.assumed
    assert outcome.hurt_classes == len(outcome.hurt)
    assert [one.value for one in outcome.hurt] == sorted(one.value for one in outcome.hurt)
    assert 0 < outcome.sold <= result.listings[0].spots + result.listings[-1].spots


def test_places_sold_in_a_class_that_filled_up_turn_direct_clients_away() -> None:
    rows = pd.DataFrame(
        {
            "session_id": ["roomy", "full"] * 2,
            "lead": [72, 72, 6, 6],
            "spots": [4, 4, 4, 4],
            "free": [9, 9, 4, 4],
            "empty": [9, 0, 9, 0],
            "takers": [50.0, 50.0, 0.0, 0.0],
            "rate": [10.0] * 4,
            "week": [0] * 4,
            "starts_at": [pd.Timestamp(NOON)] * 4,
        }
    )
    outcome = outcome_of(rows, np.array([25.0, 25.0]), assumed=True, seed=0)
    assert (outcome.sold, outcome.turned_away, outcome.payouts, outcome.value) == (8.0, 4.0, 80.0, -20.0)
    assert [(one.session_id, one.value) for one in outcome.hurt] == [("full", -60.0)]
