"""What of a payload may be kept: addresses become their keyed hash; names, phones, birth dates, postal addresses and
card data are dropped, however deep they lie and however their keys are written.

Knows the words that platforms use for personal data; knows no platform. One rule for pulled records, for records set
aside and for webhooks. What is redacted stays redacted: doing it twice changes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from adapter.guarantee.identity import normalise
from adapter.store.payloads import Payload
from adapter.store.sealing import Keyring

MARK = "email:"
"""What a replaced address begins with; the keyed hash follows (the same as in ``email_address``)."""

DEEPEST = 40  # no platform nests a record like this: what lies below is dropped

_AT = re.compile("[@＠﹫]|%40")
_WORD = re.compile(r"[^\s<>\"'()\[\],;:]+")  # no address reaches over one of these; matched in linear time
_REPLACED = re.compile(rf"{MARK}[0-9a-f]{{64}}")
_WIDE_AT = re.compile("[＠﹫]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_PERSONAL = re.compile(
    r"firstname|lastname|middlename|fullname|nickname|surname|familyname|givenname|maidenname|forename|initials|nameon"
    r"|birth|^dob$|^age$|gender|phone|mobile|^cell|fax$|address|street|postal|postcode|^zip|zip$|zipcode|^ship"
    r"|card(number|holder|info|exp|type$|s$|$)|cvv|cvc|^pan$|debitlast|lastfour|last4|accountnumber|routing|iban|billing|stripetoken"
    r"|photo|avatar|signature|password|^ssn|passport|emergency|note(s)?$|alert$|icdcodes|customclientfields"
    r"|contactlog|relationship|referredby|salesreps|profilevalues|waiver|liability|indexvalue"
)
_PERSON = re.compile(
    r"client(?!s?(visit|service|pass|index|type|sale))|customer|member(?!ship)|guest|attendee|^user|user$|recipient"
    r"|sender|contact|staff|instructor|teacher|trainer|assistant|employee|person|payer|purchaser|holder|buyer|soldby|bookedby"
)
_IS_PERSON = re.compile(rf"({_PERSON.pattern})s?")
_SIMPLE = frozenset({str, int, bool, type(None)})
_ID = re.compile(r"[0-9a-fA-F-]*[0-9][0-9a-fA-F-]*")
_PERSONS_OWN = re.compile(
    r"^name$|displayname|^city$|^state|province|country|latitude|longitude|^bio|url$|^label$|^title$"
)


_CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")  # as many digits as a card number has
_LIKE_CARD = re.compile("[0-9 -]{13}")  # every such number begins like this; found out at a third of the cost
_AS_ZEROS = bytes.maketrans(b"123456789 -", b"0" * 11)  # the same asked of a whole payload, faster still
_ISSUED = re.compile("2[2-7]|[3-6]")  # what the numbers of payment cards begin with; no year of ours does
CARD_DROPPED = "card number dropped"
SHORTEST_CARD = 13  # digits
LEAST_CARD = 10 ** (SHORTEST_CARD - 1)


class _Verdict(Enum):
    KEEP = auto()
    DROP = auto()
    ADDRESS = auto()  # an address or nothing
    PERSON = auto()  # what lies below describes a person
    NAME = auto()  # the same, and a plain text here is the person's name unless it is an id


def redact(raw: Mapping[str, Any], keys: Keyring, *, person: bool = False) -> Payload:
    """What may be kept of a payload. ``person``: the payload as a whole describes somebody (a client's record).

    Keys are judged always. The texts of most payloads hold nothing that has to be hidden: that is seen from the whole
    payload as it would be written, and only where it can't be, each text is looked at closely.
    """
    try:
        kept = Payload(_mapping(raw, keys, person, DEEPEST, closely=False))
        if _is_harmless(kept.text):
            return kept
    except UnicodeEncodeError:
        pass  # half a surrogate pair, which can't be written
    return Payload(_mapping(raw, keys, person, DEEPEST, closely=True))


def about_person(subject: str) -> bool:
    """Whether a payload of this subject (the name of an event) describes a person as a whole."""
    return _PERSON.search(_word(subject)) is not None


def scrub(text: str, keys: Keyring) -> str:
    """The text without addresses, and without characters that no database takes (NUL, lone surrogates)."""
    return text if is_plain(text) else _scrubbed(text.replace("\x00", ""), keys)


def is_plain(text: str) -> bool:
    """Whether nothing in a text needs a closer look. Every text of every payload is asked: only cheap questions."""
    return text.isascii() and not ("@" in text or "%" in text or "\x00" in text)


def _scrubbed(text: str, keys: Keyring) -> str:
    if not text.isascii():
        text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return _WORD.sub(lambda found: _hidden(found.group(), keys), text) if _AT.search(text) else text


def _hidden(word: str, keys: Keyring) -> str:
    sign = _AT.search(word, 1)
    return word if sign is None or sign.end() == len(word) else hash_of(word.strip("."), keys)


def hash_of(address: str, keys: Keyring) -> str:
    """What stands in an address's place."""
    plain = _AT.sub("@", address)
    return MARK + keys.keyed_hash(normalise(plain) or plain.strip().casefold())


def _is_harmless(text: str) -> bool:
    """Whether a payload's JSON holds no address, no card number and no character that a database refuses."""
    if "@" in text or "%40" in text or "\\u0000" in text or not (text.isascii() or _WIDE_AT.search(text) is None):
        return False
    return b"0" * SHORTEST_CARD not in text.encode().translate(_AS_ZEROS)


def _mapping(raw: Mapping[str, Any], keys: Keyring, person: bool, depth: int, *, closely: bool) -> dict[str, Any]:
    rule = _rule(tuple(raw), person)
    kept = {name: raw[name] for name in rule.kept}
    for name in rule.names:
        kept[name] = _without_names(kept[name])
    hashed = {name: _address(kept[name], keys) for name in rule.addresses if isinstance(kept[name], str)}
    if not closely and _SIMPLE.issuperset(map(type, kept.values())):
        return kept | hashed if hashed else kept
    below = {
        name: _value(value, keys, person or name in rule.persons, depth - 1, closely=closely)
        for name, value in kept.items()
        if name not in hashed
    }
    return {scrub(str(name), keys) if closely else name: value for name, value in (below | hashed).items()}


def _without_names(value: Any) -> Any:
    if isinstance(value, str):
        return value if _ID.fullmatch(value) else None
    return [_without_names(item) for item in value] if isinstance(value, (list, tuple)) else value


def _value(value: Any, keys: Keyring, person: bool, depth: int, *, closely: bool) -> Any:
    if isinstance(value, str):
        return _without_cards(scrub(value, keys)) if closely else value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int)):
        return CARD_DROPPED if closely and value and value >= LEAST_CARD and _is_card(str(value)) else value
    if depth <= 0:
        return None
    if isinstance(value, (dict, Mapping)):  # a dict is known at once, another mapping takes a longer look
        return _mapping(value, keys, person, depth, closely=closely)
    if isinstance(value, (list, tuple)):
        return [_value(item, keys, person, depth - 1, closely=closely) for item in value]
    return scrub(str(value), keys)


