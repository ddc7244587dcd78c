"""Same inputs and seed, same output, to the bit: alone, in company, after saving, in another order (INV-10)."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adapter.smarttools import BadModel, SmartTools
from adapter.smarttools.persistence import VERSION
from adapter.smarttools.ratios import Ratios
from adapter.smarttools.tools import MANY
from tests.fixtures.timetable import NOW, Drawn, studios


def _bytes(table: pd.DataFrame) -> bytes:
    return table.to_json(orient="records", double_precision=15).encode()


def _decided(tools: SmartTools, drawn: Drawn, coming: pd.DataFrame, reservations: pd.DataFrame) -> pd.DataFrame:
    return tools.decide(NOW, drawn.studios, coming, reservations)


@pytest.mark.parametrize("known", [True, False])
def test_a_session_decided_alone_at_its_studio_s_pace_is_decided_as_in_company(
    drawn: Drawn, fitted: SmartTools, known: bool
) -> None:
    if not known:
        coming = drawn.coming.assign(studio_id="s9", template_id="new " + drawn.coming["template_id"])
        drawn = replace(drawn, studios=drawn.studios.assign(studio_id="s9"), coming=coming)
    together = _decided(fitted, drawn, drawn.coming, drawn.coming_reservations)
    pace = fitted.pace(NOW, drawn.studios, drawn.coming, drawn.coming_reservations)
    assert pace["pace"].nunique() == len(drawn.coming)  # each is told by the others alone
    assert pace["tempo"].isna().all() == known
    told = drawn.coming.merge(pace, on="session_id", validate="1:1")
    for index in range(len(drawn.coming)):
        own = told.iloc[[index]]
        booked = drawn.coming_reservations[drawn.coming_reservations["session_id"].isin(own["session_id"])]
        pd.testing.assert_frame_equal(
            _decided(fitted, drawn, own, booked), together.iloc[[index]].reset_index(drop=True), check_exact=True
        )


@pytest.mark.parametrize("ratio", ["pace", "tempo", "appetite"])
def test_a_ratio_that_is_told_without_its_doubt_is_as_sure_as_usual(
    drawn: Drawn, fitted: SmartTools, ratio: str
) -> None:
    told = _decided(fitted, drawn, drawn.coming.assign(**{ratio: 1.0}), drawn.coming_reservations)
    numbers = told[["rate", "expected_direct", "displacement_risk", "expected_value"]]
    assert np.isfinite(numbers).all(axis=None)
    assert told["rate"].between(*drawn.studios.loc[0, ["rate_floor", "rate_ceiling"]]).all()


def test_many_decided_in_threads_are_decided_as_few(drawn: Drawn, fitted: SmartTools) -> None:
    """A market is solved in portions by two threads; which portion a session falls into changes no bit."""
    times = 2 * MANY // len(drawn.coming) + 1
    table = pd.concat(
        [drawn.coming.assign(session_id=drawn.coming["session_id"] + f"/{copy}") for copy in range(times)]
    ).assign(pace=1.0, pace_doubt=0.02)
    nothing = drawn.coming_reservations.iloc[:0]
    together = _decided(fitted, drawn, table, nothing)
    few = table.iloc[:: len(table) // 90]
    alone = _decided(fitted, drawn, few, nothing)
    assert len(table) > MANY > len(few)
    pd.testing.assert_frame_equal(alone, together.iloc[:: len(table) // 90].reset_index(drop=True), check_exact=True)


def test_the_order_of_rows_changes_nothing(drawn: Drawn, fitted: SmartTools) -> None:
    straight = _decided(fitted, drawn, drawn.coming, drawn.coming_reservations)
    turned = _decided(fitted, drawn, drawn.coming.iloc[::-1], drawn.coming_reservations.sample(frac=1, random_state=3))
    assert _bytes(turned.iloc[::-1].reset_index(drop=True)) == _bytes(straight)


def test_the_same_history_and_seed_learn_the_same(drawn: Drawn, fitted: SmartTools) -> None:
    again = SmartTools(seed=1).fit(drawn.studios, drawn.past, drawn.past_reservations, drawn.offers)
    assert again.digest() == fitted.digest()


def test_a_saved_model_decides_the_same_and_holds_data_only(drawn: Drawn, fitted: SmartTools, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    loaded = SmartTools.load(tmp_path / "model")
    assert loaded.digest() == fitted.digest()
    expected = _decided(fitted, drawn, drawn.coming, drawn.coming_reservations)
    assert _bytes(_decided(loaded, drawn, drawn.coming, drawn.coming_reservations)) == _bytes(expected)
    files = list((tmp_path / "model").iterdir())
    assert [json.loads(path.read_text())["version"] for path in files] == [VERSION]


def test_a_model_of_before_hours_and_categories_told_of_the_marketplace_decides_as_it_did(
    drawn: Drawn, fitted: SmartTools, tmp_path: Path
) -> None:
    older = copy.deepcopy(fitted)
    for name in ("hour", "category"):
        older.model.market.chain[name] = Ratios(1.0)
    older.save(tmp_path)
    path = next(tmp_path.iterdir())
    written = json.loads(path.read_text())
    for name in ("hour", "category"):
        del written["model"]["market"]["chain"][name]
    path.write_text(json.dumps(written))
    tables = (drawn, drawn.coming, drawn.coming_reservations)
    assert _bytes(_decided(SmartTools.load(tmp_path), *tables)) == _bytes(_decided(older, *tables))
    assert _bytes(_decided(older, *tables)) != _bytes(_decided(fitted, *tables))


def test_a_model_that_kept_the_weights_of_all_curves_means_the_same_by_them(fitted: SmartTools, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    path = next(tmp_path.iterdir())
    written = json.loads(path.read_text())
    responses = written["model"]["market"]["responses"]
    del responses["usual"]
    weights = np.zeros((16, 5))
    weights[9, 1] = weights[9, 4] = 0.5
    responses["weights"] = weights.ravel().tolist()
    path.write_text(json.dumps(written))
    median, scale, doubt = SmartTools.load(tmp_path).model.market.responses.usual
    scales = np.geomspace(0.06, 0.26, 5)
    assert [median, scale] == pytest.approx([np.geomspace(0.2, 1.1, 16)[9], scales[[1, 4]].mean()])
    assert doubt == pytest.approx(0.0, abs=1e-12)
    responses["weights"] = [1.0]
    path.write_text(json.dumps(written))
    with pytest.raises(BadModel, match="train again"):
        SmartTools.load(tmp_path)


@pytest.mark.parametrize("held", ["", "{}", "[]", '{"version": 99}', "\x80"])
def test_what_is_no_model_is_refused_in_words(tmp_path: Path, held: str) -> None:
    (tmp_path / "smarttools.json").write_bytes(held.encode("latin-1"))
    with pytest.raises(BadModel, match="train again"):
        SmartTools.load(tmp_path)


def test_a_damaged_table_is_refused(fitted: SmartTools, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    path = tmp_path / "smarttools.json"
    written = json.loads(path.read_text())
    written["model"]["returns"]["hazard"]["all"] = [0.1, 0.2]
    path.write_text(json.dumps(written))
    with pytest.raises(BadModel, match="2"):
        SmartTools.load(tmp_path)


def test_a_rate_in_force_is_kept_where_the_change_would_be_small(drawn: Drawn, fitted: SmartTools) -> None:
    """SS-20."""
    direct = drawn.coming_reservations[drawn.coming_reservations["channel"] == "direct"]  # no sale tells of guests
    fresh = _decided(fitted, drawn, drawn.coming, direct)
    in_force = pd.DataFrame(
        {
            "session_id": fresh["session_id"],
            "from_at": pd.Timestamp(NOW),
            "spots": 1,
            "rate": fresh["rate"] + 0.05,
            "premium_spots": 0,
            "premium_rate": np.nan,
        }
    )
    kept = fitted.decide(NOW, drawn.studios, drawn.coming, direct, in_force)
    inside = fresh["rate"] + 0.05 <= 22.0
    assert kept.loc[inside, "rate"].tolist() == pytest.approx((fresh["rate"] + 0.05)[inside].tolist())
    assert kept["spots"].tolist() == fresh["spots"].tolist()


@pytest.mark.parametrize("held", [7.5, 40.0])
def test_a_rate_moves_by_half_at_the_most_and_says_so(drawn: Drawn, fitted: SmartTools, held: float) -> None:
    tables = (NOW, studios(rate_floor=3.0, rate_ceiling=40.0), drawn.coming, drawn.coming_reservations)
    fresh = fitted.decide(*tables)
    columns = {"from_at": pd.Timestamp(NOW) - pd.Timedelta(hours=1), "spots": 1, "premium_spots": 0}
    in_force = fresh[["session_id"]].assign(rate=held, premium_rate=np.nan, **columns)
    moved, why = fitted.decide(*tables, in_force), fitted.explain(*tables, in_force)
    assert (moved["rate"] >= held / 2).all()
    assert (moved["rate"] <= 1.5 * held)[moved["spots"] == 0].all()  # else the last place listed may be worth more
    assert "bounded" in {each["rate_binding"] for each in why}
    for each, rate in zip(why, moved["rate"], strict=True):
        assert sum(part["value"] for part in each["rate_parts"]) == pytest.approx(rate, abs=1e-9)


def test_a_history_in_another_order_teaches_the_same(drawn: Drawn) -> None:
    """To rounding, as sums are; where a slot moved to another category, what it is now counts in any order."""
    moved = drawn.past["category"].where(drawn.past["starts_at"] < NOW - timedelta(weeks=3), "barre")
    history = (drawn.past.assign(category=moved), drawn.past_reservations, drawn.offers)
    shuffled = (table.sample(frac=1, random_state=5) for table in history)
    told, again = (
        SmartTools().fit(drawn.studios, *tables).decide(NOW, drawn.studios, drawn.coming, drawn.coming_reservations)
        for tables in (history, shuffled)
    )
    pd.testing.assert_frame_equal(told, again, rtol=1e-9)
