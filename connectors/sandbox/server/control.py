"""The sandbox's own switches, under ``/_sandbox``: what no platform has. For demos and tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.market.audit import audit
from connectors.sandbox.server.options import read_options
from connectors.sandbox.server.sandbox import Sandbox, here
from connectors.sandbox.server.wire import answer


def control_routes() -> Blueprint:
    """The blueprint with all of them."""
    routes = Blueprint("control", __name__, url_prefix="/_sandbox")
    routes.register_error_handler(ValueError, _not_understood)
    routes.register_error_handler(TypeError, _not_understood)
    routes.register_error_handler(KeyError, _not_understood)
    routes.add_url_rule("/faults", view_func=faults, methods=["GET", "POST", "DELETE"])
    routes.add_url_rule("/meter", view_func=meter)
    routes.add_url_rule("/advance", view_func=advance, methods=["POST"])
    routes.add_url_rule("/options", view_func=options, methods=["PATCH"])
    routes.add_url_rule("/pump", view_func=pump, methods=["POST"])
    routes.add_url_rule("/state", view_func=state)
    routes.add_url_rule("/audit/<int(signed=True):site_id>", view_func=audited)
    return routes


def _not_understood(error: Exception) -> Response:
    return answer({"error": f"{type(error).__name__}: {error}"}, 400)


def faults() -> Response:
    """Switch faults on (one or a list), list them with their hits, or switch all off."""
    switches = here().faults
    if request.method == "POST":
        given: Any = request.get_json()
        switches.add(*(given if isinstance(given, list) else [given]))
    elif request.method == "DELETE":
        switches.clear()
    return answer({"faults": switches.report()})


def meter() -> Response:
    """Calls by key, site, day and endpoint."""
    return answer(here().meter.report())


def advance() -> Response:
    """Let the market live on: ``{"hours": 6}`` or ``{"to": "2026-03-03T12:00:00Z"}``."""
    given, sandbox = request.get_json(), here()
    with sandbox.lock:
        target = _target(given, sandbox)
        sandbox.world.advance(target)
        return answer(summary(sandbox))


def _target(given: dict[str, Any], sandbox: Sandbox) -> datetime:
    if "to" in given:
        return datetime.fromisoformat(given["to"])
    return sandbox.world.now + timedelta(hours=float(given["hours"]))


def options() -> Response:
    """Change options while it runs."""
    sandbox, given = here(), request.get_json()
    known = read_options(given)
    sandbox.options = replace(sandbox.options, **{name: getattr(known, name) for name in given})
    return answer({"changed": sorted(given)})


def pump() -> Response:
    """Make the webhook deliveries that are due now."""
    return answer({"attempts": here().webhooks.pump()})


def state() -> Response:
    """What is in the books, in a few numbers."""
    sandbox = here()
    with sandbox.lock:
        return answer(summary(sandbox))


def audited(site_id: int) -> Response:
    """A site's books, field by field: ``?start=…&end=…`` limits classes and sales."""
    start, end = (datetime.fromisoformat(request.args[name]) for name in ("start", "end"))
    sandbox = here()
    with sandbox.lock:
        return answer(audit(sandbox.world.site(site_id), start, end))


def summary(sandbox: Sandbox) -> dict[str, Any]:
    """A few numbers about every site."""
    sites = [
        {
            "id": str(site.id),
            "name": site.name,
            "classes": len(site.classes),
            "visits": len(site.visits),
            "clients": len(site.clients),
            "sales": len(site.sales),
            "offers": len(site.offers),
        }
        for site in sandbox.world.sites.values()
    ]
    return {"now": sandbox.world.now.isoformat(), "sites": sites, "calls": sandbox.meter.counts.total()}
