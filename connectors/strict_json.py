"""JSON as it comes from outside, read so that nothing in it can hurt what lies behind.

Knows JSON; knows no HTTP. Python's own parser takes NaN, doubled keys and a hundred thousand brackets. Here a number
that is none (NaN, Infinity) or is absurdly long stays text, so that the schema refuses the one record that holds it and
the rest of the page goes on. Fractions are ``Decimal``: money is never a float.

Almost all that comes is tame, and a fast parser reads it. What it can't be trusted with (it takes doubled keys and
numbers of any length, and has other words for what is wrong) is seen from the bytes and left to Python's.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import DecodeError
from msgspec.json import Decoder

DEEPEST = 64  # levels; no platform nests more than ten
_NESTED = frozenset({dict, list})
_LONGEST_INTEGER = 20  # characters: a 64-bit number with its sign
_ODD_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_ODD_CHARACTER = re.compile("[\x00\ud800-\udfff]")


class NotJson(ValueError):
    """What came is not JSON that we accept; the message says why, never what it held."""


def loads(body: bytes) -> Any:
    """Read a JSON text in UTF-8. Raises NotJson."""
    squeezed = body.translate(_AS_ZEROS, b" \t\n\r")
    if b"0" * _LONGEST_INTEGER in squeezed or _ODD_ESCAPE.search(body):
        return _read_closely(body)
    try:
        value = _QUICK.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return _read_closely(body)  # which says what is wrong
    if _count_keys(value) != squeezed.count(b'":'):  # one stands twice, or the sign stands in a text
        return _read_closely(body)
    return value


def check(body: bytes) -> None:
    """Refuse what ``loads`` refuses, and text that no database takes, for whoever can be told of it. Raises NotJson."""
    loads(body)
    if _ODD_ESCAPE.search(body) and _cleaned(value := _DECODER.decode(body.decode())) != value:
        raise NotJson("a text holds NUL or half a surrogate pair")


def _read_closely(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8") from error
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise NotJson("nested too deeply") from error
    except ValueError as error:
        raise NotJson(_why(text, error)) from error
    _count_keys(value)
    return _cleaned(value) if _ODD_ESCAPE.search(body) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotJson("a key stands twice in one object")
    return made


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_INTEGER else text


def _fraction(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text  # an exponent beyond all that can be counted


_QUICK = Decoder(float_hook=_fraction)
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=str)


def _why(text: str, error: ValueError) -> str:
    if isinstance(error, NotJson):
        return str(error)
    if not text.strip():
        return "empty"
    if text.startswith("\ufeff"):
        return "begins with a byte order mark"
    return f"broken at character {error.pos}" if isinstance(error, json.JSONDecodeError) else "unreadable"


def _count_keys(value: Any) -> int:
    """How many keys its objects have in all. Raises NotJson where they lie too deep."""
    level, count = [value] if type(value) in _NESTED else [], 0
    for _ in range(DEEPEST):
        count += sum([len(outer) for outer in level if type(outer) is dict])
        insides = (outer.values() if type(outer) is dict else outer for outer in level)
        level = [inner for inside in insides for inner in inside if type(inner) in _NESTED]
        if not level:
            return count
    raise NotJson("nested too deeply")


def _cleaned(value: Any) -> Any:
    """Text that no database takes (NUL, half a surrogate pair) is replaced by the replacement character."""
    if isinstance(value, str):
        return _ODD_CHARACTER.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    return value
