"""From the mirror to a statement that is kept, signed, corrected and declared final by two people."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, func, select, update

from adapter.context import Context
from adapter.guarantee.signing import verify
from adapter.operating.moving import move
from adapter.statements.case import build_case
from adapter.statements.command import guarantee
from adapter.statements.incremental import incremental_of
from adapter.statements.judging import NotAllowed, agree, ask
from adapter.statements.making import make_statement, signed_statement
from adapter.statements.page import PAGE_ALONE
from adapter.statements.rates import rates_of
from adapter.store.client_merges import note_merge
from adapter.store.database import Store
from adapter.store.holdouts import draw_of
from adapter.store.tables import (
    Audit,
    EligibilityFact,
    EmailAddress,
    ExchangeRate,
    GuaranteeStatement,
    Judgement,
    JudgementKind,
    KeptPage,
    Participation,
    Reservation,
    Run,
    RunKind,
    RunState,
    Session,
    SourceMapping,
    Studio,
    Venue,
)
from connectors.records import Channel, Outcome
from tests.fixtures.database import NOON, keep_database, put_database
from tests.sync.conftest import Road, done

Json = dict[str, Any]
STUDIO = "1"


def run(road: Road, *arguments: str) -> Result:
    return CliRunner().invoke(guarantee, arguments, obj=road.ctx, catch_exceptions=False)


@pytest.fixture
def taking_part(request: pytest.FixtureRequest, ctx: Context, tmp_path_factory: pytest.TempPathFactory) -> Road:
    """The mirrored studio, acknowledged nine weeks ago, its rates kept: made once, then copied."""
    kept = tmp_path_factory.getbasetemp() / "taking_part.db"
    if not kept.exists():
        road: Road = request.getfixturevalue("mirrored")
        enter_all(road)
        keep_database(road.ctx.store, kept)
    put_database(kept, ctx.store)
    time = [NOON]
    return Road(replace(ctx, now=lambda: time[0]), 1, time)


def enter_all(road: Road) -> None:
    """Everything that the guarantee needs to be told."""
    begun = road.ctx.now() - timedelta(weeks=9)
    enter = ("--policy-hours", "12", "--by", "finance", "--acknowledged", begun.strftime("%Y-%m-%d"))
    assert run(road, "take-part", STUDIO, *enter).exit_code == 0
    recorded = ("--from", "2020-01-01", "--evidence", "contract 7", "--by", "finance")
    for requirement in ("subscriber", "agreement", "inventory", "payout_set"):
        assert run(road, "record", STUDIO, requirement, *recorded).exit_code == 0
    for venue in road.all(Venue):
        run(road, "record", STUDIO, "smarttools", "--venue", str(venue.id), *recorded)
    pay(road, Decimal("9.00"))


def pay(road: Road, rate: Decimal | None) -> None:
    with road.ctx.store.write() as db:
        db.execute(update(Reservation).values(rate=rate))


def test_a_day_that_is_entered_is_a_day_of_the_studios(taking_part: Road) -> None:
    (part,) = taking_part.all(Participation)
    with taking_part.ctx.store.read() as db:
        zone = db.get_one(Studio, 1).timezone
    there = part.acknowledged_at.astimezone(ZoneInfo(zone))
    assert (there.date(), there.hour) == ((NOON - timedelta(weeks=9)).date(), 0)


def test_what_people_enter_is_not_hidden_by_a_page_that_was_kept(taking_part: Road) -> None:
    kept = select(KeptPage.name).where(KeptPage.name.startswith("guarantee"))
    done(taking_part.do(RunKind.STATE, **PAGE_ALONE))
    with taking_part.ctx.store.read() as db:
        assert set(db.scalars(kept)) > {"guarantee"}
    assert run(taking_part, "set", STUDIO, "--owes", "5", "--by", "finance").exit_code == 0
    with taking_part.ctx.store.read() as db:
        assert db.scalars(kept).all() == []


def statement(road: Road) -> Json:
    printed = run(road, "statement", STUDIO)
    assert printed.exit_code == 0, printed.stderr
    return dict(json.loads(printed.stdout))


def state(road: Road) -> GuaranteeStatement:
    done(road.do(RunKind.STATE))
    return road.all(GuaranteeStatement)[-1]


def test_pages_alone_make_no_statement(taking_part: Road) -> None:
    done(taking_part.do(RunKind.STATE, **PAGE_ALONE))
    assert not taking_part.all(GuaranteeStatement)
    with taking_part.ctx.store.read() as db:
        assert db.scalars(select(KeptPage)).all()


def codes(body: Json) -> set[str]:
    return {warning["code"] for warning in body["warnings"]}


def test_what_was_mirrored_becomes_a_statement(taking_part: Road) -> None:
    body = statement(taking_part)
    assert (body["status"], body["currency"]) == ("running", "USD")
    assert body["paid_qualifying"] > 5
    lines = {line["reservation_id"]: line for line in body["lines"]}
    with taking_part.ctx.store.read() as db:
        kept = {f"{row.connection_id}:{row.external_id}": row for row in db.scalars(select(Reservation))}
    assert all(kept[number].content_hash == line["record"] for number, line in lines.items())
    counted = Counter(line["reason"] for line in lines.values() if line["qualifying"])
    assert counted["attended"] > 0
    payouts = sum(Decimal(line["payout"]) for line in lines.values())
    assert payouts == 9 * sum(counted.values()) == Decimal(body["classpass_revenue"]["payouts"])
    assert "@" not in json.dumps(body)


def test_the_case_counts_what_the_mirror_holds(taking_part: Road) -> None:
    with taking_part.ctx.store.read() as db:
        case, _ = build_case(db, taking_part.ctx.keys, 1, taking_part.ctx.now())
        booked = db.scalar(select(func.sum(Reservation.seats)))
    assert len(case["reservations"]) == booked
    channels = {row["channel"] for row in case["reservations"]}
    assert channels == {"direct", "marketplace", "third_party"}
    paid = [row["funding"]["kind"] for row in case["reservations"] if row["channel"] == "direct"]
    assert {"package", "membership"} <= set(paid)
    assert all(row["payout"] is None for row in case["reservations"] if row["channel"] != "marketplace")


def test_a_payout_that_is_not_ours_is_never_made_up(taking_part: Road) -> None:
    """Trap 6."""
    state(taking_part)
    pay(taking_part, None)
    body = statement(taking_part)
    assert (body["classpass_revenue"]["payouts"], body["paid_qualifying"]) == ("0.00", 0)
    assert "mirror_payout" in codes(body)
    with taking_part.ctx.store.read() as db:
        made = make_statement(db, taking_part.ctx.keys, 1, taking_part.ctx.now())
    assert made.gaps.blocking == ["payout"]
    assert "mirror_unpaid_start" not in codes(body)


def test_who_waits_for_five_is_told_of_those_whose_payout_is_not_known(taking_part: Road) -> None:
    pay(taking_part, None)
    body = statement(taking_part)
    assert (body["status"], body["paid_qualifying"]) == ("waiting", 0)
    assert "mirror_unpaid_start" in codes(body)


def test_a_source_that_nobody_has_named_blocks(taking_part: Road) -> None:
    with taking_part.ctx.store.write() as db:
        db.execute(delete(SourceMapping).where(SourceMapping.channel == Channel.DIRECT))
    body = statement(taking_part)
    assert body["status"] == "blocked"
    assert {missing["fact"] for missing in body["blocked_by"]} == {"channel"}


def test_without_addresses_nobody_is_known_and_the_most_it_can_cost_is_said(taking_part: Road) -> None:
    """Trap 7."""
    with taking_part.ctx.store.write() as db:
        for row in db.scalars(select(EmailAddress)):
            row.address = taking_part.ctx.keys.seal("none@none.com", f"email_address:{row.keyed_hash}")
    body = statement(taking_part)
    assert body["unattributable"]["reservations"] == sum(line["qualifying"] for line in body["lines"])
    assert Decimal(body["unattributable"]["max_exposure"]) > 0
    assert body["lost_revenue"] == "0.00"


def test_ec_17_an_erased_address_changes_nothing(taking_part: Road) -> None:
    before = statement(taking_part)
    with taking_part.ctx.store.write() as db:
        db.execute(update(EmailAddress).values(address=None))
    after = statement(taking_part)
    for name in ("lines", "classpass_revenue", "lost_revenue", "payment", "unattributable"):
        assert after[name] == before[name]


def test_ec_14_clients_that_the_platform_merged_are_one_person(taking_part: Road) -> None:
    before = statement(taking_part)
    one, other = (line["person"] for line in before["lines"][:20:19])
    assert one != other
    with taking_part.ctx.store.write() as db:
        lines = [before["lines"][place]["reservation_id"].partition(":")[2] for place in (0, 19)]
        lost, kept = (db.scalars(select(Reservation).where(Reservation.external_id == n)).one() for n in lines)
        assert lost.client_id is not None
        assert kept.client_id is not None
        note_merge(db, 1, lost.client_id, kept.client_id, taking_part.ctx.now())
    after = statement(taking_part)["lines"]
    assert after[0]["person"] == after[19]["person"]


def test_ec_34_a_short_history_is_said(taking_part: Road) -> None:
    state(taking_part)
    assert "coverage" in codes(statement(taking_part))


def test_gp_05_gr_04_the_day_the_start_is_known_it_binds_and_prices_are_kept(taking_part: Road) -> None:
    first = state(taking_part)
    part = taking_part.all(Participation)[0]
    assert part.displayed_start_date.isoformat() == first.body["start_date"]
    assert part.prices
    with taking_part.ctx.store.write() as db:
        db.execute(update(Reservation).values(outcome=Outcome.DENIED))
    assert statement(taking_part)["start_date"] == first.body["start_date"]


def test_gr_04_prices_kept_long_after_the_start_are_said_to_be(taking_part: Road) -> None:
    state(taking_part)
    assert "mirror_late_prices" in codes(statement(taking_part))
    with taking_part.ctx.store.write() as db:
        (part,) = db.scalars(select(Participation)).all()
        assert part.displayed_start_date is not None
        part.prices_at -= part.prices_at.date() - part.displayed_start_date - timedelta(days=3)
    assert "mirror_late_prices" not in codes(statement(taking_part))


def test_a_daily_statement_is_signed_and_not_repeated(taking_part: Road) -> None:
    first = state(taking_part)
    assert (first.version, first.final, first.changes) == (1, False, [])
    assert verify(signed_statement(first), first.public_key)
    assert state(taking_part).version == 1


def finish(road: Road) -> Json:
    """Let the period end and everything in it settle."""
    state(road)
    road.time[0] += timedelta(days=140)
    return state(road).body


def judged(road: Road, kind: JudgementKind, content: Json, *, second: str = "user:2") -> None:
    with road.ctx.store.write() as db:
        row = ask(db, road.ctx, 1, kind, content, reason="see file", evidence="file 9", actor="user:1")
        agree(db, road.ctx, row, actor=second)


def test_ec_24_two_people_declare_it_final_and_a_correction_says_what_it_corrects(taking_part: Road) -> None:
    road = taking_part
    assert finish(road)["status"] == "final"
    version = road.all(GuaranteeStatement)[-1].version
    with pytest.raises(NotAllowed, match="Somebody else"):
        judged(road, JudgementKind.FINAL, {"version": version}, second="user:1")
    assert not any(row.final for row in road.all(GuaranteeStatement))
    judged(road, JudgementKind.FINAL, {"version": version})
    final = road.all(GuaranteeStatement)[-1]
    assert (final.final, final.version, final.changes) == (True, version + 1, [])
    corrected = next(line for line in final.body["lines"] if line["reason"] == "attended")
    number = corrected["reservation_id"].partition(":")[2]
    with road.ctx.store.write() as db:
        db.execute(update(Reservation).where(Reservation.external_id == number).values(outcome=Outcome.DENIED))
    correction = state(road)
    assert (correction.version, correction.final) == (version + 2, False)
    changed = {change["path"]: (change["before"], change["after"]) for change in correction.changes}
    assert changed[f"lines.{corrected['reservation_id']}.reason"] == ("attended", "denied")
    assert changed[f"lines.{corrected['reservation_id']}.payout"] == ("9.00", "0.00")
    assert road.all(GuaranteeStatement)[-2].body == final.body
    with pytest.raises(NotAllowed, match="newer version"):
        judged(road, JudgementKind.FINAL, {"version": final.version})


def test_nothing_is_final_before_it_is_settled(taking_part: Road) -> None:
    version = state(taking_part).version
    with pytest.raises(NotAllowed, match="the status is running"):
        judged(taking_part, JudgementKind.FINAL, {"version": version})


def test_ge_06_gd_01_gp_05_judgements_hold_once_two_people_stand_behind_them(taking_part: Road) -> None:
    road = taking_part
    state(road)
    judged(road, JudgementKind.WAIVER, {"requirement": "once"})
    once = next(row for row in statement(road)["eligibility"] if row["requirement"] == "once")
    assert once["waived"] is True
    judged(road, JudgementKind.START_DATE, {"start_date": "2025-01-20"})
    assert statement(road)["start_date"] == "2025-01-20"
    with road.ctx.store.write() as db:
        content = {"kind": "termination", "at": "2025-03-01T00:00:00Z"}
        asked = ask(db, road.ctx, 1, JudgementKind.BREACH, content, reason="left", evidence="letter", actor="user:1")
    assert statement(road)["status"] != "void"
    with road.ctx.store.write() as db:
        agree(db, road.ctx, db.get_one(Judgement, asked.id), actor="user:2")
    assert (statement(road)["status"], statement(road)["payment"]) == ("void", "0.00")


@pytest.mark.parametrize(
    ("kind", "content", "reason", "evidence"),
    [
        (JudgementKind.WAIVER, {"requirement": "luck"}, "why", "where"),
        (JudgementKind.BREACH, {"kind": "fraud"}, "why", "where"),
        (JudgementKind.FINAL, {"version": 1}, " ", "where"),
        (JudgementKind.FINAL, {"version": 1}, "why", ""),
        (JudgementKind.EQUIVALENT, {"class_type": "a", "venue_id": "b", "price": "-1", "from": "2025-01-01"}, "w", "e"),
    ],
)
def test_a_judgement_without_reason_evidence_or_sense_is_refused(
    taking_part: Road, kind: JudgementKind, content: Json, reason: str, evidence: str
) -> None:
    with taking_part.ctx.store.write() as db, pytest.raises(NotAllowed):
        ask(db, taking_part.ctx, 1, kind, content, reason=reason, evidence=evidence, actor="user:1")


def test_who_does_not_take_part_is_not_acknowledged(taking_part: Road) -> None:
    with taking_part.ctx.store.write() as db:
        db.execute(delete(Participation))
    body = statement(taking_part)
    assert (body["status"], body["start_date"], body["payment"]) == ("not_acknowledged", None, "0.00")
    assert run(taking_part, "statement", "99").exit_code == 1


@pytest.mark.parametrize(
    "wrong",
    [
        (
            "record",
            STUDIO,
            "subscriber",
            "--from",
            "2026-05-01",
            "--until",
            "2026-05-01",
            "--evidence",
            "x",
            "--by",
            "a",
        ),
        ("record", STUDIO, "subscriber", "--from", "2026-05-01", "--evidence", " ", "--by", "a"),
        ("record", STUDIO, "subscriber", "--from", "2026-05-01", "--evidence", "x", "--by", ""),
        ("rate", "USD", "USD", "2026-05-01", "2", "--source", "central bank"),
        ("rate", "EUR", "USD", "2026-05-01", "0", "--source", "central bank"),
        ("rate", "EUR", "USD", "2026-05-01", "1e-30", "--source", "central bank"),
        ("rate", "EUR", "USD", "2026-05-01", "1e30", "--source", "central bank"),
    ],
)
def test_what_can_be_no_evidence_is_not_recorded(taking_part: Road, wrong: tuple[str, ...]) -> None:
    """GE-02."""
    before = len(taking_part.all(EligibilityFact)), len(taking_part.all(ExchangeRate))
    assert run(taking_part, *wrong).exit_code == 2
    assert (len(taking_part.all(EligibilityFact)), len(taking_part.all(ExchangeRate))) == before


def test_ge_07_one_takes_part_once(taking_part: Road) -> None:
    again = run(taking_part, "take-part", STUDIO, "--policy-hours", "12", "--by", "finance")
    assert again.exit_code == 1
    assert "only once" in again.stderr


def test_gx_02_a10_what_is_owed_and_how_the_terms_are_read_is_set_and_audited(taking_part: Road) -> None:
    chosen = ("--owes", "150.00", "--reading", "free_only=not_exercised", "--reading", "first_counts_cancelled=false")
    said = run(taking_part, "set", STUDIO, *chosen, "--tax-rate", "0.19", "--by", "finance")
    assert (said.exit_code, said.stdout.split("; ")[-1]) == (0, "tax on payouts 0.19.\n")
    assert json.loads(run(taking_part, "set", STUDIO, "--by", "finance", "--json").stdout) == {
        "owes": "150.00",
        "readings": {"free_only": "not_exercised", "first_counts_cancelled": False},
        "tax_rates": {"": "0.19"},
    }
    readings = statement(taking_part)["readings"]
    assert (readings["free_only"], readings["first_counts_cancelled"]) == ("not_exercised", False)
    with taking_part.ctx.store.read() as db:
        case, _ = build_case(db, taking_part.ctx.keys, 1, taking_part.ctx.now())
    assert Decimal(case["business"]["owes"]) == 150
    assert run(taking_part, "set", STUDIO, "--reading", "luck=good", "--by", "finance").exit_code == 2
    for wrong in (("--owes", "-1"), ("--owes", "150.005"), ("--owes", "1e30"), ("--tax-rate", "0.1234567")):
        assert run(taking_part, "set", STUDIO, *wrong, "--by", "finance").exit_code == 2


def test_ec_31_a_rate_is_recorded_once(taking_part: Road) -> None:
    rate = ("rate", "EUR", "USD", "2025-06-01", "1.0912", "--source", "central bank")
    assert run(taking_part, *rate).exit_code == 0
    assert run(taking_part, *rate).exit_code == 1
    assert run(taking_part, "rate", "XX", "USD", "2025-06-01", "1", "--source", "s").exit_code == 2
    with taking_part.ctx.store.read() as db:
        case, _ = build_case(db, taking_part.ctx.keys, 1, taking_part.ctx.now())
    assert [Decimal(row["rate"]) for row in case["fx"]] == [Decimal("1.0912")]


def test_a_mistyped_rate_is_corrected_and_what_was_signed_stays(taking_part: Road) -> None:
    named = ("EUR", "USD", "2025-06-01")
    right = ("1.0912", "--source", "central bank", "--why", "a digit too many", "--by", "finance")
    before = taking_part.ctx.now()
    assert run(taking_part, "correct-rate", *named, *right).exit_code == 1  # there is none
    assert run(taking_part, "rate", *named, "10.0912", "--source", "central bank").exit_code == 0
    signed = state(taking_part)
    was = signed_statement(signed)
    taking_part.time[0] += timedelta(minutes=1)
    assert run(taking_part, "correct-rate", *named, *right[:3], "--by", "finance").exit_code == 2  # and why?
    assert run(taking_part, "correct-rate", *named, *right).exit_code == 0
    again = run(taking_part, "correct-rate", *named, *right)
    assert (again.exit_code, "already" in again.stderr) == (1, True)
    assert (rates(taking_part, before), rates(taking_part, taking_part.ctx.now())) == (["10.0912"], ["1.0912"])
    (line,) = taking_part.all(Audit, Audit.act == "guarantee.rate_corrected")
    assert (line.actor, line.before, line.after["why"]) == (
        "finance",
        {"rate": "10.0912", "source": "central bank"},
        "a digit too many",
    )
    (asked,) = taking_part.all(Run, Run.kind == RunKind.STATE, Run.state == RunState.QUEUED)
    assert (asked.actor, asked.params) == ("finance", {})
    (kept,) = taking_part.all(GuaranteeStatement)
    assert signed_statement(kept) == was


def rates(road: Road, as_of: datetime) -> list[str]:
    with road.ctx.store.read() as db:
        return [row["rate"] for row in rates_of(db, as_of)]


def test_a_class_that_moves_zone_keeps_the_zone_it_was_made_in(taking_part: Road) -> None:
    with taking_part.ctx.store.write() as db:
        db.execute(update(Session).values(timezone="Asia/Tokyo"))
        case, _ = build_case(db, taking_part.ctx.keys, 1, taking_part.ctx.now())
    assert {row["timezone"] for row in case["reservations"]} == {"Asia/Tokyo"}


def test_n_03_what_is_held_out_lists_nothing_and_is_compared(taking_part: Road) -> None:
    road = taking_part
    registered = run(road, "holdout", STUDIO, "--share", "0.3", "--weeks", "8", "--by", "finance", "--json")
    assert registered.exit_code == 0, registered.stderr
    assert list(json.loads(registered.stdout)) == ["from", "to", "measured"]
    assert run(road, "holdout", STUDIO, "--weeks", "8", "--by", "finance").exit_code == 1  # one at a time
    assert run(road, "holdout", STUDIO, "--weeks", "1", "--by", "finance").exit_code == 1
    road.set(last_pulled_at=road.ctx.now())
    done(road.do(RunKind.TRAIN))
    done(road.do(RunKind.DECIDE))
    with road.ctx.store.read() as db:
        draw = draw_of(db, 1)
        assert draw is not None
        rows = {row.id: row for row in db.scalars(select(Session))}
    decided = road.latest()
    out = {number for number in decided if draw.holds_out(rows[number].template_id, rows[number].starts_at)}
    assert 0 < len(out) < len(decided)
    assert all(decided[number].spots == 0 for number in out)
    assert {decided[number].binding for number in out} >= {"held_out"}
    assert not any(decided[number].binding == "held_out" for number in decided.keys() - out)


def test_pd_05_n_04_six_months_of_what_the_marketplace_adds(taking_part: Road) -> None:
    with taking_part.ctx.store.read() as db:
        meter, _, readout = incremental_of(db, 1, taking_part.ctx.now())
    assert meter.payouts > 0
    assert meter.direct_revenue > 0
    assert 0 < meter.acquired < meter.direct_revenue
    assert meter.share == (meter.payouts + meter.acquired - meter.lost) / meter.direct_revenue
    assert readout is None


@pytest.mark.postgres
def test_postgresql_keeps_statements_judgements_holdouts_and_rates_alike(
    postgres_store: Store, taking_part: Road
) -> None:
    ctx = taking_part.ctx
    move(ctx.store, postgres_store, ctx.now(), lambda *_: None)
    url = postgres_store.url.render_as_string(hide_password=False)
    road = Road(replace(ctx, store=postgres_store, config=replace(ctx.config, database_url=url)), 1, taking_part.time)
    assert state(road).body["lines"] == statement(taking_part)["lines"]
    assert state(road).version == 1
    judged(road, JudgementKind.WAIVER, {"requirement": "once"})
    assert run(road, "holdout", STUDIO, "--share", "0.3", "--weeks", "8", "--by", "finance").exit_code == 0
    rate = ("rate", "EUR", "USD", "2025-06-01", "1.0912", "--source", "central bank")
    assert [run(road, *rate).exit_code for _ in range(2)] == [0, 1]
