"""Charts: the library, served by us and packed once; and what a chart is told.

A page gives a chart its numbers in ``data-chart``; ``static/charts.js`` draws it in the page's own colours. Every chart
stands above a table that says the same.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import chartkick
from flask import Blueprint, Response, request

blueprint = Blueprint("charts", __name__)
LIBRARY = "django/static/chartkick/Chart.bundle.js"  # in the package chartkick, which ships it for any framework
A_DAY = 86_400


@blueprint.get("/charts/chart.js")
def library() -> Response:
    """Chart.js, as its package ships it."""
    packed = request.accept_encodings["gzip"] > 0
    answer = Response(_packed() if packed else _plain(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = f"private, max-age={30 * A_DAY}"
    answer.headers["Vary"] = "Accept-Encoding"
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def bars(labels: list[str], *series: tuple[str, str, Sequence[float]], unit: str = "") -> dict[str, Any]:
    """Stacked bars; a series is its name, the colour's name in the palette, and its values."""
    return {"kind": "bars", "labels": labels, "unit": unit, "series": [list(one) for one in series]}


def band(
    labels: list[str], low: Sequence[float], high: Sequence[float], *lines: tuple[str, str, Sequence[float | None]]
) -> dict[str, Any]:
    """Lines over a band of what is usual."""
    return {
        "kind": "band",
        "labels": labels,
        "unit": "",
        "low": low,
        "high": high,
        "series": [list(one) for one in lines],
    }


@cache
def _plain() -> bytes:
    return files(chartkick).joinpath(LIBRARY).read_bytes()


@cache
def _packed() -> bytes:
    return gzip.compress(_plain(), mtime=0)
