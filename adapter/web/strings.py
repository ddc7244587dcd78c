"""What a module's strings say to people, by its syntax: each constant and f-string that is a text. Nobody marks them.

An f-string's expressions become numbered holes. Where one can only come to a few texts it is spelled out, so that whole
sentences come of it: ``f"{count} class{'' if one else 'es'}"`` is ``{1} class`` and ``{1} classes``. Left out is what
is said to programs and programmers: documentation, codes, keys, comparisons, log lines, headers, built-in errors.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from math import prod
from typing import TypeGuard

from adapter.web.sentences import WORD

Text = tuple[int, str]
"""A line, and the message that stands there."""
MOST = 8  # sentences that one f-string is spelled out to, beyond which its longest choices are messages of their own
SAYING = frozenset({"said", "say"})
"""What is given a text even where it looks like a code."""
LISTING = "words"
"""What is given several, a comma between two."""
SILENT = frozenset({"cast", "text", "getattr", "setattr", "TypeVar", "NewType"})
MUTE = (
    *(ast.Name, ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.Import, ast.ImportFrom),
    *(ast.Assert, ast.Compare, ast.arguments, ast.pattern, ast.Pass),
)
"""What holds no text, or none for people."""
ASKING = frozenset({"startswith", "endswith", "removeprefix", "removesuffix", "split", "partition", "replace"})
"""What a string is asked: its arguments are looked for, not said."""
GAP = "\0"  # where an expression stands
NAMED = re.compile(r"\{[a-z_]*\}")  # a hole of str.format
ALONE = re.compile(rf"(?:^|(?<=[.!?] )){GAP}(?= (?:[A-Z][a-z’']+ |[AI] |{GAP})|$)")  # one that is a sentence by itself
TOLD = re.compile(r"(?<![\w./-])(?:[A-Z]?[a-z’']{2,}|[AIa])(?![\w=/-])")
HEADER = re.compile(r"Authorization|[A-Z]\w*(?:-[A-Z]\w*)+")
ONE_WORD = re.compile(r"[A-Z][a-z’']+[.!?]?")


def texts_in(source: bytes | str) -> Iterator[Text]:
    """Every text of a module that people may come to read."""
    yield from _Scope({}).of(ast.parse(source))


class _Scope:
    """A module or a function: what stands in its strings, ``fragments`` of sentences put where they are used."""

    def __init__(self, fragments: Mapping[str, ast.expr]) -> None:
        self.fragments = fragments

    def of(self, node: ast.AST) -> Iterator[Text]:
        """The texts of a piece of code."""
        if isinstance(node, MUTE):
            return
        match node:
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if hasattr(builtins, name):
                return
            case ast.FunctionDef() | ast.Lambda():
                body = node.body if isinstance(node.body, list) else [node.body]
                yield from _Scope({**self.fragments, **_fragments(body)}).all(body)
            case ast.Assign(targets=[ast.Name(id=name)]) if name in self.fragments:
                return
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                return
            case ast.Assign(targets=[ast.Subscript(slice=key)]) if _is_header(key):
                return
            case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.Subscript(value=value) if value is not None:
                yield from self.of(value)
            case ast.FormattedValue(value=value):
                yield from self.of(value)
            case ast.Dict(keys=keys, values=values):
                yield from (text for text in self.all(filter(None, keys)) if " " in text[1])
                yield from self.all(value for key, value in zip(keys, values, strict=True) if not _is_header(key))
            case ast.Call():
                yield from self._call(node)
            case _ if _is_text(node):
                yield from self._text(node)
            case _:
                yield from self.all(ast.iter_child_nodes(node))

    def all(self, nodes: Iterable[ast.AST]) -> Iterator[Text]:
        """The texts of several."""
        return chain.from_iterable(map(self.of, nodes))

    def _call(self, call: ast.Call) -> Iterator[Text]:
        match call.func:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in SAYING:
                yield from ((call.lineno, text) for text in _constants(call) if text)
                yield from self.all(one for one in call.args if not isinstance(one, ast.Constant))
            case ast.Name(id=name) if name == LISTING:
                yield from ((call.lineno, text) for listed in _constants(call) for text in listed.split(", "))
            case ast.Attribute(value=ast.Name(id="log" | "re")):
                return
            case ast.Name(id=name) if name in SILENT:
                return
            case ast.Attribute(value=value, attr=name) if name in ASKING:
                yield from self.of(value)
            case _:
                yield from self.all([call.func, *call.args, *call.keywords])

    def _text(self, node: ast.expr) -> Iterator[Text]:
        """The messages of a text, and those of what is put into it."""
        pieces = list(self._pieces(node))
        choices = [self._choices(piece) for piece in pieces]
        while prod(map(len, choices)) > MOST:
            choices[max(range(len(choices)), key=lambda at: len(choices[at]))] = [GAP]
        for piece, choice in zip(pieces, choices, strict=True):
            if choice == [GAP]:
                yield from self.of(self._meant(piece))
        for whole in product(*choices):
            yield from ((node.lineno, message) for message in _messages("".join(whole)))

    def _pieces(self, node: ast.expr) -> Iterator[ast.expr]:
        """What a text is put together from, in order."""
        match node:
            case ast.JoinedStr(values=values):
                for value in values:
                    yield from self._pieces(value)
            case ast.FormattedValue(value=value, format_spec=None, conversion=-1):
                yield from self._pieces(value)
            case ast.BinOp(op=ast.Add(), left=left, right=right) if _is_text(node):
                yield from (*self._pieces(left), *self._pieces(right))
            case _:
                yield node

    def _choices(self, node: ast.expr) -> list[str]:
        """What a piece can come to: its texts, or a gap."""
        match self._meant(node):
            case ast.Constant(value=str(text)):
                return [NAMED.sub(GAP, text)]
            case ast.IfExp(body=body, orelse=orelse) if _is_text(body) or _is_text(orelse):
                return [*self._spelled(body), *self._spelled(orelse)]
            case ast.JoinedStr() as joined:
                return self._spelled(joined)
        return [GAP]

    def _spelled(self, node: ast.expr) -> list[str]:
        return ["".join(whole) for whole in product(*map(self._choices, self._pieces(node)))]

    def _meant(self, node: ast.expr) -> ast.expr:
        return self.fragments.get(node.id, node) if isinstance(node, ast.Name) else node


def _fragments(body: Sequence[ast.AST]) -> dict[str, ast.expr]:
    """The names that a function gives to pieces of a sentence: set once, and used in texts alone."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    named = [
        (node.targets[0].id, node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    kept = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    used = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    inside = Counter(one.id for node in nodes for one in _operands(node) if isinstance(one, ast.Name))
    return {
        name: value
        for name, value in named
        if kept[name] == 1 and used[name] == inside[name] and _is_piece(value) and name not in _names_in(value)
    }


def _operands(node: ast.AST) -> list[ast.expr]:
    """What is put into a text right here."""
    match node:
        case ast.FormattedValue(value=value, format_spec=None, conversion=-1):
            return [value]
        case ast.BinOp(op=ast.Add(), left=left, right=right) if _is_text(node):
            return [left, right]
    return []


def _names_in(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _is_header(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and HEADER.fullmatch(str(key.value)) is not None


def _constants(call: ast.Call) -> list[str]:
    return [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _is_text(node: ast.AST) -> TypeGuard[ast.expr]:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and (_is_piece(node.left) or _is_piece(node.right))
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_piece(node: ast.AST) -> bool:
    """A text, or one of two."""
    return _is_text(node) or (isinstance(node, ast.IfExp) and (_is_piece(node.body) or _is_piece(node.orelse)))


def _messages(text: str) -> Iterator[str]:
    """The messages of a text with gaps: holes that are sentences by themselves part it, the others are numbered."""
    for sentence in ALONE.split(text):
        core = sentence.strip()
        if _is_told(core):
            first, *others = core.split(GAP)
            yield first + "".join(f"{{{number}}}{stretch}" for number, stretch in enumerate(others, 1))


def _is_told(text: str) -> bool:
    """Whether it is said to people: words, not a code, a path or a pattern."""
    if " " not in text:
        return ONE_WORD.fullmatch(text) is not None
    if "_" in text and text.count(" ") == 1:
        return False
    return WORD.search(text) is not None and TOLD.search(text.replace(GAP, " ")) is not None
