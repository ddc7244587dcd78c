"""Log lines: what happened, when, and in which run or request. Never an address or a secret.

One format for ourselves and for the libraries: a JSON object a line, or plain words where a person watches a terminal.
What the work at hand is bound to (``structlog.contextvars``: request, run, connection, kind, actor, platform) stands in
every line of it; a thread that is started for it is given it by ``carrying``.
"""

from __future__ import annotations

import contextvars
import logging
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TextIO, TypeVar

import structlog
from structlog.typing import EventDict, Processor

P = ParamSpec("P")
R = TypeVar("R")

_ADDRESS = re.compile(r"[^\s<>\"()\[\],;:=]+(?:[@＠﹫]|%40)[^\s<>\"'()\[\],;:]+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
HIDDEN = "(hidden)"


def configure_logs(level: int = logging.INFO, to: TextIO | None = None) -> None:
    """Write lines on stderr, or ``to`` a file. Leaves alone what has been configured already."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_personal,
            _renderer(to or sys.stderr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(to or sys.stderr),
    )
    logging.getLogger().addHandler(_OfLibraries(logging.WARNING))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a late tick loses nothing: what is due stands in a table


def carrying(work: Callable[P, R]) -> Callable[P, R]:
    """The same work for another thread, once: its lines carry what this thread's carry."""
    return partial(contextvars.copy_context().run, work)


def hide_personal(_: object, __: str, line: EventDict) -> EventDict:
    """The last guard: whatever slipped into a text, a platform's own words or a traceback, goes without addresses."""
    return {key: _hidden(value) if isinstance(value, str) else value for key, value in line.items()}


def _hidden(text: str) -> str:
    if "@" in text or "%40" in text or not text.isascii():
        text = _ADDRESS.sub(HIDDEN, text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


def _renderer(stream: TextIO) -> Processor:
    """Plain words on a terminal, JSON everywhere else. Both escape line ends and control characters of what is told."""
    on_screen = stream.isatty()
    return structlog.dev.ConsoleRenderer(repr_native_str=True) if on_screen else structlog.processors.JSONRenderer()


class _Lines(structlog.PrintLogger):
    """Writes lines. One that can't be written (the disk is full) must not end the work that it tells of."""

    def msg(self, message: str) -> None:
        """One line."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warning = error = critical = exception = msg


class _OfLibraries(logging.Handler):
    """The libraries' warnings and errors, as lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it again."""
        structlog.get_logger().log(record.levelno, record.getMessage(), library=record.name, exc_info=record.exc_info)
