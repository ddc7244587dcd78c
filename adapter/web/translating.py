"""Every text of the pages, ready for translation: found where it stands, so that no template has to mark it.

A template is plain English. Where there is a catalogue, its texts are looked up each time that it is shown, in the
reader's language; without one it is compiled as it stands. One message is what stands between two block elements, with
its inline elements and its expressions, these as ``{1}``, ``{2}``; or what is read aloud of an attribute. A condition
in the middle of a sentence parts it in two. The same walk gives the list for translators: ``adapter.web.extracting``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import jinja2
from flask.templating import Environment
from jinja2 import nodes
from markupsafe import Markup, escape

ALOUD = frozenset({"aria-label", "alt", "placeholder", "title"})
"""The attributes that people are told."""
INLINE = frozenset({"a", "abbr", "b", "br", "code", "em", "i", "kbd", "small", "span", "strong", "time"})
"""The elements that a message may hold."""
HOLE = re.compile("\ue000(\\d+)\ue001")
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)[^<>]*>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
OPENED = re.compile(r'([\w-]+)="[^"]*\Z')
NO_TEXT = re.compile("<[^<>]*>|\ue000\\d+\ue001|&[a-z]+;|&#\\d+;")
WORD = re.compile(r"[^\W\d_]{2,}|\b[aI]\b")
CODE = re.compile(r"[a-z0-9_.:/-]*\Z")  # a name of the code, no word of ours

Say = Callable[[str], str]
Found = Callable[[str, int], None]


class Translating(Environment):
    """Flask's environment, whose templates say their texts through a catalogue where there is one."""

    say: Say | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return tree if self.say is None else Texts(self).into(tree)


def translate(environment: Translating, say: Say) -> None:
    """From now on compile every text so that it is said as ``say`` has it when it is shown."""
    environment.say = say
    environment.globals |= {"say_text": lambda text, *parts: _filled(say(text), parts), "say_word": say}
    if environment.cache is not None:
        environment.cache.clear()


def _filled(text: str, parts: Sequence[object]) -> Markup:
    """A message with its expressions in their places."""

    def part(match: re.Match[str]) -> str:
        number = int(match[1])
        return str(escape(parts[number - 1])) if 0 < number <= len(parts) else ""

    return Markup(re.sub(r"\{(\d+)\}", part, text))  # noqa: S704  the catalogue is ours, as the template is


