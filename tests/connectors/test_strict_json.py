"""Hostile JSON: refused or made harmless, never a crash."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import strict_json


def test_ordinary_json_is_read_with_exact_amounts() -> None:
    assert strict_json.loads(b'{"Price": 12.10, "Count": 3, "Name": "caf\xc3\xa9"}') == {
        "Price": Decimal("12.10"),
        "Count": 3,
        "Name": "café",
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"  ", "empty"),
        (b"<html><body>Sign in</body></html>", "broken at character 0"),
        (b'{"Sites": [', "broken"),
        (b'{"a": 1} trailing', "broken"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 100_000 + b"]" * 100_000, "deep"),
        (b"[" * 65 + b"]" * 65, "deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "deep"),
        (b'{"a" : [1], "a": [2]}', "twice"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b'{"a": "\\":", "b": {"c": 1, "c": 2}}', "twice"),
        (b"{'a': 1}", "broken"),
        (b'{"a": "\x01"}', "broken"),
    ],
)
def test_what_is_not_json_is_refused_with_a_reason(body: bytes, why: str) -> None:
    with pytest.raises(strict_json.NotJson, match=why):
        strict_json.loads(body)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_become_text_that_a_schema_refuses(word: str) -> None:
    assert strict_json.loads(f'{{"Price": {word}}}'.encode()) == {"Price": word}


def test_an_integer_of_five_thousand_digits_stays_text() -> None:
    assert strict_json.loads(b"[" + b"9" * 5000 + b"]") == ["9" * 5000]
    assert strict_json.loads(b"[-" + b"9" * 20 + b", 7]") == ["-" + "9" * 20, 7]


def test_an_endless_exponent_is_no_infinity() -> None:
    assert strict_json.loads(b"[1e999]") == [Decimal("1e999")]
    beyond = "1e" + "9" * 19
    assert strict_json.loads(f'[{beyond}, {{"a": "b:c"}}]'.encode()) == [beyond, {"a": "b:c"}]
    assert strict_json.loads(f'[{beyond}9, {{"a": 1}}]'.encode()) == [f"{beyond}9", {"a": 1}]


def test_characters_that_no_database_takes_are_replaced() -> None:
    value = strict_json.loads(rb'{"Name": "a\u0000b\ud83d", "Smile": "\ud83d\ude00", "\u0000": ["\udc00"]}')
    assert value == {"Name": "a\ufffdb\ufffd", "Smile": "😀", "\ufffd": ["\ufffd"]}
    json.dumps(value).encode()


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    with contextlib.suppress(strict_json.NotJson):
        json.dumps(strict_json.loads(body), default=str)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**18), 10**18)
        | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=5), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_json_can_say_comes_back(value: object) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize("text", [r"\u0000", r"a\ud800", r"\udc00b"])
def test_text_that_no_database_takes_is_refused_where_the_sender_can_be_told(text: str) -> None:
    with pytest.raises(strict_json.NotJson, match="NUL or half a surrogate pair"):
        strict_json.check(f'{{"why": ["{text}"]}}'.encode())


def test_a_whole_pair_and_a_written_backslash_are_text_like_any_other() -> None:
    strict_json.check(rb'{"why": ["\ud83d\ude00 \\u0000"]}')
