"""What the past weeks would have brought: worked out from a connection's mirror, and kept for its page."""

from __future__ import annotations

from adapter.store.facts import facts_of_connection
from adapter.store.tables import BacktestResult, RunKind
from sync.deciding.look_back import looked_back
from sync.deciding.train import finished
from tests.sync.conftest import Road, done


def test_a_connection_s_past_is_looked_back_at_and_kept(mirrored: Road) -> None:
    for _ in range(2):  # the second takes the place of the first
        run = done(mirrored.do(RunKind.BACKTEST))
    with mirrored.ctx.store.read() as db:
        row = db.get_one(BacktestResult, mirrored.connection_id)
    assert run.counts["classes looked back at"]["read"] == row.result["classes"] > 10
    outcome = row.result["outcome"]
    assert outcome["low"] <= outcome["value"] <= outcome["high"]
    assert outcome["low"] < outcome["high"]
    assert outcome["hurt_classes"] >= len(outcome["hurt"])
    assert all(one["value"] < 0 < one["turned_away"] for one in outcome["hurt"])
    assert row.made_at == mirrored.ctx.now()


def test_a_past_too_short_is_said_to_be(mirrored: Road) -> None:
    with mirrored.ctx.store.read() as db:
        now = mirrored.ctx.now()
        facts = finished(facts_of_connection(db, mirrored.connection_id, since=now.replace(year=2020), until=now))
    short = facts | {"sessions": facts["sessions"].head(12)}
    assert "why_not" in looked_back(short)
    assert "why_not" in looked_back(facts | {"sessions": facts["sessions"].head(0)})
