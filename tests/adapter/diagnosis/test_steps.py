"""Each cause is named from its facts, the deepest first; and nothing of it that is not theirs reaches a customer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.diagnosis.cause import diagnose, told
from adapter.diagnosis.facts import Facts, Trouble
from adapter.diagnosis.steps import STEPS, Cause, Step, Verdict
from adapter.diagnosis.summary import ACTS, ALERTS, CAUSES, Deed, Incident, Story, summarise
from adapter.store.tables import AlertKind, ConnectionState, EventsState, RunKind
from tests.fixtures.database import NOON

WELL = Facts(
    now=NOON,
    platform="Sandbox",
    zone="America/New_York",
    last_read_at=NOON - timedelta(minutes=4),
    bookings_lately=100,
    classes_ahead=30,
    their_skew=timedelta(0),
    token_expires_at=NOON + timedelta(minutes=30),
)
OLD = NOON - timedelta(hours=3)


def trouble(words: str, status: int | None = None) -> Trouble:
    return Trouble(OLD, words, status, run=7)


BROKEN: dict[Cause, dict[str, Any]] = {
    Cause.DISCONNECTED: {"state": ConnectionState.DISCONNECTED},
    Cause.TOKEN_ENDED: {"state": ConnectionState.NEEDS_RECONNECT, "state_reason": "The grant was withdrawn."},
    Cause.TOKEN_SHUT: {"token_opens": False},
    Cause.OUR_KEY: {"trouble": trouble("GET /site: no (403). The platform refuses our own key.", 403)},
    Cause.PERMISSION_REFUSED: {"trouble": trouble("GET /class/classvisits: not allowed (403).", 403)},
    Cause.SCOPE_MISSING: {"scopes_missing": ("See your clients",)},
    Cause.ENGINE_STOPPED: {"engine": "runs are due and nobody works on them", "last_read_at": OLD},
    Cause.OUR_CLOCK: {"our_skew": timedelta(minutes=3)},
    Cause.RATE_LIMITED: {"trouble": trouble("GET /class/classes: slow down (429).", 429), "last_read_at": OLD},
    Cause.CALLS_USED_UP: {"calls_today": 1000, "calls_allowed": 1000},
    Cause.PLATFORM_FAILS: {"trouble": trouble("GET /class/classes: no reason given (500).", 500), "last_read_at": OLD},
    Cause.NEVER_READ: {"last_read_at": None},
    Cause.STALE: {"last_read_at": OLD},
    Cause.BREAKER_OPEN: {"breaker_since": OLD, "next_probe_at": NOON + timedelta(minutes=1)},
    Cause.NO_CLASSES: {"classes_ahead": 0},
    Cause.ALL_HIDDEN: {"classes_hidden": 30},
    Cause.ALL_EXCLUDED: {"classes_excluded": 30},
    Cause.SOME_FAILED: {"trouble": trouble("GET /class/classvisits: no reason given (500).", 500)},
    Cause.UNMAPPED: {"sources_unmapped": 3, "bookings_unmapped": 12},
    Cause.SOME_HIDDEN: {"classes_hidden": 2},
    Cause.EVENTS_OFF: {"events": EventsState.OFF, "events_since": OLD},
    Cause.EVENTS_WAITING: {"events_waiting": 4},
    Cause.THEIR_CLOCK: {"their_skew": timedelta(minutes=10)},
    Cause.TOKEN_ENDS_SOON: {"renewable": False, "token_expires_at": NOON + timedelta(days=2)},
    Cause.SET_ASIDE: {"set_aside": 2},
}


def test_nothing_is_wrong_with_what_is_well() -> None:
    found = diagnose(WELL)
    assert found.main is None
    assert {each.verdict for each in found.findings} == {Verdict.WELL}
    assert [each.step for each in found.findings] == list(STEPS) == list(Step)
    assert told(found)["well"]


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_is_named_with_evidence_and_what_to_do(cause: Cause) -> None:
    found = diagnose(replace(WELL, **BROKEN[cause]))
    assert found.main is not None
    assert found.main.cause is cause
    assert found.main.seen
    assert found.main.todo
    assert told(found)["cause"] == cause
    if cause in (Cause.UNMAPPED, Cause.EVENTS_OFF, Cause.SET_ASIDE, Cause.SOME_FAILED, Cause.THEIR_CLOCK):
        assert found.words.startswith("It syncs. Worth knowing: ")


@pytest.mark.parametrize(
    ("deeper", "shallower"),
    [
        (Cause.TOKEN_ENDED, Cause.ENGINE_STOPPED),
        (Cause.ENGINE_STOPPED, Cause.STALE),
        (Cause.RATE_LIMITED, Cause.EVENTS_OFF),
        (Cause.PLATFORM_FAILS, Cause.UNMAPPED),
        (Cause.ALL_HIDDEN, Cause.SCOPE_MISSING),
    ],
)
def test_of_two_the_deeper_explains_the_other(deeper: Cause, shallower: Cause) -> None:
    found = diagnose(replace(WELL, **{**BROKEN[shallower], **BROKEN[deeper]}))
    assert found.main is not None
    assert found.main.cause is deeper


def test_a_customer_is_told_of_every_cause_alert_and_deed() -> None:
    assert set(CAUSES) == set(Cause)
    assert set(ALERTS) == set(AlertKind)
    assert {RunKind.RESYNC, RunKind.SUBSCRIBE} <= set(ACTS)
    story = Story(
        diagnose(WELL),
        days=3,
        incidents=[Incident(AlertKind.STALE, OLD, NOON)],
        deeds=[Deed(RunKind.RESYNC, NOON, went_well=True, read=312, changed=4)],
        parity=100,
        in_force=34,
    )
    text = summarise(story)
    assert "From 2 Mar 2026, 04:00 EST to 2 Mar 2026, 07:00 EST: your booking system could not be read" in text
    assert "your schedule was read again: 312 records looked at, 4 new or changed." in text
    assert "Of 34 classes your booking system holds 100% as we sent them." in text
    assert "Everything is in order." in text
    hidden = summarise(Story(diagnose(replace(WELL, classes_hidden=2)), days=3))
    assert "It is in sync. Worth knowing: some of your classes are hidden or left out." in hidden
    open_still = summarise(Story(diagnose(replace(WELL, **BROKEN[Cause.TOKEN_ENDED])), days=3))
    assert "Still open: your booking system no longer lets us in." in open_still
    shut = diagnose(replace(WELL, **BROKEN[Cause.BREAKER_OPEN]))
    once = summarise(Story(shut, days=3, incidents=[Incident(AlertKind.BREAKER_OPEN, OLD, None)]))
    assert once.count("Since 2 Mar 2026, 04:00 EST: ") == 1, "one thing that is wrong is told once"


@settings(max_examples=30, deadline=None)
@given(
    address=st.from_regex(r"[a-z]{4,9}@[a-z]{4,9}\.example", fullmatch=True),
    floor=st.decimals(min_value=3, max_value=60, places=2),
    other=st.text(alphabet="QZJXKVW", min_size=8, max_size=12),
    causes=st.sets(st.sampled_from(list(Cause)), max_size=4),
)
def test_no_address_no_floor_and_no_other_studio_reaches_the_summary(
    address: str, floor: Any, other: str, causes: set[Cause]
) -> None:
    """Whatever the platform, a colleague or another studio said: every free text of the facts bears all three."""
    poison = f"{address} {floor} {other}"
    facts = WELL
    for cause in causes:
        facts = replace(facts, **BROKEN[cause])
    said = replace(facts.trouble or trouble(""), words=f"GET /x: {poison} (500).")
    facts = replace(facts, state_reason=poison, trouble=said, scopes_missing=(poison,), engine=poison)
    incidents = [Incident(kind, OLD, None) for kind in AlertKind]
    deeds = [Deed(kind, OLD, went_well=False, read=3, changed=1) for kind in ACTS]
    text = summarise(Story(diagnose(facts), days=3, incidents=incidents, deeds=deeds))
    assert address not in text
    assert other not in text
    assert "@" not in text
    assert not re.search(rf"(?<![\d.]){re.escape(str(floor))}", text)
