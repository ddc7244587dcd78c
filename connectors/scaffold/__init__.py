"""A new platform's first files: a declaration, shapes, reads, samples, a tiny double and tests that run at once.

Knows the templates beside it and the places where a platform stands in this repository; knows no platform.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection
from keyword import iskeyword
from pathlib import Path
from string import Template

HERE = Path(__file__).parent / "templates"
NAME = re.compile(r"[a-z][a-z0-9]{1,30}")
MARKS = ("<!-- capabilities: written from the declarations, checked by a test -->\n", "<!-- /capabilities -->")
_FILES = {
    "declaration.py": "connectors/{name}/__init__.py",
    "reads.py": "connectors/{name}/reads.py",
    "shapes.py": "connectors/{name}/shapes.py",
    "tests.py": "tests/connectors/{name}/__init__.py",
    "double.py": "tests/connectors/{name}/double.py",
    "test.py": "tests/connectors/{name}/test_{name}.py",
    **{f"samples/{what}.json": f"tests/connectors/samples/{{name}}/{what}.json"
       for what in ("account", "locations", "class_types", "sessions", "bookings")},
}  # fmt: skip
_IMPORTS = re.compile(r"(?:^from (?:connectors|tests)\b.*\n)+", re.MULTILINE)
_ENTRY = re.compile(r'^    "([a-z0-9]+)": "connectors\.[a-z0-9]+",$', re.MULTILINE)


class BadName(ValueError):
    """A platform can't have this name; the message says why."""


def make_platform(root: Path, name: str, title: str, *, reserved: Collection[str] = ()) -> list[Path]:
    """Write a new platform into the checkout at ``root``: its files, its line in the registry, the README's table.

    ``reserved`` are names that would be mistaken for something else in settings. Answers the files written; writes none
    where the name can't be. Raises BadName.
    """
    check_name(root, name, reserved)
    if not re.fullmatch(r"[\w .&'-]{1,40}", title) or not title.strip():
        raise BadName(f"{title[:40]!r} can't be a platform's title: letters, digits, spaces, and . & ' - up to 40.")
    written = []
    for template, place in _FILES.items():
        target = root / place.format(name=name)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (HERE / f"{template}.tmpl").read_text(encoding="utf-8")
        target.write_text(_sorted(Template(text).substitute(name=name, title=title.strip())), encoding="utf-8")
        written.append(target)
    return [*written, _register(root, name), _retell(root)]


def check_name(root: Path, name: str, reserved: Collection[str] = ()) -> None:
    """Raises BadName."""
    if not NAME.fullmatch(name) or iskeyword(name):
        raise BadName(
            f"{name[:40]!r} can't be a platform's name: small letters and digits, a letter first, 2 to 31 of them."
        )
    if name in reserved:
        raise BadName(f"{name!r} is the beginning of one of our own settings.")
    if not (root / "tests" / "connectors").is_dir():
        raise BadName(f"{root} is no checkout of this repository: there are no tests to add to.")
    for place in (f"connectors/{name}", f"connectors/{name}.py", f"tests/connectors/{name}"):
        if (root / place).exists():
            raise BadName(f"{name!r} is taken: {place} is there already.")


def _sorted(text: str) -> str:
    """The imports of our own in the order of the alphabet, wherever the new name falls."""
    return _IMPORTS.sub(lambda block: "".join(sorted(block[0].splitlines(keepends=True), key=_module)), text)


def _module(line: str) -> str:
    return line.split()[1]


def _register(root: Path, name: str) -> Path:
    """The platform's line in the registry, in the order of the alphabet."""
    path = root / "connectors" / "registry.py"
    text = path.read_text(encoding="utf-8")
    lines = {found[1]: found[0] for found in _ENTRY.finditer(text)}
    lines[name] = f'    "{name}": "connectors.{name}",'
    first, *_, last = [found.span() for found in _ENTRY.finditer(text)]
    path.write_text(
        text[: first[0]] + "\n".join(lines[key] for key in sorted(lines)) + text[last[1] :], encoding="utf-8"
    )
    return path


def _retell(root: Path) -> Path:
    """The README's table, from the declarations: by another process, which has not read the registry yet."""
    path, ask = (
        root / "README.md",
        "from connectors.registry import capability_table; print(capability_table(), end='')",
    )
    table = subprocess.run([sys.executable, "-c", ask], cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S603
    before, rest = path.read_text(encoding="utf-8").split(MARKS[0])
    path.write_text(f"{before}{MARKS[0]}{table}{MARKS[1]}{rest.split(MARKS[1], 1)[1]}", encoding="utf-8")
    return path
