"""In which language a page is said: that of its reader, as far as there is a catalogue; else English.

Catalogues are found at the start, ``translations/<locale>/LC_MESSAGES/pages.mo``. Which one counts is asked for by the
browser, with each request. What is kept, logged, printed or answered to programs stays English whoever reads: it is
said otherwise here, at the edge, alone (docs/translating.md).
"""

from __future__ import annotations

import re
from calendar import month_abbr, monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import cast

from babel import Locale, negotiate_locale
from babel.dates import format_skeleton
from babel.messages.mofile import read_mo
from flask import Flask, Response, current_app, g, has_request_context, request

from adapter.web.sentences import Sentences, filled
from adapter.web.translating import Translating, translate

FOLDER = Path(__file__).parent / "translations"
DOMAIN = "pages"
MONTHS = month_abbr[1:]
DATE = re.compile(rf"\b(\d\d?) ({'|'.join(MONTHS)})(?: (\d{{4}}))?\b")
LEAP = 2000  # where no year is told: February has 29 days


@dataclass(frozen=True)
class Language:
    """A language that pages are said in: its messages by the English ones, and how it writes dates and amounts."""

    tag: str  # as browsers call it: pt-BR
    locale: Locale
    messages: Mapping[str, str]

    @cached_property
    def sentences(self) -> Sentences:
        """What says a sentence that the core has put together."""
        return Sentences(self.messages, self.dated)

    def dated(self, text: str) -> str:
        """What the core writes as ``2 Mar 2026`` or ``2 Mar``, as this language has it."""
        return DATE.sub(lambda found: _date(found, self.locale), text)


ENGLISH = Language("en", Locale("en", "US"), {})
"""What everything is written in; nothing is looked up."""


def languages_in(folder: Path) -> dict[str, Language]:
    """The languages that there are catalogues of, by their tags. What is missing in one stays English."""
    found = map(_read, sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))
    return {language.tag: language for language in found if language.messages}


def install(app: Flask, folder: Path = FOLDER) -> None:
    """Let the application speak what there are catalogues of; without any, nothing of this happens."""
    found = languages_in(folder)
    app.extensions["languages"] = found
    app.jinja_env.globals["language"] = language
    app.jinja_env.filters["said"] = said
    if found:
        translate(cast(Translating, app.jinja_env), lambda text: language().messages.get(text, text))
        app.after_request(_tell)


def language() -> Language:
    """The one of whoever asks; English where nobody does."""
    found: Mapping[str, Language] = current_app.extensions["languages"]
    if not found or not has_request_context():
        return ENGLISH
    if "language" not in g:
        g.language = _wanted(found)
    chosen: Language = g.language
    return chosen


def said(text: str, *parts: object) -> str:
    """A text of ours that does not stand in a template, in the reader's language; ``parts``: what its holes hold.

    Without parts it may be a whole sentence that the core has put together. What is not known stays as it is.
    """
    spoken = language()
    if parts:
        return filled(spoken.messages.get(text, text), [str(part) for part in parts])
    if not text:
        return text
    return spoken.dated(text) if spoken is ENGLISH else spoken.sentences.said(text)


def _date(found: re.Match[str], locale: Locale) -> str:
    day, month, year = int(found[1]), MONTHS.index(found[2]) + 1, int(found[3] or LEAP)
    if day > monthrange(year, month)[1]:
        return found[0]
    return format_skeleton("yMMMd" if found[3] else "MMMd", date(year, month, day), locale=locale)


def _wanted(found: Mapping[str, Language]) -> Language:
    """What the browser asks for, in its order; a wider language will do: ``fr`` for ``fr-CA``."""
    asked = [tag for tag, quality in request.accept_languages if quality > 0]
    tag = negotiate_locale(asked, [ENGLISH.tag, *found], sep="-", aliases={})
    return found.get(tag or "", ENGLISH)


def _tell(answer: Response) -> Response:
    """Where a language was chosen for the answer, caches and screen readers are told which."""
    if "language" in g:
        answer.vary.add("Accept-Language")
        answer.content_language.add(g.language.tag)
    return answer


def _read(path: Path) -> Language:
    with path.open("rb") as file:
        catalogue = read_mo(file)
    messages = {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
    locale = Locale.parse(path.parent.parent.name)
    return Language(str(locale).replace("_", "-"), locale, messages)
