"""The texts of the pages for translators, as ``pybabel extract`` asks for them (docs/translating.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import IO, Any

from jinja2 import Environment

from adapter.web.translating import CODE, WORD, Texts

Message = tuple[int, None, str, list[str]]
SAYING = frozenset({"flash", "said", "Page"})
"""What is given a text that people read."""


def from_template(source: IO[bytes], _keywords: Any, _comments: Any, options: Any) -> Iterator[Message]:
    """A template's messages: the same that are looked up when it is compiled."""
    found: list[Message] = []
    environment = Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701  nothing is rendered
    tree = environment.parse(source.read().decode())
    Texts(environment, lambda message, line: found.append((line, None, message, []))).into(tree)
    return iter(found)


def from_module(source: IO[bytes], _keywords: Any, _comments: Any, options: Any) -> Iterator[Message]:
    """What a module says: the words of its tables of codes, and what it gives to what says it."""
    tree = ast.parse(source.read())
    for node in (*tree.body, *ast.walk(tree)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node in tree.body and isinstance(node.value, ast.Dict):
            yield from _texts(node.value.values)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            yield from _texts(node.args)


def _texts(values: list[ast.expr]) -> Iterator[Message]:
    for value in values:
        if isinstance(value, ast.IfExp):
            yield from _texts([value.body, value.orelse])
        elif isinstance(value, ast.Constant) and isinstance(value.value, str) and _is_text(value.value):
            yield value.lineno, None, value.value, []


def _is_text(text: str) -> bool:
    return WORD.search(text) is not None and CODE.match(text) is None
