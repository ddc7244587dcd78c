"""Every text of the pages can be said in another language: all are found, none is left, and English is as written."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment

from adapter.app import create_app
from adapter.context import Context
from adapter.store.tables import Role
from adapter.web.translating import Translating, translate
from tests.fixtures.studio import Seeded, sign_in

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "adapter" / "web" / "translations" / "pages.pot"
OPEN, SHUT = "⟦", "⟧"
COMMAND = "pybabel --quiet extract --mapping-file=babel.cfg --no-location --sort-output --omit-header"
WORDS = re.compile(r"[^\W\d_]{2,}")


class Outside(HTMLParser):
    """The words that people read or are told and that no catalogue said."""

    def __init__(self) -> None:
        super().__init__()
        self.words = set[str]()
        self.depth = self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("code", "pre", "textarea")
        for name, value in attrs:
            if name in ("aria-label", "alt", "placeholder", "title"):
                self.words |= set(WORDS.findall(self.outside(value or "")))

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("code", "pre", "textarea")

    def handle_data(self, data: str) -> None:
        outside = self.outside(data)
        if not self.silent:
            self.words |= set(WORDS.findall(outside))

    def outside(self, text: str) -> str:
        """What stands in no bracket; one may hold others, and elements."""
        found = ""
        for letter in text:
            self.depth += (letter == OPEN) - (letter == SHUT)
            found += letter if not self.depth and letter != SHUT else " "
        return found


@pytest.fixture
def abroad(ctx: Context, seeded: Seeded) -> FlaskClient:
    """The owner's browser at an application that says every text in brackets."""
    app = create_app(ctx)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    translate(app.jinja_env, lambda text: f"{OPEN}{text}{SHUT}")
    client = app.test_client()
    sign_in(client, ctx, seeded.users[Role.OWNER])
    return client


def left_over(client: FlaskClient, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    page = Outside()
    page.feed(answer.text)
    return page.words


SEED = "Harbor Movement Street Mill Loft Breathe Yin and Flow Vinyasa HIIT Lunch Stretch Pilates Reformer Owner Live"
DATES = "Mon Tue Wed Thu Fri Sat Sun Feb Mar EST EDT USD minutes ago"
DATA = {*SEED.split(), *DATES.split()}


@pytest.mark.parametrize("page", ["today", "", "opportunities", "spotlight", "by-hand", "payouts", "settings", "audit"])
def test_no_word_of_a_page_is_left_in_english(abroad: FlaskClient, seeded: Seeded, page: str) -> None:
    assert left_over(abroad, f"/studios/{seeded.studio_id}/{page}".rstrip("/")) <= DATA


def test_without_a_catalogue_every_template_is_compiled_as_it_stands(app: Flask) -> None:
    plain = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    source = (ROOT / "adapter" / "web" / "templates" / "today.html").read_text()
    assert repr(app.jinja_env.parse(source)) == repr(plain.parse(source))


def test_the_catalogue_for_translators_holds_every_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    fresh = tmp_path / "pages.pot"
    CommandLineInterface().run([*COMMAND.split(), f"--output-file={fresh}", "."])
    told = "adapter/web/translations/pages.pot is not what the pages say: see docs/translating.md"
    assert fresh.read_text() == CATALOGUE.read_text(), told
    assert f"{COMMAND} --output-file=adapter/web/translations/pages.pot ." in (ROOT / "docs/translating.md").read_text()


def test_a_translation_may_turn_a_sentence_round_and_what_is_put_in_is_escaped(app: Flask) -> None:
    environment = Translating(app, autoescape=True)
    french = {"<b>{1}</b> of {2} places": "sur {2} places <b>{1}</b>", "Save": "Garder", "Two": "Deux"}
    translate(environment, lambda text: french.get(text, text))
    source = '<p><b>{{ a }}</b> of {{ b }} places</p><p title="Save" class="Save">{{ "Two" if a else "Two" }}</p>'
    shown = environment.from_string(source).render(a="<i>", b=3)
    assert shown == '<p>sur 3 places <b>&lt;i&gt;</b></p><p title="Garder" class="Save">Deux</p>'
