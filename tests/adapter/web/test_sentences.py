"""A sentence that the core has put together is found in the list of messages, with its parts; what is not stays."""

from __future__ import annotations

import re
import string
import time

import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapter.web.sentences import HOLE, Sentences
from tests.fixtures.tongue import BRACKETS, LIST, OPEN, SHUT, in_tongue, untold

with LIST.open(encoding="utf-8") as file:
    MESSAGES = [str(message.id) for message in read_po(file) if message.id]
OPEN_ONES = [text for text in MESSAGES if HOLE.search(text) and "<" not in text and "&" not in text]
TONGUE = Sentences({message: in_tongue(message) for message in MESSAGES})
GERMAN = Sentences(
    {
        "Answers come; {1} could not be read": "{1} unlesbar; Antworten kommen",
        "For {1} to come": "Für kommende {1}",
        "1 record": "Ein Satz",
        "{1} records": "{1} Sätze",
        "{1} of {2}": "{1} von {2}",
        "class types": "Kursarten",
        "{1} new": "{1} neu",
        "{1} read": "{1} gelesen",
        "All is well.": "Alles ist gut.",
        "It goes on by itself. Wait.": "Es geht weiter.",
        "The platform said: “{1}”": "Die Plattform sagte: „{1}“",
        "{1} is live: it is pushed.": "{1} ist eingeschaltet.",
        "the week": "„die Woche“",
    },
    lambda text: text.replace("2 Mar", "2. März"),
)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("5 records", "5 Sätze"),
        ("1 record", "Ein Satz"),
        ("Answers come; 5 records could not be read", "5 Sätze unlesbar; Antworten kommen"),
        ("Answers come; 1 record could not be read.", "Ein Satz unlesbar; Antworten kommen."),
        ("  All is well. \n- It goes on by itself. Wait.\n", "  Alles ist gut. \n- Es geht weiter.\n"),
        ("All is well. It goes on by itself. Wait. 5 records", "Alles ist gut. Es geht weiter. 5 Sätze"),
        ("class types: 65 read, 3 new", "Kursarten: 65 gelesen, 3 neu"),
        ("class types: 65 read, 3 odd", "Kursarten: 65 read, 3 odd"),
        ("The platform said: “No. Wait. All is well.”", "Die Plattform sagte: „No. Wait. Alles ist gut.“"),
        ("St. Mary's Yoga is live: it is pushed.", "St. Mary's Yoga ist eingeschaltet."),
        ("Nobody knows this, on 2 Mar", "Nobody knows this, on 2. März"),
        ("3 of 5", "3 von 5"),
        ("Class types", "Kursarten"),
        ("The week", "„Die Woche“"),
        ("Power of Yoga", "Power of Yoga"),
        ("For Brand new to come", "Für kommende Brand new"),
        ("{1} records", "{1} Sätze"),
        ("", ""),
    ],
)
def test_a_sentence_is_said_with_its_parts_and_what_is_not_known_stays(english: str, german: str) -> None:
    assert GERMAN.said(english) == german


DIGIT = re.compile(r"(?<!{)\d")
PART = st.text(string.digits, min_size=1, max_size=4)


@given(st.sampled_from(OPEN_ONES), st.data())
def test_every_message_is_found_again_with_the_parts_that_were_put_in(message: str, data: st.DataObject) -> None:
    parts = [data.draw(PART) for _ in HOLE.findall(message)]
    english = HOLE.sub(lambda hole: parts[int(hole[1]) - 1], message)
    said = TONGUE.said(english)
    assert said.replace(OPEN, "").replace(SHUT, "") == english
    outside = BRACKETS.sub(" ", said)
    assert untold(said) == set()
    assert "".join(outside.split()) == "".join(parts) or DIGIT.search(message)


@given(st.text(st.characters(exclude_characters=OPEN + SHUT), max_size=300))
@example("Price")
def test_any_text_can_be_said_and_keeps_every_letter(text: str) -> None:
    assert TONGUE.said(text).replace(OPEN, "").replace(SHUT, "") == text


WORDS = st.sampled_from(
    ["reading ", "word, ", "Since X. ", "ab: ", "Still open: ", "not; ", "(", "3 read, ", "“a.” ", "\n"]
)


@settings(max_examples=25)
@given(st.lists(WORDS, min_size=50, max_size=400), st.integers(min_value=1, max_value=40))
def test_a_long_text_takes_no_longer_than_a_page_may(words: list[str], times: int) -> None:
    text = ("".join(words) * times)[:6_000]
    sentences = Sentences({message: in_tongue(message) for message in OPEN_ONES})
    began = time.process_time()
    assert sentences.said(text).replace(OPEN, "").replace(SHUT, "") == text
    assert time.process_time() - began < 1


def test_a_message_that_only_counts_takes_numbers_only() -> None:
    assert GERMAN.said("For broken records to come") == "Für kommende broken records"
    assert GERMAN.said("For Yin of Yang to come") == "Für kommende Yin of Yang"
    assert GERMAN.said("For 3 of 4 to come") == "Für kommende 3 von 4"
