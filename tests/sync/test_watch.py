"""The requirements while there is time to act: lights with a deadline, told within the hour (N-15)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Db

from adapter.statements.case import build_case
from adapter.statements.inventory import level
from adapter.statements.kept import SLOW, shown
from adapter.statements.overview import retail_now
from adapter.statements.page import keep_page, page_of
from adapter.statements.watch import lights_of
from adapter.store.alerts import open_alert, open_alerts
from adapter.store.tables import (
    AlertKind,
    Decision,
    EligibilityFact,
    KeptPage,
    Participation,
    PriceOption,
    Session,
    Venue,
)
from connectors.records import Channel, PriceKind
from sync.engine.schedule import look_after_guarantees
from tests.fixtures.database import keep_database, put_database
from tests.sync.conftest import Road
from tests.sync.test_statements import STUDIO, run, state, statement, taking_part

__all__ = ["taking_part"]
START = date(2025, 3, 10)


def days(listed: dict[int, int], length: int = 60) -> dict[date, tuple[int, int]]:
    """Of a hundred places each day, so many listed from this day on; Sundays closed."""
    found: dict[date, tuple[int, int]] = {}
    now = 0
    for number in range(length):
        now = listed.get(number, now)
        if number % 7 != 6:
            found[START + timedelta(days=number)] = (now, 100)
    return found


@pytest.mark.parametrize(
    ("listed", "until", "low", "fails"),
    [
        ({0: 22}, 59, False, False),
        ({0: 22, 35: 9}, 41, True, False),  # the sixth week at 9 %
        ({0: 22, 35: 9, 42: 22}, 59, False, False),  # a week is a warning, once
        ({0: 22, 35: 9}, 48, True, True),
        ({0: 22, 35: 11}, 59, False, False),  # exactly half
        ({0: 22, 35: 10}, 39, False, False),  # not a whole week yet
    ],
)
def test_ge_03_a_week_below_half_of_the_usual_warns_and_two_weeks_are_for_a_person(
    listed: dict[int, int], until: int, low: bool, fails: bool
) -> None:
    found = level(days(listed), START, START + timedelta(days=until))
    assert found is not None
    assert (found[0], found[2], found[3]) == (Fraction(22, 100), low, fails)


def test_ge_03_before_four_weeks_and_one_there_is_nothing_to_compare() -> None:
    assert level(days({0: 22}), START, START + timedelta(days=33)) is None
    assert level({}, START, START + timedelta(days=60)) is None


def test_ge_03_a_closure_counts_nowhere() -> None:
    closed = {day: seats for day, seats in days({0: 22}).items() if not 35 <= (day - START).days < 49}
    found = level(closed, START, START + timedelta(days=48))
    assert found is not None
    assert found[2:] == (False, False)


def lights(road: Road) -> dict[str, Any]:
    with road.ctx.store.read() as db:
        return {light.requirement: light for light in lights_of(db, 1, road.ctx.now())}


def told(road: Road) -> str:
    with road.ctx.store.write() as db:
        look_after_guarantees(db, road.ctx.now())
        return " ".join(alert.words for alert in open_alerts(db, studio_id=1) if alert.kind is AlertKind.GUARANTEE)


@pytest.fixture
def running(taking_part: Road, tmp_path_factory: pytest.TempPathFactory) -> Road:
    """Its period runs; every requirement is recorded. Stated once, then copied."""
    kept = tmp_path_factory.getbasetemp() / "running.db"
    if kept.exists():
        put_database(kept, taking_part.ctx.store)
    else:
        state(taking_part)
        keep_database(taking_part.ctx.store, kept)
    return taking_part


def test_n_15_smarttools_off_at_one_venue_are_told_with_the_hour_until_which_it_can_be_mended(running: Road) -> None:
    assert {light.colour for light in lights(running).values()} == {"green"}
    assert told(running) == ""
    now = running.ctx.now()
    with running.ctx.store.write() as db:
        venue = db.scalars(select(Venue).order_by(Venue.id.desc())).first()
        assert venue is not None
        name = venue.name
        off = update(EligibilityFact).where(EligibilityFact.venue_id == venue.id)
        db.execute(off.values(until=now - timedelta(hours=1)))
    found = [light for light in all_lights(running) if light.colour == "amber"]
    assert [(light.requirement, light.deadline) for light in found] == [("smarttools", now + timedelta(hours=23))]
    assert name in told(running)
    running.time[0] = now + timedelta(hours=24)
    assert [light.requirement for light in all_lights(running) if light.colour == "red"] == ["smarttools"]
    with running.ctx.store.write() as db:
        db.execute(off.values(until=None))
    assert told(running) == ""  # mended: it is over by itself


def all_lights(road: Road) -> list[Any]:
    with road.ctx.store.read() as db:
        return lights_of(db, 1, road.ctx.now())


def test_n_15_what_is_recorded_to_end_too_early_is_told_before_it_does(running: Road) -> None:
    soon = running.ctx.now() + timedelta(days=3)
    with running.ctx.store.write() as db:
        db.execute(update(EligibilityFact).where(EligibilityFact.requirement == "agreement").values(until=soon))
        db.execute(delete(EligibilityFact).where(EligibilityFact.requirement == "payout_set"))
    found = lights(running)
    assert (found["agreement"].colour, found["agreement"].deadline) == ("amber", soon)
    assert found["payout_set"].colour == "red"


@pytest.mark.parametrize(("hours", "colour"), [(1, "amber"), (31, "red")])
def test_gd_03_a_platform_that_cannot_be_read_is_a_risk_that_a_person_judges(
    running: Road, hours: int, colour: str
) -> None:
    since = running.ctx.now() - timedelta(hours=hours)
    with running.ctx.store.write() as db:
        open_alert(db, running.connection_id, AlertKind.STALE, "not read", now=running.ctx.now(), since=since)
    found = lights(running)["tracking"]
    assert (found.colour, found.deadline) == (colour, since + timedelta(hours=24) if colour == "amber" else None)
    assert statement(running)["status"] != "void"


def test_ge_03_what_was_listed_is_taken_from_the_last_offer_before_each_class(running: Road) -> None:
    now = running.ctx.now()
    with running.ctx.store.write() as db:
        begun = db.scalars(select(Participation.displayed_start_date)).one()
        assert begun is not None
        for held in db.scalars(select(Session).where(Session.capacity > 0)).all():
            late = held.starts_at > now - timedelta(days=7)
            for sequence, (limit, binding) in enumerate([(5, None), (1 if late else 5, None), (0, "stale")], 101):
                at = held.starts_at - timedelta(hours=1) + timedelta(minutes=sequence)
                db.add(decision(held, sequence, min(at, held.starts_at), limit, binding))
        assert (now.date() - begun).days > 35
    found = lights(running)["inventory"]
    assert found.colour == "amber"
    assert "below half" in told(running)


def decision(held: Session, sequence: int, at: datetime, limit: int, binding: str | None) -> Decision:
    row = Decision(connection_id=held.connection_id, session_id=held.id, sequence=sequence, at=at, limit=limit)
    row.spots, row.rate, row.premium_spots, row.premium_limit, row.currency = limit, Decimal(9), 0, 0, "USD"
    row.expected_direct, row.displacement_risk, row.expected_value, row.reason = 0.0, 0.0, 0.0, "forecast"
    row.binding, row.shadow, row.inputs, row.explanation = binding, False, {}, {}
    return row


def test_n_24_the_floor_is_held_against_the_share_that_was_agreed(running: Road) -> None:
    """SR-05."""
    with running.ctx.store.write() as db:
        db.execute(update(PriceOption).values(hidden=True))
        option = db.scalars(select(PriceOption).order_by(PriceOption.id)).first()
        assert option is not None
        option.kind, option.sessions, option.price, option.hidden = PriceKind.PACKAGE, 8, Decimal(150), False
        option.intro_only, option.class_type_ids = False, []
    running.agree(rate_floor=Decimal("7.50"))
    assert run(running, "set", STUDIO, "--floor-share", "0.4", "--by", "finance").exit_code == 0
    assert run(running, "set", STUDIO, "--floor-share", "40", "--by", "finance").exit_code == 2
    assert lights(running)["floor"].colour == "green"
    with running.ctx.store.write() as db:
        db.execute(update(PriceOption).where(PriceOption.hidden.is_(False)).values(price=Decimal(170)))
    with running.ctx.store.read() as db:
        price = retail_now(db, 1, running.ctx.now().date(), {})
        share = db.scalars(select(Participation.floor_share)).one()
    assert price is not None
    assert price * Decimal(str(share)) == Decimal("8.50")
    assert lights(running)["floor"].colour == "amber"
    assert "7.50" not in told(running)  # confidential


def test_gc_04_taxes_on_payouts_are_what_was_set_by_venue_else_by_studio(running: Road) -> None:
    assert statement(running)["classpass_revenue"]["taxes"] == taxes(running, {})
    with running.ctx.store.read() as db:
        venue = db.scalars(select(Venue).order_by(Venue.id)).first()
        assert venue is not None
    assert run(running, "set", STUDIO, "--tax-rate", "0.19", "--by", "finance").exit_code == 0
    of_venue = ("--tax-rate", "0.07", "--venue", str(venue.id), "--by", "finance")
    assert run(running, "set", STUDIO, *of_venue).exit_code == 0
    assert run(running, "set", STUDIO, "--tax-rate", "0.07", "--venue", "99", "--by", "finance").exit_code == 2
    place = f"{venue.connection_id}:{venue.external_id}"
    assert statement(running)["classpass_revenue"]["taxes"] == taxes(running, {place: "0.07", "": "0.19"})


def taxes(road: Road, rates: dict[str, str]) -> str:
    """What is there already on direct visits, and the rates on payouts."""
    body = statement(road)
    with road.ctx.store.read() as db:
        case, _ = build_case(db, road.ctx.keys, 1, road.ctx.now())
    rows = {row["id"]: row for row in case["reservations"]}
    total = Fraction(0)
    for line in body["lines"]:
        row = rows[line["reservation_id"]]
        if row["channel"] == Channel.MARKETPLACE:
            total += Fraction(line["payout"]) * Fraction(rates.get(row["venue_id"], rates.get("", "0")))
        elif line["switcher_revenue"] != "0.00":
            total += Fraction(row["tax"])
    return f"{(Decimal(total.numerator) / Decimal(total.denominator)).quantize(Decimal('0.01'))}"


def test_a_large_studio_s_page_is_shown_as_it_was_worked_out_last(running: Road) -> None:
    keep_page(running.ctx, 1)
    with running.ctx.store.write() as db:
        db.execute(update(KeptPage).values(seconds=0.0))
    live = page_of(running.ctx, 1)
    assert not live.kept  # it took no time: each visit works it out
    with running.ctx.store.write() as db:
        db.execute(update(KeptPage).values(seconds=SLOW + 1, made_at=datetime(2026, 3, 1, tzinfo=UTC)))
    kept = page_of(running.ctx, 1)
    assert (kept.kept, kept.made_at) == (True, datetime(2026, 3, 1, tzinfo=UTC))
    assert (kept.content, kept.day) == (live.content, live.day)


@pytest.mark.parametrize(
    ("took", "is_kept"), [((0.05,), False), ((0.3, 0.02), False), ((0.3, 0.3), True), ((2.0,), True)]
)
def test_a_page_is_kept_where_it_takes_long_and_not_by_a_first_visit_alone(
    running: Road, monkeypatch: pytest.MonkeyPatch, took: tuple[float, ...], is_kept: bool
) -> None:
    """Seconds of the processor: the first visit to a process may be slow by what the process itself begins with."""
    spent = [0.0]
    still = SimpleNamespace(perf_counter=lambda: spent[0], thread_time=lambda: spent[0])
    monkeypatch.setattr("adapter.statements.kept.time", still)
    times = iter(took)

    def work(_: Db) -> dict[str, str]:
        spent[0] += next(times)
        return {"worked": "out"}

    shown(running.ctx, 1, "payouts of a test", work)
    with running.ctx.store.read() as db:
        assert (db.get(KeptPage, (1, "payouts of a test")) is not None) == is_kept
    assert next(times, None) is None  # worked out as often as was needed
