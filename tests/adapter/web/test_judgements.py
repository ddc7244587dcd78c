"""Judgements through HTTP: asked in plain fields, kept as the guarantee reads them, shown in words; two people each."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from adapter.context import Context
from adapter.guarantee import reading_case
from adapter.guarantee.readings import REGISTER
from adapter.people.accounts import create_user
from adapter.statements.judging import CONTENT
from adapter.statements.making import state_daily
from adapter.store.tables import (
    ClassType,
    GuaranteeStatement,
    Judgement,
    JudgementKind,
    Participation,
    Role,
    Venue,
)
from adapter.web.codes import BREACHES, READ_AS, REQUIREMENTS
from adapter.web.judgement_forms import FORMS
from adapter.web.judgement_forms import WHY as JUDGED_WITH
from tests.adapter.web.test_guarantee import started
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, connection_of, mirrored, sign_in

WHY = {"reason": "works at night", "evidence": "letter 4"}
GOOD: dict[str, dict[str, str]] = {
    "waiver": {"requirement": "inventory"},
    "breach": {"kind": "termination", "at": "2026-03-09T18:30"},
    "start_date": {"start_date": "2026-02-10"},
    "equivalent": {"price": " 24,50 ", "from": "2026-01-01"},  # its class and venue are the studio's
    "final": {"version": "1"},
}
KEPT: dict[str, dict[str, Any]] = {
    "waiver": {"requirement": "inventory"},
    "breach": {"kind": "termination", "at": "2026-03-09T22:30:00+00:00"},  # summer time since the day before
    "start_date": {"start_date": "2026-02-10"},
    "equivalent": {"price": "24.50", "from": "2026-01-01"},
    "final": {"version": 1},
}
SHOWN = {
    "waiver": ["A requirement is waived", "Requirement Consistent inventory"],
    "breach": ["The guarantee is void", "An agreement was ended, wholly or in part", "Mar 9, 2026, 18:30 EDT"],
    "start_date": ["The start date is corrected", "Start date Feb 10, 2026"],
    "equivalent": ["A class without a direct price has an equivalent", "24.50", "Jan 1, 2026"],
    "final": ["A statement is final", "Version of the statement 1, made Mar 2, 2026: payment $0.00"],
}


@pytest.fixture
def finance(client: FlaskClient, seeded: Seeded, ctx: Context) -> FlaskClient:
    """A person of finance at a studio that takes part and has a statement."""
    client.application.config["WTF_CSRF_ENABLED"] = False
    started(ctx, seeded.studio_id)
    with ctx.store.write() as db:
        state_daily(db, ctx, seeded.studio_id)
    sign_in(client, ctx, seeded.users[Role.FINANCE])
    return client


def path_of(seeded: Seeded) -> str:
    return f"/studios/{seeded.studio_id}/guarantee/judgements"


def filled(kind: str, fields: dict[str, str]) -> dict[str, str]:
    """A form as a browser sends it."""
    return {"kind": kind} | {f"{kind}-{name}": text for name, text in (fields | WHY).items()}


def words(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])))


def offer(ctx: Context, seeded: Seeded) -> dict[str, str]:
    """A class and a venue of the studio, as a case has them."""
    with ctx.store.read() as db:
        (kind, venue) = (
            db.scalars(select(table).where(table.connection_id == seeded.connection_id)).first()
            for table in (ClassType, Venue)
        )
    assert kind is not None
    assert venue is not None
    ids = (f"{seeded.connection_id}:{row.external_id}" for row in (kind, venue))
    return dict(zip(("class_type", "venue_id"), ids, strict=True))


def judgements(ctx: Context) -> list[Judgement]:
    with ctx.store.read() as db:
        return list(db.scalars(select(Judgement).order_by(Judgement.id)))


def test_each_kind_is_asked_in_plain_fields_and_kept_as_the_guarantee_reads_it(
    finance: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    assert set(GOOD) == set(JudgementKind)
    offered = offer(ctx, seeded)
    form = finance.get(f"{path_of(seeded)}?kind=breach").text
    assert len(re.findall(r"<details open>", form)) == 1
    assert "JSON" not in form
    for kind, fields in GOOD.items():
        more = offered if kind == "equivalent" else {}
        assert finance.post(path_of(seeded), data=filled(kind, fields | more)).status_code == 302
        row = judgements(ctx)[-1]
        assert (row.kind, row.content, row.reason, row.evidence) == (kind, KEPT[kind] | more, *WHY.values())
    page = words(finance.get(path_of(seeded)).text)
    for text in (text for texts in SHOWN.values() for text in texts):
        assert text in page
    assert "{" not in page
    assert "Asked by Finance, Mon, Mar 2" in page
    assert "5 judgements wait" in words(finance.get(f"/studios/{seeded.studio_id}/guarantee").text)


WRONG = (
    ("waiver", "requirement", "", "Choose one."),
    ("waiver", "requirement", "luck", "Choose one that is offered."),
    ("waiver", "reason", "  ", "Say it in a few words."),
    ("waiver", "evidence", "", "Say it in a few words."),
    ("breach", "at", "yesterday", "Give a day and a time"),
    ("breach", "at", "0001-01-01T00:00", "Must lie between"),
    ("start_date", "start_date", "2026-02-30", "Give a day"),
    ("start_date", "start_date", "9999-01-01", "Must lie between"),
    ("equivalent", "price", "", "Give an amount"),
    ("equivalent", "price", "NaN", "Give an amount"),
    ("equivalent", "price", "-1", "may not be below 0"),
    ("equivalent", "venue_id", "7:elsewhere", "Choose one that is offered."),
    ("final", "version", "7", "Choose one that is offered."),
)
"""The kind, one of its fields, what is typed there, and what is said of it."""


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    finance: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    offered = offer(ctx, seeded)
    for kind, field, text, said in WRONG:
        given = GOOD[kind] | (offered if kind == "equivalent" else {}) | WHY | {field: text}
        answer = finance.post(path_of(seeded), data=filled(kind, given) | {f"{kind}-{field}": text})
        assert answer.status_code == 422, (kind, field, text)
        name = f"{kind}-{field}"
        assert re.findall(r'id="([\w-]+)" name="[\w-]+"[^>]*aria-invalid="true"', answer.text) == [name]
        (error,) = re.findall(rf'id="{name}-said">\s*<p class="error">([^<]*)</p>', answer.text)
        assert said in error, (kind, field, text)
        for each in (*FORMS[JudgementKind(kind)].fields, *JUDGED_WITH):
            (shown,) = re.findall(rf'<(?:input|select) id="{kind}-{each.name}"[^>]*>(?:.*</select>)?', answer.text)
            typed = given[each.name].strip().replace(",", ".")
            if each.among:
                assert (f'value="{typed}" selected' in shown) is (each.name != field)
            else:
                assert f'value="{typed}"' in shown
    assert judgements(ctx) == []


def test_what_is_offered_is_what_the_guarantee_knows() -> None:
    kept = {JudgementKind.WAIVER: ("requirement", REQUIREMENTS), JudgementKind.BREACH: ("kind", BREACHES)}
    for kind, (name, words) in kept.items():
        for code in words:
            CONTENT[kind]({**KEPT[kind], name: code})  # raises for a word that it does not know
    assert set(REQUIREMENTS) == {*reading_case.REQUIREMENTS, "once"}
    assert set(READ_AS) == {str(value).lower() for reading in REGISTER for value in reading.values}


def test_a_class_and_a_venue_of_two_booking_systems_are_not_taken_together(
    finance: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    offered = offer(ctx, seeded)
    with ctx.store.write() as db:
        site = connection_of(db, seeded.studio_id, "3003", "Upstairs")
        db.add(ClassType(**mirrored(site.id, "barre"), name="Barre", category=None, hidden=False))
        elsewhere = {"class_type": f"{site.id}:barre"}
    data = filled("equivalent", GOOD["equivalent"] | offered | elsewhere)
    assert "This class is not taught at that venue." in finance.post(path_of(seeded), data=data).text
    assert judgements(ctx) == []


def test_one_asks_another_agrees_and_both_are_named(finance: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    page = path_of(seeded)
    finance.post(page, data=filled("waiver", GOOD["waiver"]))
    (row,) = judgements(ctx)
    assert ">Agree<" not in finance.get(page).text  # who asked is offered none
    agree = page.replace("judgements", "agree")
    assert "Somebody else than who asked" in finance.post(agree, data={"judgement": row.id}, follow_redirects=True).text
    assert judgements(ctx)[0].agreed_at is None

    with ctx.store.write() as db:
        to = {"role": Role.FINANCE, "studio_id": seeded.studio_id, "now": NOON}
        omar = create_user(db, ctx.keys, "Omar", "omar@example.org", **to).id
    sign_in(finance, ctx, omar)
    assert ">Agree<" in finance.get(page).text
    agreed = words(finance.post(agree, data={"judgement": row.id}, follow_redirects=True).text)
    assert "Nothing is waiting." in agreed
    assert "Requirement Consistent inventory" in agreed.partition("Agreed A requirement")[2]
    assert "Agreed by Omar" in agreed
    with ctx.store.read() as db:
        assert db.scalars(select(Participation)).one().terms == "2023-05-01"


def test_an_owner_sees_what_is_judged_and_judges_nothing(client: FlaskClient, seeded: Seeded, ctx: Context) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    page = client.get(path_of(seeded))
    assert "Two people have agreed on nothing so far" in page.text
    assert "Ask for a judgement" not in page.text
    assert client.post(path_of(seeded), data=filled("waiver", GOOD["waiver"])).status_code == 403


def test_where_there_is_nothing_to_choose_it_says_when_there_will_be(
    client: FlaskClient, seeded: Seeded, ctx: Context
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.FINANCE])
    page = client.get(path_of(seeded)).text
    assert "No statement can become final now" in page
    assert 'id="final-version"' not in page
    with ctx.store.read() as db:
        assert db.scalars(select(GuaranteeStatement)).all() == []