def _without_cards(text: str) -> str:
    """The text without card numbers, wherever somebody wrote one down."""
    if len(text) < SHORTEST_CARD or not _LIKE_CARD.search(text):
        return text
    return _CARD.sub(lambda found: CARD_DROPPED if _is_card(found.group()) else found.group(), text)


def _is_card(text: str) -> bool:
    """Whether the digits could be a card's: their number, the first ones and the check digit (ISO/IEC 7812-1)."""
    digits = [int(sign) for sign in text if sign in "0123456789"]
    if not 13 <= len(digits) <= 19 or not _ISSUED.match(text):
        return False
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _address(value: str, keys: Keyring) -> str:
    stripped = value.strip()
    return stripped if not stripped or _REPLACED.fullmatch(stripped) else hash_of(stripped, keys)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What becomes of the keys of a mapping."""

    kept: tuple[str, ...]
    persons: frozenset[str]  # what lies below them describes a person
    names: tuple[str, ...]  # a plain text there is a person's name unless it is an id
    addresses: tuple[str, ...]  # an address or nothing


@lru_cache(maxsize=256)
def _rule(keys: tuple[str, ...], person: bool) -> _Rule:
    """Kept by all the keys of a mapping: those of one list have the same."""
    judged = {key: _verdict(_word(str(key)), person) for key in keys}
    kept = tuple(key for key, verdict in judged.items() if verdict is not _Verdict.DROP)

    def those(*verdicts: _Verdict) -> tuple[str, ...]:
        return tuple(key for key in kept if judged[key] in verdicts)

    persons = frozenset(those(_Verdict.PERSON, _Verdict.NAME, _Verdict.ADDRESS))
    return _Rule(kept, persons, those(_Verdict.NAME), those(_Verdict.ADDRESS))


@lru_cache(maxsize=8192)
def _verdict(word: str, person: bool) -> _Verdict:
    if "email" in word or word.endswith("mail"):
        return _Verdict.ADDRESS
    if _PERSONAL.search(word) or (person and _PERSONS_OWN.search(word)):
        return _Verdict.DROP
    if not _PERSON.search(word):
        return _Verdict.KEEP
    if word.endswith(("name", "url")):
        return _Verdict.DROP
    return _Verdict.NAME if _IS_PERSON.fullmatch(word) else _Verdict.PERSON


def _word(key: str) -> str:
    return re.sub(r"[^0-9a-z]", "", key.casefold())
