"""A line in the log and a count for every request. Logs the route, never the path: a path may hold a link's secret."""

from __future__ import annotations

import time
import uuid

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

log = structlog.get_logger("web")
ANSWERS = Counter("adapter_http_answers_total", "Answers given", ["route", "method", "status"])
SECONDS = Histogram("adapter_http_seconds", "Time to answer", ["route"])


def install(app: Flask) -> None:
    """Give each request an id, and write down how it ended."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "unknown"
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    ANSWERS.labels(route, request.method, response.status_code).inc()
    SECONDS.labels(route).observe(seconds)
    log.info(
        "answered",
        method=request.method,
        route=route,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
    )
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
