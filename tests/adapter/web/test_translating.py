"""Every text of the pages can be said in another language: all are found, none is left, and English is as written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from flask import Flask
from jinja2 import Environment

from adapter.context import Context
from adapter.marketplace.activities import ACTIVITIES
from adapter.store.alerts import open_alert
from adapter.store.tables import AlertKind, BacktestResult, Connection, EventsState, Model, Role
from adapter.web.translating import Translating, translate
from sync.pushing import push_alerts
from tests.adapter.web.test_by_hand import FRIDAY
from tests.adapter.web.test_guarantee import started
from tests.adapter.web.test_opportunities import card_of
from tests.adapter.web.test_spotlight import GIVEN
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, sign_in
from tests.fixtures.tongue import LIST, abroad, left_in_english

ROOT = Path(__file__).parents[3]
COMMAND = "pybabel --quiet extract --mapping-file=babel.cfg --no-location --sort-output --omit-header"


SEED = "Harbor Movement Street Mill Loft Breathe Yin and Flow Vinyasa HIIT Lunch Stretch Pilates Reformer Yoga Strength"
PEOPLE = "Owner Operations Finance Support Franchisor Readonly"
SEED += " Rate floor"  # which stands among the signals of the seeded classes, to prove that it is not shown to all
SAID = "Web web Channel channel Service service Partner pass The class is closed for edits EndDateTime is no time"
PLAIN = "America New York Sandbox Mindbody Mariana Tek JSON CSV PDF https"
DATA = set(re.findall(r"\w+", " ".join((SEED, PEOPLE, SAID, PLAIN, *ACTIVITIES))))
"""Names of the seeded studio and its people, the platform's own words, what is called so everywhere."""
THEN = ("today", "payouts", "guarantee", "settings", "sessions/4", "connections/1")
OF_STUDIO = (
    *("today", "", "opportunities", "spotlight", "by-hand", "payouts", "settings", "audit", "guarantee", "people"),
    *("open-data", "connect", "number", "guarantee/judgements"),
)


def test_no_word_of_a_page_is_left_in_english(
    ctx: Context, seeded: Seeded, speaking: Callable[[Context], Flask]
) -> None:
    started(ctx, seeded.studio_id)
    pages = [f"/studios/{seeded.studio_id}/{page}".rstrip("/") for page in OF_STUDIO]
    pages += [f"/sessions/{seeded.sessions[number]}" for number in (3, 11, 32)]
    pages += [f"/runs/{number}" for number in seeded.runs]
    pages += [f"/connections/{seeded.connection_id}", "/account", "/account/password", "/sign-in", "/join/nobody"]
    pages += [f"{page}?as_of=2026-03-02T06:00" for page in pages if page.partition("?")[0].endswith(THEN)]
    kinds = {"session": seeded.sessions[3], "decision": 7, "aside": 1, "reservation": 9}
    pages += [f"/studios/{seeded.studio_id}/record?kind={kind}&id={number}" for kind, number in kinds.items()]
    pages += [f"/connect/mindbody?studio={seeded.studio_id}", "/sign-in/used-up"]
    assert left_over(speaking(ctx), ctx, seeded.users[Role.OWNER], pages) == {}
    judging = [f"/studios/{seeded.studio_id}/guarantee/judgements"]
    assert left_over(speaking(ctx), ctx, seeded.users[Role.FINANCE], judging) == {}
    franchise = ["/franchise", f"/studios/{seeded.studio_id}/payouts"]
    assert left_over(speaking(ctx), ctx, seeded.users[Role.FRANCHISOR], franchise) == {}
    desk = ["/desk", f"/connections/{seeded.connection_id}/diagnosis", f"/sessions/{seeded.sessions[3]}/timeline"]
    assert left_over(speaking(ctx), ctx, seeded.users[Role.SUPPORT], desk) == {}


def test_what_people_did_and_were_told_is_said_too(
    ctx: Context, seeded: Seeded, speaking: Callable[[Context], Flask]
) -> None:
    studio, connection = f"/studios/{seeded.studio_id}", f"/connections/{seeded.connection_id}"
    filled(ctx, seeded)
    client = abroad(speaking(ctx))
    sign_in(client, ctx, seeded.users[Role.OWNER])
    answers = {
        path: client.post(path, data=data, follow_redirects=True) for path, data in done(studio, connection, seeded)
    }
    read = ["", "/audit", "/people", "/opportunities", "/spotlight", "/by-hand", "/today"]
    answers |= {page: client.get(page) for page in (*(f"{studio}{page}" for page in read), connection, "/nowhere")}
    shown = re.search(r"/why/[\w-]+", client.get(f"/sessions/{seeded.sessions[8]}").text)
    assert shown
    answers["/why"] = client.get(shown[0])
    words = set(re.findall(r"\w+", "Spring Ann staff party later because example http https localhost why"))
    assert {page for page, answer in answers.items() if answer.status_code in (404, 500)} == {"/nowhere"}
    pages = {page: re.sub(r"/why/[\w-]+", "", answer.text) for page, answer in answers.items()}
    left = {page: left_in_english(text) - DATA - words for page, text in pages.items()}
    assert {page: found for page, found in left.items() if found} == {}


