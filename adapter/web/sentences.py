"""Finished English sentences, said by a catalogue: what the core has put together is found again. Pure.

A message is a text of ours whose parts are numbered, ``{count} could not be read`` being ``{1} could not be read``. A
sentence is looked up as it stands; else it is held against the messages with parts, and that with the most letters of
its own wins; its parts are said in turn. Else it is said line by line, sentence by sentence, side by side of a colon.
What nothing is known of stays as it is: a name, an amount, a platform's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

HOLE = re.compile(r"\{(\d+)\}")
WORD = re.compile(r"[^\W\d_]{2,}")
MARKUP = re.compile(r"<[a-z/]|&#?\w+;")  # a template's, which no finished sentence is made of
EDGES = re.compile(r"\A(\s*(?:- )?)(.*?)(\s*)\Z", re.DOTALL)
BEGINNING = re.compile(r"\A\W*\w")  # the first letter, be it behind a quotation or a question mark
BETWEEN = re.compile(r"(?<=[.!?”])(\s+)")
ENDED = re.compile(r"[.!?]\s")
PARTED = re.compile(r"[,:;] ")
SIDES = re.compile(r"(: |; | \(|\)(?=[.,;: ]|\Z))")
SHORT = 3  # letters: a message with no more of its own only counts
COUNTING = re.compile(r"\{1\}\W*\w+\W*")  # so does one that is a number and a word
KEPT = 4_096  # sentences that are remembered: the same few are said again and again
MANY = 12  # sentences in a row, beyond which each is said by itself
LONG = 4_000  # characters, beyond which it is no sentence of ours
DEEP = 5  # how often a part may have parts


@dataclass(frozen=True)
class Pattern:
    """A message with parts: what stands between them, in order, and how much of a sentence that explains."""

    message: str
    between: tuple[str, ...]
    letters: int
    counts: bool  # only numbers may stand in it: it would explain names too, as {1} of {2} and {1} places would

    def parts_of(self, text: str) -> list[str] | None:
        """What a sentence has in the message's holes, each as short as can be; None: it is another sentence.

        Linear in the sentence, whatever stands in it: each stretch is looked for once, from where the last one ended.
        """
        first, *middle, last = self.between
        if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
            return None
        at, end, parts = len(first), len(text) - len(last), list[str]()
        for stretch in middle:
            found = text.find(stretch, at, end)
            if found == -1:
                return None
            parts.append(text[at:found])
            at = found + len(stretch)
        parts.append(text[at:end])
        return None if self.counts and any(map(WORD.search, parts)) else parts

    def reach_of(self, parts: Sequence[str]) -> int:
        """Over how much its parts go: 0 words, 1 beyond a comma or a colon, 2 so at the beginning, 3 sentences.

        The lower, the likelier it is that the sentence is made of it. What is quoted goes over nothing.
        """
        bare = [part for before, part in zip(self.between, parts, strict=False) if not before.endswith("“")]
        if any(map(ENDED.search, bare)):
            return 3
        begins = not self.between[0] and PARTED.search(parts[0])
        return 2 if begins else int(any(map(PARTED.search, bare)))


@dataclass(frozen=True)
class Match:
    """A message, what stands in its holes, and what was set behind it."""

    pattern: Pattern
    parts: Sequence[str]
    stop: str = ""


class Sentences:
    """Says what is English in another language, by its messages; ``otherwise``: what is in none, a date for example."""

    def __init__(self, messages: Mapping[str, str], otherwise: Callable[[str], str] = str) -> None:
        self._messages, self._otherwise = messages, otherwise
        patterns = [_pattern(message) for message in messages if HOLE.search(message) and not MARKUP.search(message)]
        self._patterns = sorted(patterns, key=lambda one: (-one.letters, -sum(map(len, one.between)), one.message))
        self._near = lru_cache(KEPT)(self._candidates)
        self._say = lru_cache(KEPT)(self._said)

    def said(self, text: str) -> str:
        """The text in the other language, as far as it is known."""
        return self._say(text, DEEP) if len(text) <= LONG else text

    def _said(self, text: str, deep: int) -> str:
        if not deep or not WORD.search(text):
            return text
        edges = EDGES.match(text)
        before, core, after = edges.groups() if edges else ("", text, "")
        return f"{before}{self._known(core, deep) or self._begun(core, deep) or self._apart(core, deep)}{after}"

    def _begun(self, text: str, deep: int) -> str | None:
        """What begins a sentence, and stands within one in the catalogue."""
        found = self._known(text[:1].lower() + text[1:], deep) if text[:1].isupper() else None
        return found and BEGINNING.sub(lambda letter: letter[0].upper(), found, count=1)

    def _known(self, text: str, deep: int) -> str | None:
        """A message as it stands or with these parts; either without the full stop that was set behind it."""
        bare = text.removesuffix(".")
        if text in self._messages or bare in self._messages:
            return self._messages.get(text) or f"{self._messages[bare]}."
        within, beyond, across, _ = map(_better, self._matches(text), self._matches(bare))
        parted = None if within else self._listed(text, deep) or self._headed(text, deep)
        return parted or self._put(within or beyond or across, deep)

    def _headed(self, text: str, deep: int) -> str | None:
        """A message that something is said of."""
        head, mark, tail = text.partition(": ")
        return f"{self._messages[head]}{mark}{self._say(tail, deep - 1)}" if mark and head in self._messages else None

    def _listed(self, text: str, deep: int) -> str | None:
        """A list, each item of which is a message by itself."""
        items, told = text.split(", "), list[str]()
        for item in items if len(items) > 1 else ():
            found = self._messages.get(item) or self._put(self._matches(item)[0], deep)
            if found is None:
                return None
            told.append(found)
        return ", ".join(told) or None

    def _matches(self, text: str) -> list[Match | None]:
        """The message that explains the most of it, for each reach of its parts."""
        found: list[Match | None] = [None] * 4
        for pattern in self._near(text[:1], text[-1:]):
            parts = pattern.parts_of(text)
            if parts is not None:
                reach = pattern.reach_of(parts)
                found[reach] = found[reach] or Match(pattern, parts)
                if not reach:
                    break
        return found

    def _candidates(self, first: str, last: str) -> list[Pattern]:
        """Those that a sentence with these letters at its ends can be."""
        return [
            one for one in self._patterns if one.between[0][:1] in ("", first) and one.between[-1][-1:] in ("", last)
        ]

    def _put(self, match: Match | None, deep: int) -> str | None:
        if match is None:
            return None
        parts = [self._say(part, deep - 1) for part in match.parts]
        return filled(self._messages[match.pattern.message], parts) + match.stop

    def _apart(self, text: str, deep: int) -> str:
        """Line by line, sentence by sentence, side by side: by the first of these ways that finds something."""
        if "\n" in text:
            return "\n".join(self._say(line, deep) for line in text.split("\n"))
        pieces = BETWEEN.split(text)
        if len(pieces) > 1 and (told := "".join(self._together(pieces, deep))) != text:
            return told
        return self._put(self._matches(text)[3], deep) or self._sides(text, deep)

    def _together(self, pieces: Sequence[str], deep: int) -> Iterator[str]:
        """By as many sentences at once as are known together. ``pieces``: sentences, and what parts any two."""
        at, most = 0, len(pieces) if len(pieces) < 2 * MANY else 1
        while at < len(pieces):
            ends = range(min(len(pieces), at + most), at, -2)
            known = ((end, self._known("".join(pieces[at:end]), deep)) for end in ends)
            end, found = next((one for one in known if one[1] is not None), (at + 1, None))
            yield from (self._sides(pieces[at], deep) if found is None else found, *pieces[end : end + 1])
            at = end + 1

    def _sides(self, text: str, deep: int) -> str:
        """What is said about something, and what stands in brackets, each for itself."""
        sides = SIDES.split(text)
        if len(sides) == 1:
            return self._otherwise(text)
        return "".join(self._say(side, deep - 1) if nth % 2 == 0 else side for nth, side in enumerate(sides))


def _better(whole: Match | None, bare: Match | None) -> Match | None:
    """The one that explains more: of the sentence, or of what stands before its full stop."""
    if bare is None or (whole is not None and whole.pattern.letters >= bare.pattern.letters):
        return whole
    return replace(bare, stop=".")


def filled(message: str, parts: Sequence[str]) -> str:
    """A message with its parts in their places; one that there is not is left out."""
    return HOLE.sub(lambda hole: parts[int(hole[1]) - 1] if 0 < int(hole[1]) <= len(parts) else "", message)


def _pattern(message: str) -> Pattern:
    between = tuple(HOLE.split(message)[::2])
    letters = sum(map(str.isalpha, "".join(between)))
    slight = letters <= SHORT and ":" not in message
    return Pattern(message, between, letters, slight or COUNTING.fullmatch(message) is not None)
