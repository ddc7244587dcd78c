"""Whoever reads a page reads it in the language of their browser, where there is one; what is kept stays English."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask.testing import FlaskClient

from adapter.context import Context
from adapter.lineage.records import Kind
from adapter.store.alerts import open_alert
from adapter.store.tables import (
    Alert,
    AlertKind,
    ConnectionState,
    OpportunityState,
    OverrideKind,
    PushMode,
    PushState,
    Refusal,
    ReservationState,
    Role,
    RunKind,
    RunState,
)
from adapter.web.codes import ALERTS, AS_THEY_ARE, PUSHES, RUNS
from adapter.web.languages import Language, languages_in, said
from adapter.web.wording import told
from connectors.records import Channel, Outcome, SessionStatus, Stream
from sync.deciding.freshness import ADVICE
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, bearer, sign_in
from tests.fixtures.tongue import OPEN, abroad

Speaking = Callable[[Context], Flask]
SHOWN = (
    *(Outcome, Channel, Stream, SessionStatus, ConnectionState, PushMode, PushState, RunState, RunKind),
    *(ReservationState, Refusal, Kind, OpportunityState, OverrideKind, Role),
)
TOKENS = re.compile(r'name="csrf_token" value="[^"]*"|content="[^"]*csrf[^"]*"')


@pytest.fixture
def owner(ctx: Context, seeded: Seeded, speaking: Speaking) -> FlaskClient:
    """The owner's browser, which asks for the made-up language."""
    client = abroad(speaking(ctx))
    sign_in(client, ctx, seeded.users[Role.OWNER])
    return client


@pytest.mark.parametrize(
    ("accepts", "tag"),
    [
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("en;q=0.2,fr;q=0.8", "fr"),
        ("de,fr;q=0.5", "fr"),
        ("en-GB,fr;q=0.9", "en"),
        ("de", "en"),
        ("fr;q=0,en", "en"),
        ("*", "en"),
        ("", "en"),
        ("§$%&/;q=x,,", "en"),
    ],
)
def test_the_browser_says_in_which_language_a_page_is(owner: FlaskClient, accepts: str, tag: str) -> None:
    answer = owner.get("/account", headers={"Accept-Language": accepts})
    assert f'<html lang="{tag}">' in answer.text
    assert (OPEN in answer.text) is (tag == "fr")
    assert answer.headers["Content-Language"] == tag
    assert "Accept-Language" in answer.headers["Vary"]


def test_dates_and_amounts_are_written_as_in_the_language(owner: FlaskClient, seeded: Seeded) -> None:
    page = owner.get(f"/sessions/{seeded.sessions[3]}").text
    assert "mar. 3 mars, 06:30 EST" in page
    assert re.search(r"\d,\d\d\s\$US", page)
    assert ">mar. 3<" in re.sub(r"\s+", " ", owner.get(f"/studios/{seeded.studio_id}").text.replace("</b>", "<"))


