"""What Prometheus is told: what the tables say, beside what this process has counted itself.

A platform's share of its pace is added here, since the tables know no platform's limits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import structlog
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from adapter.context import Context
from adapter.store.metrics import Measure, measured
from adapter.web.access import context
from connectors import registry

log = structlog.get_logger("web")
blueprint = Blueprint("metrics", __name__)
MINUTES_A_DAY = 24 * 60


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """All there is. Without a database, what the process knows and that the database is down."""
    asked = CollectorRegistry(auto_describe=False)
    asked.register(Tables(context()))
    return Response(generate_latest(asked) + generate_latest(), content_type=CONTENT_TYPE_LATEST)


class Tables(Collector):
    """Asks the tables when it is asked."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def collect(self) -> Iterator[Metric]:
        """Every measure, and whether the database answered."""
        try:
            with self._ctx.store.read() as db:
                told = list(measured(db, self._ctx.now()))
        except SQLAlchemyError as error:
            log.error("metrics.no_database", error=type(error).__name__)
            told = []
        yield _gauge("adapter_database_up", "Whether the database answered", (), [((), float(bool(told)))])
        for measure, values in told:
            yield _gauge(measure.name, measure.meaning, measure.labels, values)
            if measure.name == "adapter_calls_today":
                yield _shares(measure, values)


def _shares(calls: Measure, values: list[tuple[tuple[object, ...], float]]) -> Metric:
    """Of all the calls that a platform's pace allows in a day, those made on this one."""
    made: Counter[str] = Counter()
    for labels, count in values:
        made[str(labels[calls.labels.index("platform")])] += int(count)
    known = {name: count for name, count in made.items() if name in registry.names()}
    shares = [((name,), count / (registry.get(name).calls_per_minute * MINUTES_A_DAY)) for name, count in known.items()]
    return _gauge("adapter_call_budget_share", "Calls today by what the platform's pace allows", ("platform",), shares)


def _gauge(
    name: str, meaning: str, labels: tuple[str, ...], values: Sequence[tuple[tuple[object, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for given, value in values:
        family.add_metric([str(label) for label in given], value)
    return family