def done(studio: str, connection: str, seeded: Seeded) -> Iterator[tuple[str, dict[str, str]]]:
    """What somebody asks for, well or not, and where."""
    yield f"{studio}/by-hand", FRIDAY | {"reason": "a staff party"}
    yield f"{studio}/by-hand?", FRIDAY | {"reason": "", "kind": "spots", "spots": "many"}
    yield f"{studio}/spotlight?", GIVEN | {"fee": "much"}
    yield f"{studio}/spotlight", GIVEN
    yield f"{studio}/settings?", {"min_spots": "-1"}
    yield f"{studio}/settings", {"min_spots": "3", "rate_floor": "7.5"}
    yield f"{studio}/opportunities", {"opportunity": "1", "answer": "accept", "reason": "because"}
    yield f"{studio}/opportunities?", {"opportunity": "2", "answer": "accept", "reason": "because"}
    yield f"{studio}/open-data", {"act": "publish", "organizer": "", "url": "x"}
    yield f"{studio}/people/invite", {"name": "Ann", "address": "ann@example.com", "role": "operations"}
    yield f"{connection}/resync", {"dry_run": "yes", "why": "because"}
    yield f"{connection}/resync?", {"from": "2026-03-09", "to": "2026-03-01"}
    yield f"{connection}/push-mode?", {"mode": "paused"}
    yield f"{connection}/push-mode", {"mode": "paused", "sure": "yes"}
    yield f"{connection}/disconnect", {}
    yield f"/sessions/{seeded.sessions[8]}/members", {"shown": "yes"}


def filled(ctx: Context, seeded: Seeded) -> None:
    """Every kind of alert stands, events don't come, a model was learned, two opportunities are open."""
    held = {"error": 2.1, "error_before": 2.35, "inside": 0.813, "calibration": [[4.1, 4.4], [9.0, 8.7]]}
    card = {"from": NOON.isoformat(), "to": NOON.isoformat(), "sessions": 1200, "reservations": 9000}
    outcome = {"value": 1140.2, "low": 610.0, "high": 1690.4, "sold": 80.2, "payouts": 1300.0, "turned_away": 6.4}
    outcome |= {"hurt_classes": 0, "hurt": [], "assumed": True}
    with ctx.store.write() as db:
        row = db.get_one(Connection, seeded.connection_id)
        row.webhook_state, row.webhook_why = EventsState.OFF, "The platform's word: it is off."
        for kind in AlertKind:
            open_alert(db, row.id, kind, push_alerts.OWN_CAPS.format(count="3 classes"), now=NOON)
        db.add_all(card_of(row.id, seeded.sessions[8 + n], cause, n) for n, cause in enumerate(("excluded", "shadow")))
        db.add(Model(studio_id=row.studio_id, trained_at=NOON, digest="d", folder="d", card=card | {"held_out": held}))
        back = {"weeks": 26, "classes": 400, "outcome": outcome}
        db.add(BacktestResult(connection_id=row.id, made_at=NOON, result=back))


def left_over(app: Flask, ctx: Context, user: int, pages: Iterable[str]) -> dict[str, set[str]]:
    """The English words of each page that has some."""
    client = abroad(app)
    sign_in(client, ctx, user)
    answers = {page: client.get(page) for page in pages}
    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code not in (200, 410)} == {}
    left = {page: left_in_english(answer.text) - DATA for page, answer in answers.items()}
    return {page: words for page, words in left.items() if words}


def test_without_a_catalogue_every_template_is_compiled_as_it_stands(app: Flask) -> None:
    plain = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    source = (ROOT / "adapter" / "web" / "templates" / "today.html").read_text()
    assert repr(app.jinja_env.parse(source)) == repr(plain.parse(source))


def test_the_catalogue_for_translators_holds_every_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    fresh = tmp_path / "pages.pot"
    CommandLineInterface().run([*COMMAND.split(), f"--output-file={fresh}", "."])
    told = "adapter/web/translations/pages.pot is not what the pages say: see docs/translating.md"
    assert fresh.read_text() == LIST.read_text(), told
    assert f"{COMMAND} --output-file=adapter/web/translations/pages.pot ." in (ROOT / "docs/translating.md").read_text()


def test_a_translation_may_turn_a_sentence_round_and_what_is_put_in_is_escaped(app: Flask) -> None:
    environment = Translating(app, autoescape=True)
    french = {"<b>{1}</b> of {2} places": "sur {2} places <b>{1}</b>", "Save": "Garder", "Two": "Deux"}
    translate(environment, lambda text: french.get(text, text))
    source = '<p><b>{{ a }}</b> of {{ b }} places</p><p title="Save" class="Save">{{ "Two" if a else "Two" }}</p>'
    shown = environment.from_string(source).render(a="<i>", b=3)
    assert shown == '<p>sur 3 places <b>&lt;i&gt;</b></p><p title="Garder" class="Save">Deux</p>'
