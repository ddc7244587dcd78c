"""One sandbox put together: the market's books, who may see them, what is counted and what is broken on purpose.

Two clocks: the market's, which is how far its books are written, and the server's, by which tokens and webhooks age.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import current_app, request

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.world import World
from connectors.sandbox.server.faults import Faults, Kind
from connectors.sandbox.server.grants import Grants, RegisteredClient
from connectors.sandbox.server.lag import Lag
from connectors.sandbox.server.meter import Meter
from connectors.sandbox.server.options import Options
from connectors.sandbox.server.tokens import UserTokens
from connectors.sandbox.server.webhooks import Webhooks


def wall_clock() -> datetime:
    """The time on this machine."""
    return datetime.now(UTC)


@dataclass
class Sandbox:
    """All state of one running platform. Whoever reads or writes the world holds its lock."""

    world: World
    options: Options
    clock: Callable[[], datetime] = wall_clock
    faults: Faults = field(default_factory=Faults)
    lag: Lag = field(default_factory=Lag)

    def __post_init__(self) -> None:
        self.meter = Meter(self.options.free_calls_a_day)
        self.grants = Grants(self.now)
        self.user_tokens = UserTokens(self.now)
        self.webhooks = Webhooks(self)
        options = self.options
        self.client = RegisteredClient(options.client_id, options.client_secret, options.redirect_uris)

    @property
    def lock(self) -> threading.RLock:
        """Held by whoever reads or writes the world."""
        return self.world.lock

    def now(self) -> datetime:
        """The server's time, with the skew that is switched on."""
        skew = sum(fault.seconds for fault in self.faults.active(Kind.CLOCK_SKEW))
        return self.clock() + timedelta(seconds=skew)

    @property
    def url(self) -> str:
        """Where this sandbox is reached, without a closing slash; also the issuer of its tokens."""
        return self.options.url or request.host_url.rstrip("/")

    def site(self, site_id: int) -> Site | None:
        """A tenant, or None."""
        return self.world.sites.get(site_id)

    def revoked(self, site_id: int) -> bool:
        """Whether the owner of a site has withdrawn access."""
        return any(fault.site == str(site_id) for fault in self.faults.active(Kind.REVOKED_SITE))


def here() -> Sandbox:
    """The sandbox that answers this request."""
    return cast(Sandbox, current_app.extensions["sandbox"])
