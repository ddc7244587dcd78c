"""Log lines as JSON with a time, a level and whatever the work at hand is bound to. Never an address or a secret."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


def configure_logs(level: int = logging.INFO, to: TextIO | None = None) -> None:
    """One JSON object a line, on stderr or ``to`` a file. Leaves alone what has been configured already."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(to or sys.stderr),
    )