def test_english_readers_get_what_an_application_without_a_catalogue_gives(
    owner: FlaskClient, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    for path in (f"/sessions/{seeded.sessions[3]}", f"/studios/{seeded.studio_id}/today"):
        plain, chosen = client.get(path), owner.get(path, headers={"Accept-Language": "en"})
        assert TOKENS.sub("", plain.text) == TOKENS.sub("", chosen.text)
        assert "Content-Language" not in plain.headers
        assert "Accept-Language" not in plain.headers.get("Vary", "")


def test_what_is_kept_and_what_programs_are_answered_stays_english(
    owner: FlaskClient, ctx: Context, seeded: Seeded, speaking: Speaking
) -> None:
    words = f"The booking platform could not be read. Nothing is pushed at present. {ADVICE}"
    with ctx.store.write() as db:
        open_alert(db, seeded.connection_id, AlertKind.STALE, words, now=NOON)
    shown = owner.get(f"/connections/{seeded.connection_id}").text
    assert "Nothing is pushed at present." in shown
    assert "⟦The booking platform could not be read.⟧" in shown
    with ctx.store.read() as db:
        assert [alert.words for alert in db.query(Alert)] == [words]
    asked = {**bearer(ctx, Role.OWNER, seeded.studio_id), "Accept-Language": "fr"}
    answer = speaking(ctx).test_client().get("/api/v1/sessions?from=2026-03-03&to=2026-03-04", headers=asked)
    assert answer.status_code == 200
    assert OPEN not in answer.text
    assert "Content-Language" not in answer.headers


def test_what_a_form_is_told_is_said_too(owner: FlaskClient, seeded: Seeded) -> None:
    path = f"/studios/{seeded.studio_id}"
    unread = owner.post(f"{path}/settings", data={"min_spots": "x"}).text
    assert "⟦must be ⟧⟦a whole number from ⟧0⟦ to ⟧1000⟦⟧" in unread
    allowed = owner.post(f"{path}/settings", data={"min_spots": "-1"}).text
    assert "⟦must be ⟧⟦a whole number from ⟧0⟦ to ⟧1000⟦⟧⟦, not ⟧-1⟦⟧" in allowed
    by_hand = owner.post(f"{path}/by-hand", data={"kind": "spots", "spots": "x", "of": "", "reason": ""}).text
    assert "⟦must be a number⟧" in by_hand
    again = owner.post(f"/connections/{seeded.connection_id}/resync", data={}, follow_redirects=True).text
    assert re.search("⟦(Reading again: run|Queued as run|The same is already running)", again)


def test_a_language_is_found_by_its_folder_and_what_is_not_translated_in_it_stays_english(tmp_path: Path) -> None:
    assert languages_in(tmp_path) == {}
    catalogue = Catalog(locale="pt_BR")
    catalogue.add("Save", "Salvar")
    catalogue.add("Change", "")
    path = tmp_path / "pt_BR" / "LC_MESSAGES" / "pages.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    (found,) = languages_in(tmp_path).values()
    assert (found.tag, found.locale, found.messages) == ("pt-BR", Locale("pt", "BR"), {"Save": "Salvar"})


def test_every_code_that_pages_show_as_it_is_can_be_said() -> None:
    known = frozenset[str]().union(*AS_THEY_ARE.values())
    assert {code.replace("_", " ") for words in SHOWN for code in words} <= known


@pytest.mark.parametrize(("words", "codes"), [(ALERTS, AlertKind), (PUSHES, PushState), (RUNS, RunKind)])
def test_every_code_that_is_told_in_words_has_them(words: dict[str, str], codes: type[StrEnum]) -> None:
    assert set(words) == set(codes)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("2 Mar 2026, 04:00 EST", "2. März 2026, 04:00 EST"),
        ("reading from 29 Feb 2024 to 1 May", "reading from 29. Feb. 2024 to 1. Mai"),
        ("on 31 Feb 2026 and 12 March 2026", "on 31 Feb 2026 and 12 March 2026"),
    ],
)
def test_a_date_within_a_sentence_is_written_as_in_the_language(english: str, german: str) -> None:
    assert Language("de", Locale("de"), {}).sentences.said(english) == german


@pytest.mark.parametrize(
    ("told_by_the_core", "on_the_page"),
    [
        ("turn them on by 02 May 10:00, or by 2 Mar 2026", "turn them on by May 2 10:00, or by Mar 2, 2026"),
        ("on 31 Feb 2026", "on 31 Feb 2026"),
        ("", ""),
        (None, None),  # a template says what there is, and there may be nothing
    ],
)
def test_in_english_too_it_is_written_as_on_the_rest_of_the_page(
    client: FlaskClient, told_by_the_core: str, on_the_page: str
) -> None:
    with client.application.test_request_context():
        assert said(told_by_the_core) == on_the_page


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-03-02", "Mar 2, 2026"),
        ("2026-03-02T12:00:00+00:00", "Mon, Mar 2, 07:00 EST"),
        ("2026-13-02", "2026-13-02"),
        ("2026-13-02T12:00:00+00:00", "2026-13-02T12:00:00+00:00"),
        ("payout_set", "payout set"),
        (None, "–"),
    ],
)
def test_a_value_of_a_record_is_written_as_people_write_it(client: FlaskClient, value: object, words: str) -> None:
    with client.application.test_request_context():
        assert told(value, "America/New_York") == words
