"""The texts that people read, for translators, as ``pybabel extract`` asks for them (docs/translating.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from jinja2 import Environment

from adapter.showing.confidential import without_floor
from adapter.web.strings import texts_in
from adapter.web.translating import Texts

Message = tuple[int, None, str, list[str]]


def from_template(source: IO[bytes], _keywords: Any, _comments: Any, options: Any) -> Iterator[Message]:
    """A template's messages: the same that are looked up when it is compiled."""
    found: list[Message] = []
    environment = Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701  nothing is rendered
    tree = environment.parse(source.read().decode())
    Texts(environment, lambda message, line: found.append((line, None, message, []))).into(tree)
    return iter(found)


def from_module(source: IO[bytes], _keywords: Any, _comments: Any, options: Any) -> Iterator[Message]:
    """A module's messages: the texts of which its sentences are made.

    ``single = no``: none of one word. ``floor = hidden``: also as whoever may not see the floor is told (SR-11).
    """
    for line, text in texts_in(source.read()):
        if " " in text or options.get("single") != "no":
            yield line, None, text, []
        if options.get("floor") == "hidden" and (limited := without_floor(text)) != text:
            yield line, None, limited, []