class Texts:
    """Walks a template in the order in which it is read, and knows whether it is inside a tag or between two."""

    def __init__(self, environment: jinja2.Environment, found: Found = lambda message, line: None) -> None:
        self.environment, self.found = environment, found
        self.in_tag, self.attribute = False, ""  # the attribute whose value is open

    def into(self, tree: nodes.Template) -> nodes.Template:
        """The same template, its texts said through the catalogue."""
        self._walk(tree)
        tree.set_environment(self.environment)
        return tree

    def _walk(self, node: nodes.Node) -> None:
        match node:
            case nodes.Output():
                node.nodes = list(self._output(node))
            case nodes.If():
                self._branches([node.body, *(one.body for one in node.elif_), node.else_])
            case nodes.For():
                node.iter = self._words(cast(nodes.Expr, node.iter), every=False)
                self._branches([node.body, node.else_])
            case nodes.Macro() | nodes.Block():
                before, self.in_tag, self.attribute = (self.in_tag, self.attribute), False, ""
                self._all(node.body)
                self.in_tag, self.attribute = before
            case nodes.Assign():
                node.node = self._words(cast(nodes.Expr, node.node), every=False)
            case nodes.With():
                node.values = [self._words(value, every=False) for value in node.values]
                self._all(node.body)
            case _:
                self._all(node.iter_child_nodes())

    def _all(self, children: Iterator[nodes.Node] | Sequence[nodes.Node]) -> None:
        for child in children:
            self._walk(child)

    def _branches(self, bodies: Sequence[Sequence[nodes.Node]]) -> None:
        """Each begins where the first begins; what follows goes on where the first ends."""
        begins, ends = (self.in_tag, self.attribute), None
        for body in bodies:
            self.in_tag, self.attribute = begins
            self._all(body)
            ends = ends or (self.in_tag, self.attribute)
        self.in_tag, self.attribute = ends or begins

    def _output(self, node: nodes.Output) -> Iterator[nodes.Expr]:
        """The pieces of a stretch without conditions: as they are, or as a message."""
        holes: list[nodes.Expr] = []
        text = ""
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                text += child.data
            else:
                holes.append(child)
                text += f"\ue000{len(holes) - 1}\ue001"
        for piece, spoken in self._pieces(text):
            yield from self._told(piece, holes, node.lineno) if spoken else self._plain(piece, holes, spoken=False)

    def _pieces(self, text: str) -> Iterator[tuple[str, bool]]:
        """The text in order, cut where what is told to people begins and ends."""
        while text:
            if self.attribute:
                value, quote, text = text.partition('"')
                yield value, self.attribute in ALOUD
                yield quote, False
                self.attribute = "" if quote else self.attribute
            elif self.in_tag:
                tag, end, text = text.partition(">")
                yield from self._attributes(tag)
                yield end, False
                self.in_tag = not end
            else:
                whole, text = _until_open_tag(text)
                yield from _messages(whole)
                self.in_tag = bool(text)

    def _attributes(self, tag: str) -> Iterator[tuple[str, bool]]:
        at = 0
        for match in ATTRIBUTE.finditer(tag):
            yield tag[at : match.start(2)], False
            yield match[2], match[1] in ALOUD
            at = match.end(2)
        rest = tag[at:]
        if opened := OPENED.search(rest.removeprefix('"')):
            self.attribute = opened[1]
        yield rest, False

    def _told(self, piece: str, holes: Sequence[nodes.Expr], line: int) -> Iterator[nodes.Expr]:
        core = piece.strip()
        if not WORD.search(NO_TEXT.sub(" ", core)):
            yield from self._plain(piece, holes, spoken=True)
            return
        before, _, after = piece.partition(core)
        numbers = [int(number) for number in HOLE.findall(core)]
        places = iter(range(1, len(numbers) + 1))
        message = " ".join(HOLE.sub(lambda _: f"{{{next(places)}}}", core).split())
        self.found(message, line)
        parts = [self._words(holes[number], every=True) for number in numbers]
        call = nodes.Call(nodes.Name("say_text", "load"), [nodes.Const(message), *parts], [], None, None)
        call.set_lineno(line, override=True)
        yield from (nodes.TemplateData(before), call, nodes.TemplateData(after))

    def _plain(self, piece: str, holes: Sequence[nodes.Expr], *, spoken: bool) -> Iterator[nodes.Expr]:
        for nth, text in enumerate(HOLE.split(piece)):
            if nth % 2:
                hole = holes[int(text)]
                yield self._words(hole, every=True) if spoken else hole
            elif text:
                yield nodes.TemplateData(text)

    def _words(self, expr: nodes.Expr, *, every: bool) -> nodes.Expr:
        """The words that an expression may come to; ``every``: it is told, so each string is one."""
        match expr:
            case nodes.Const(value=str(text)) if WORD.search(text) and (every or not CODE.match(text)):
                self.found(text, expr.lineno)
                call = nodes.Call(nodes.Name("say_word", "load"), [expr], [], None, None)
                call.set_lineno(expr.lineno, override=True)
                return call
            case nodes.CondExpr():
                expr.expr1 = self._words(expr.expr1, every=every)
                expr.expr2 = None if expr.expr2 is None else self._words(expr.expr2, every=every)
            case nodes.Filter() if expr.node is not None:
                expr.node = self._words(expr.node, every=every)
            case nodes.Concat():
                expr.nodes = [self._words(one, every=False) for one in expr.nodes]
            case nodes.Getitem() | nodes.Getattr():
                expr.node = self._words(expr.node, every=every)
            case nodes.List() | nodes.Tuple():
                expr.items = [self._words(one, every=every) for one in expr.items]
            case nodes.Dict():
                for pair in expr.items:
                    pair.value = self._words(pair.value, every=every)
            case nodes.Call():
                expr.node = self._words(expr.node, every=False)
                expr.args = [self._words(one, every=every) if _is_told(one) else one for one in expr.args]
        return expr


def _is_told(argument: nodes.Expr) -> bool:
    """Whether what a function is given may be told: words by their codes, or a sentence; not a name."""
    if isinstance(argument, nodes.Const):
        return isinstance(argument.value, str) and (argument.value[:1].isupper() or " " in argument.value)
    return isinstance(argument, nodes.Dict | nodes.CondExpr | nodes.Concat)


def _until_open_tag(text: str) -> tuple[str, str]:
    """What stands before a tag that is not closed here, and that tag's beginning."""
    opened = text.rfind("<")
    return (text, "") if opened == -1 or ">" in text[opened:] else (text[:opened], text[opened:])


def _messages(text: str) -> Iterator[tuple[str, bool]]:
    """Whole tags and the words between them: cut at block elements, and at inline ones that begin or end elsewhere."""
    at, pairs = 0, _pairs(text)
    for tag in TAG.finditer(text):
        if tag.start() not in pairs:
            yield text[at : tag.start()], True
            yield from _spoken_in(tag[0])
            at = tag.end()
    yield text[at:], True


def _pairs(text: str) -> set[int]:
    """Where the inline tags stand whose other half stands in the same run of inline elements."""
    found: set[int] = set()
    opened: list[re.Match[str]] = []
    for tag in TAG.finditer(text):
        if tag["name"] not in INLINE:
            opened.clear()
        elif tag["name"] == "br":
            found.add(tag.start())
        elif not tag["end"]:
            opened.append(tag)
        elif opened and opened[-1]["name"] == tag["name"]:
            found |= {opened.pop().start(), tag.start()}
        else:
            opened.clear()
    return found


def _spoken_in(tag: str) -> Iterator[tuple[str, bool]]:
    at = 0
    for match in ATTRIBUTE.finditer(tag):
        yield tag[at : match.start(2)], False
        yield match[2], match[1] in ALOUD
        at = match.end(2)
    yield tag[at:], False
