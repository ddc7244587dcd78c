"""Which of a module's strings people read: found by its syntax, in whole sentences, with nothing of the machine's."""

from __future__ import annotations

import pytest

from adapter.web.strings import texts_in

TOLD = {
    'WHY = {"full": "Every place is taken", "x": "Full", "y": "full"}': {"Every place is taken", "Full"},
    'told = {"it is not known": unknown}': {"it is not known"},
    'f"{count} of {all} calls, {left:.1f} left"': {"{1} of {2} calls, {3} left"},
    '"{count} could not be read: {words}".format(count=1, words="")': {"{1} could not be read: {2}"},
    """f"{n} class{'' if n == 1 else 'es'} to come\"""": {"{1} class to come", "{1} classes to come"},
    'raise Refused(f"It was {state} already." if state else "It is so.")': {"It was {1} already.", "It is so."},
    'say("deciding"); said("never")': {"deciding", "never"},
    'f"Not read. {done(of)} {ADVICE}"': {"Not read."},
    'f"{words} Record it, or wait."': {"Record it, or wait."},
    'add("Read" + (f", {n} waiting" if n else ""))': {"Read", "Read, {1} waiting"},
}
UNTOLD = [
    '"""A docstring of many words."""',
    'class A:\n    name: str\n    """An attribute that is explained."""',
    'log.warning("nobody reads this on a page", reason=f"since {then}")',
    're.compile("a pattern with words")',
    'raise ValueError("a mistake of the programmer")',
    'assert ready, "the caller has looked"',
    'if text == "two words": pass',
    'table["two words"]; text.removeprefix("waiting: now")',
    'headers = {"Content-Type": "text/csv; charset is utf-8", "Authorization": f"Bearer {token}"}',
    'answer.headers["Cache-Control"] = f"private, max age {age}"',
    'f"{connection}:{session}"; f"/studios/{number}/today"; "late_cancelled"; "GET"; "https://host/path"',
    'f"{day:%d of %B}"; f"{count} {what}"; f"({count})"',
    'db.execute(text("select name from studio"))',
]


@pytest.mark.parametrize("code", TOLD)
def test_what_people_read_is_found_in_whole_sentences(code: str) -> None:
    assert {text for _, text in texts_in(code)} == TOLD[code]


@pytest.mark.parametrize("code", UNTOLD)
def test_what_is_said_to_programs_and_programmers_is_left_out(code: str) -> None:
    assert list(texts_in(code)) == []


def test_pieces_of_a_sentence_are_put_where_they_are_used() -> None:
    code = """
def seen(end, renewed, many):
    until = f" until {end}" if end else ""
    todo = "Ask the owner to connect again."
    about = "a part of its own"
    return [todo, about, f"Valid{until}" + ("; it is renewed by itself" if renewed else ""), f"It is {about}"]
"""
    assert [text for _, text in texts_in(code)] == [
        "Ask the owner to connect again.",
        "a part of its own",
        "Valid until {1}; it is renewed by itself",
        "Valid until {1}",
        "Valid; it is renewed by itself",
        "Valid",
        "It is {1}",
    ]


def test_a_piece_is_found_in_a_function_within_a_function_too() -> None:
    code = """
def tell(end):
    until = f" until {end}" if end else ""
    return lambda name: f"{name} is valid{until}"
"""
    assert [text for _, text in texts_in(code)] == ["{1} is valid until {2}", "{1} is valid"]


def test_a_sentence_of_very_many_forms_is_left_in_parts() -> None:
    choices = "".join(f"{{', and so {word}' if {word} else ''}}" for word in ("ab", "cd", "ef", "gh"))
    texts = [text for _, text in texts_in(f'f"It is{choices}."')]
    assert ", and so ab" in texts
    assert "It is{1}, and so cd, and so ef, and so gh." in texts
    assert len(texts) == 9
