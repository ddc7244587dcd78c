"""The platforms whose dialects are spoken here, and what a caller must know to use each: settings, accounts, words.

Knows addresses and names; a caller tells by it which declared platforms this sandbox is a double of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.market.prices import MARKETPLACE, THIRD_PARTY
from connectors.sandbox.server.brands.access import PAYER, brand_name
from connectors.sandbox.server.sandbox import Sandbox
from connectors.sandbox.server.wire import API_ROOT, BRANDS_ROOT


def _by_number(sandbox: Sandbox) -> dict[str, Any]:
    """One address for all, a number for each site."""
    url, options = sandbox.options.url, sandbox.options
    return {
        "settings": {
            "API_URL": f"{url}{API_ROOT}",
            "ISSUER": url,
            "CLIENT_ID": options.client_id,
            "CLIENT_SECRET": options.client_secret,
            "API_KEY": options.api_key,
            "WEBHOOK_URL": f"{url}/api/v1",
        },
        "sites": [str(site.id) for site in sandbox.world.sites.values()],
        "sources": {MARKETPLACE: "marketplace", THIRD_PARTY: "third_party"},
    }


def _by_brand(sandbox: Sandbox) -> dict[str, Any]:
    """An address for each brand."""
    home, options = f"{sandbox.options.url}{BRANDS_ROOT}/{{site}}", sandbox.options
    return {
        "settings": {
            "API_URL": f"{home}/api",
            "AUTHORIZE_URL": f"{home}/o/authorize",
            "TOKEN_URL": f"{home}/o/token",
            "CLIENT_ID": options.client_id,
            "CLIENT_SECRET": options.client_secret,
            "ENGINE_TOKEN": options.engine_token,
            "PAYER_ID": str(PAYER),
        },
        "sites": [brand_name(site) for site in sandbox.world.sites.values()],
        "sources": {f"payer {PAYER}": "marketplace", "of somebody else": "third_party"},
        "token": options.service_key,
    }


DIALECTS: Mapping[str, Callable[[Sandbox], dict[str, Any]]] = {
    "sandbox": _by_number,
    "mindbody": _by_number,
    "marianatek": _by_brand,
}
"""By the declared platform's name. ``sites`` are in the order of the facts' own; ``sources`` say what an owner would
answer when asked what the booking sources mean, by a piece of their name; ``token`` opens the API without a login."""
