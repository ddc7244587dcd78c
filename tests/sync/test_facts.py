"""The tables that SmartTools is given, from a mirrored studio: the promised columns, settings resolved."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pandas as pd
from pandas.testing import assert_frame_equal

from adapter.smarttools import SmartTools
from adapter.smarttools.frames import NEEDED, looks_personal
from adapter.store.facts import COLUMNS, SEAT, Facts, facts_of_connection, table
from adapter.store.settings import change_settings, map_sources
from adapter.store.tables import PriceOption, Reservation, RunKind, Scope, Session
from connectors.records import Channel, Outcome, PriceKind
from sync.deciding.inputs import facts_of, inputs_of
from tests.sync.conftest import Road, done


def facts(road: Road) -> Facts:
    """Everything from six weeks ago to the horizon."""
    now = road.ctx.now()
    with road.ctx.store.read() as db:
        since, until = now - timedelta(weeks=6), now + timedelta(days=28)
        return facts_of_connection(db, road.connection_id, since=since, until=until)


def change(road: Road, scope: Scope, number: int, **values: object) -> None:
    with road.ctx.store.write() as db:
        studio = road.connection.studio_id
        change_settings(db, studio, scope, number, values, actor="test", now=road.ctx.now())


def test_the_columns_are_the_promised_ones_and_none_is_personal(mirrored: Road) -> None:
    found = facts(mirrored)
    for name, needed in NEEDED.items():
        assert set(needed) <= set(found[name].columns)
        assert {column: str(kind) for column, kind in found[name].dtypes.items()} == dict(COLUMNS[name])
        assert not [column for column in found[name].columns if looks_personal(column)]
    assert len(found["sessions"]) > 50
    assert len(found["reservations"]) > 200


def test_a_studio_without_anything_has_the_same_tables_empty(road: Road) -> None:
    found = facts(road)
    assert {name: len(found[name]) for name in COLUMNS} == {"studios": 1, "sessions": 0, "reservations": 0, "offers": 0}
    assert len(SmartTools().decide(road.ctx.now(), **found)) == 0


def test_channels_are_what_the_studio_says_and_direct_where_it_has_not(mirrored: Road) -> None:
    (source,) = {row.source for row in mirrored.all(Reservation) if "ClassPass" in row.source}
    before = facts(mirrored)["reservations"]
    ours = before[before["channel"] == "marketplace"]
    assert len(ours) > 0
    assert set(ours["product"]) == {"standard"}
    with mirrored.ctx.store.write() as db:
        now = mirrored.ctx.now()
        map_sources(db, mirrored.connection_id, {source: Channel.UNKNOWN}, actor="test", now=now)
    after = facts(mirrored)["reservations"].set_index("reservation_id").loc[ours["reservation_id"]]
    assert set(after["channel"]) == {"direct"}


def test_the_most_specific_setting_wins(mirrored: Road) -> None:
    session = mirrored.upcoming()[0]
    change(mirrored, Scope.STUDIO, 0, min_spots=1, release_all_hours=24)
    change(mirrored, Scope.SESSION, session.id, min_spots=3, rate_floor=Decimal("9.25"))
    row = facts(mirrored)["sessions"].set_index("session_id").loc[session.id]
    assert (row["min_spots"], row["release_all_hours"], row["rate_floor"]) == (3, 24, 9.25)
    assert facts(mirrored)["studios"]["min_spots"].tolist() == [1]


def test_a_denied_reservation_is_cancelled_and_a_second_seat_takes_a_second_place(mirrored: Road) -> None:
    with mirrored.ctx.store.write() as db:
        denied, double = db.query(Reservation).order_by(Reservation.id.desc()).limit(2)
        denied.outcome, double.seats, double.outcome = Outcome.DENIED, 2, Outcome.UNKNOWN
    rows = facts(mirrored)["reservations"]
    assert rows[rows["reservation_id"] == denied.id]["outcome"].tolist() == ["cancelled"]
    assert rows[rows["reservation_id"] % SEAT == double.id]["outcome"].tolist() == ["booked", "booked"]
    assert rows["reservation_id"].is_unique  # a row that repeats another one, id and all, counts once


def test_the_retail_rate_is_the_mean_drop_in_price_unless_it_was_set(mirrored: Road) -> None:
    drop_ins = [
        row.price
        for row in mirrored.all(PriceOption)
        if row.kind is PriceKind.DROP_IN and not (row.hidden or row.intro_only) and row.price > 0
    ]
    expected = float(sum(drop_ins) / len(drop_ins))
    assert abs(facts(mirrored)["studios"]["retail_rate"].iloc[0] - expected) < 0.001
    change(mirrored, Scope.STUDIO, 0, retail_rate=Decimal(31))
    assert set(facts(mirrored)["sessions"]["retail_rate"]) == {31.0}


def test_what_a_reservation_brought_is_a_share_of_its_package_or_not_known(mirrored: Road) -> None:
    direct = facts(mirrored)["reservations"].query("channel == 'direct'")
    paid = direct["amount"].dropna()
    assert 0 < len(paid) < len(direct)
    assert paid.between(0, 40).all()


def test_a_session_that_is_gone_is_cancelled(mirrored: Road) -> None:
    session = mirrored.upcoming()[0]
    with mirrored.ctx.store.write() as db:
        db.get_one(Session, session.id).gone_at = mirrored.ctx.now()
    assert facts(mirrored)["sessions"].set_index("session_id").loc[session.id]["cancelled"]


def test_only_what_was_really_listed_is_an_offer(mirrored: Road) -> None:
    done(mirrored.do(RunKind.DECIDE))
    assert len(facts(mirrored)["offers"]) == 0
    mirrored.go_live()
    done(mirrored.do(RunKind.DECIDE))
    assert len(facts(mirrored)["offers"]) == len(mirrored.latest()) > 30


def test_stored_inputs_are_the_tables_again(mirrored: Road) -> None:
    mirrored.go_live()
    done(mirrored.do(RunKind.DECIDE))
    given = facts(mirrored)
    again = facts_of(inputs_of(mirrored.ctx.now(), given, None))
    for name in COLUMNS:
        order = list(COLUMNS[name])[:2]
        known = again[name][list(COLUMNS[name])]
        assert_frame_equal(
            known.sort_values(order, ignore_index=True), given[name].sort_values(order, ignore_index=True)
        )
    assert set(again["sessions"].columns) - set(COLUMNS["sessions"]) == {
        "pace",
        "pace_doubt",
        "tempo",
        "tempo_doubt",
        "appetite",
        "appetite_doubt",
        "interest",
        "premium",
    }


def test_a_table_has_its_types_whatever_its_rows() -> None:
    one = table("offers", [(1, pd.Timestamp("2026-03-02T12:00Z"), 2, None, None, None)])
    assert {column: str(kind) for column, kind in one.dtypes.items()} == dict(COLUMNS["offers"])
    assert one["rate"].isna().all()
