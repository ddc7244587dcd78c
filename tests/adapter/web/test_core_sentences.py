"""What the core says in sentences of its own is said in the reader's language, down to the last word of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapter.diagnosis.cause import diagnose
from adapter.diagnosis.steps import Cause
from adapter.diagnosis.summary import ACTS, Deed, Incident, Story, summarise
from adapter.overbooking import Kind, find_cause, tell
from adapter.planning.budget import Budget, Wish, plan_reads
from adapter.showing.confidential import without_floor
from adapter.smarttools.explain import HIGHER, ONE_MORE
from adapter.statements.gaps import MEANING, Gaps
from adapter.store.setting_rules import wrong, wrong_ages, wrong_together
from adapter.store.tables import AlertKind, PushState
from adapter.web.languages import languages_in
from sync.deciding.freshness import ADVICE
from sync.pushing import circuit, push_alerts
from tests.adapter.diagnosis.test_steps import BROKEN, OLD, WELL
from tests.adapter.overbooking.test_cause import EXAMPLES, LISTED, at, booked, decided, pushed
from tests.fixtures.database import NOON
from tests.fixtures.tongue import untold

Told = set[str]
THEIRS = {"Sandbox", "GET", "site", "class", "classes", "classvisits", "not", "allowed", "no", "slow", "down"}
THEIRS |= {"The", "grant", "was", "withdrawn"}
"""The platform's name, calls and own words in the facts of the tests."""


@pytest.fixture(scope="session")
def told(catalogues: Path) -> Callable[[str], Told]:
    """The words of a sentence that the made-up language leaves in English."""
    (language,) = languages_in(catalogues).values()
    return lambda text: untold(language.sentences.said(text))


@pytest.mark.parametrize("cause", Cause)
def test_every_diagnosis_can_be_said_and_what_a_customer_is_sent_too(cause: Cause, told: Callable[[str], Told]) -> None:
    found = diagnose(replace(WELL, **BROKEN[cause]))
    for each in found.findings:
        assert told(f"{each.seen}.") | told(each.todo) | told(each.said) <= THEIRS | {"See", "your", "clients"}, each
    assert told(found.words) <= THEIRS | {"See", "your", "clients"}
    incidents = [Incident(kind, OLD, until) for kind in AlertKind for until in (None, NOON)]
    deeds = [Deed(kind, OLD, went_well=well, read=312 * well, changed=4) for kind in ACTS for well in (True, False)]
    assert told(summarise(Story(found, 3, incidents, deeds, parity=97, in_force=34))) <= {"Sandbox"}
    assert told(summarise(Story(found, 3))) <= {"Sandbox"}


def test_every_cause_of_an_overbooking_and_all_that_led_to_it_can_be_said(told: Callable[[str], Told]) -> None:
    for _, events, _ in EXAMPLES:
        assert told(find_cause([*LISTED, *events]).words) == set()
    happened = [
        *LISTED,
        *(one for state in PushState for one in pushed(1, 2, 0, 90, state)),
        *(booked(0, channel, 2, twin=True, exact=False) for channel in ("direct", "marketplace", "unknown")),
        decided(0, 1, read_before=900),
        at(0, Kind.DECIDED, spots=0, limit=0, shadow=True),
        at(0, Kind.READ, capacity=None, booked=3, waitlisted=2, status="cancelled", run=7),
        at(0, Kind.CAPACITY, before=10, after=6),
        at(0, Kind.MODE, before="shadow", after="live"),
        at(0, Kind.CANCELLED, channel="third_party", seats=1),
        at(0, Kind.LOOKED, seconds=4),
        at(0, Kind.SENT, seconds=3),
        at(0, Kind.DRIFTED, limit=4, suspect="another system that writes offers to the platform"),
        at(0, Kind.GONE),
    ]
    assert {tell(one): told(tell(one)) for one in happened if told(tell(one))} == {}


def wrong_settings() -> Iterator[str]:
    for found in (
        wrong({"min_spots": 1.5}),
        wrong({"rate_floor": 3}),
        wrong({"max_displacement_risk": 3}),
        wrong({"no_increase_after_minutes": 15}, of_studio=False),
        wrong_together(Decimal(1), Decimal(0)),
        wrong_ages(60, 15),
    ):
        assert found
        yield from found.values()


def test_what_a_setting_may_be_can_be_said_to_those_too_who_may_not_see_the_floor(told: Callable[[str], Told]) -> None:
    words = [*wrong_settings(), *HIGHER.values(), *ONE_MORE.values()]
    assert any("floor" in one for one in words)
    left = {one: told(shown) for one in words for shown in (one, without_floor(one)) if told(shown)}
    assert left == {}


def test_alerts_plans_and_gaps_can_be_said(told: Callable[[str], Told]) -> None:
    gaps = Gaps()
    for code in MEANING:
        gaps.note(code, 3)
    budget = Budget(1000, 700, NOON)
    wishes = [
        Wish(what, what, 40, 30, ripe=True, since=timedelta(hours=1))
        for what in ("changed clients", "who is in a class")
    ]
    plans = [plan_reads(replace(budget, used=used), wishes).words for used in (0, 700, 900, 990)]
    alerts = [
        "The booking platform could not be read. Nothing is pushed at present, so nothing is sold by old numbers. "
        + ADVICE,
        circuit.WORDS.format(failures=5, words="GET /class: no answer in time."),
        push_alerts.FAILING.format(count="1 class", words="The class is cancelled."),
        push_alerts.OWN_CAPS.format(count="3 classes"),
    ]
    sentences = [*(one["message"] for one in gaps.warnings()), *plans, *alerts]
    assert len(set(plans)) > 2
    assert {one: told(one) for one in sentences if told(one) - THEIRS} == {}
