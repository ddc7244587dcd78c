"""What a studio is told of a platform: what is asked, what is written back, what it gives and what it can't do.

Everything follows from the platform's declaration; no platform is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.config import CALLS_PER_DAY, PREFIX, Config
from connectors import registry
from connectors.platform import Capability, Platform

WRITES: Mapping[Capability, str] = {
    Capability.SPOTS_NATIVE: "The number of spots listed, for each class",
    Capability.SPOTS_TOTAL: "A class's online capacity, only after a proof on your site and only if you turn it on",
    Capability.SPOTS_READ: "Nothing over its own marketplace limit: the smaller of both counts",
    Capability.SPOTS_LOCAL: "No spots: the count is enforced on our channel, where the marketplace books",
    Capability.RATE_NATIVE: "The rate you are paid, for each class",
    Capability.RATE_CATALOG: "Your public prices, only if you turn it on",
    Capability.RATE_LOCAL: "No rates: they hold on our channel",
}
GIVES: Mapping[Capability, str] = {
    Capability.WEBHOOKS: "Tells us of bookings as they happen",
    Capability.LATE_CANCEL: "Tells late cancellations from early ones",
    Capability.ATTENDANCE: "Tells who came",
    Capability.CLIENT_EMAILS: "Gives the e-mail addresses by which first bookings are told apart",
    Capability.SALES: "Gives what clients paid",
    Capability.BOOKING_TIME: "Tells when a booking was made",
    Capability.BOOK: "Takes bookings from us",
    Capability.UPDATED_SINCE: "Can be asked for changes only",
}
LACKS: Mapping[Capability, str] = {
    Capability.WEBHOOKS: "No events are taken: changes are seen at the next update",
    Capability.LATE_CANCEL: "Does not tell late cancellations from early ones",
    Capability.ATTENDANCE: "Does not tell who came",
    Capability.CLIENT_EMAILS: "Gives no e-mail addresses: first bookings can't be told apart",
    Capability.SALES: "Does not give what clients paid",
    Capability.BOOKING_TIME: "Does not tell when a booking was made: its events do, or when we first saw it",
    Capability.BOOK: "Takes no bookings from us: the marketplace books there itself",
}


@dataclass(frozen=True)
class Told:
    """A platform in plain words."""

    name: str
    title: str
    asks: tuple[str, ...]
    writes: tuple[str, ...]
    gives: tuple[str, ...]
    limits: tuple[str, ...]
    inferred: str  # of what is written back, until an offer has been read back equal
    streams: tuple[str, ...]
    webhooks: bool
    takes_offers: bool  # spots and rate of a class, for the marketplace alone
    takes_total: bool  # a class's online capacity
    takes_price: bool  # the price of one price option
    ready: bool  # its client id and the like are set
    by_operator: bool  # it knows no OAuth: connected at the machine, with what stands in the settings


def told(name: str, config: Config) -> Told:
    """One platform; an unknown name is the registry's error."""
    platform = registry.get(name)
    asks = platform.oauth.scopes if platform.oauth else ()
    meanings = platform.oauth.scope_meanings if platform.oauth else {}
    lacks = tuple(text for capability, text in LACKS.items() if capability not in platform.capabilities)
    return Told(
        name=name,
        title=platform.title,
        asks=tuple(meanings.get(scope, scope) for scope in asks),
        writes=_lines(WRITES, platform),
        gives=_lines(GIVES, platform),
        limits=platform.limits + lacks,
        inferred=platform.offers.inferred if platform.offers else "",
        streams=tuple(stream.value for stream in platform.streams),
        webhooks=platform.webhooks is not None,
        takes_offers=platform.offers is not None,
        takes_total=platform.totals is not None,
        takes_price=platform.catalog is not None,
        ready=platform.oauth is not None and bool(config.platform(name).get("CLIENT_ID")),
        by_operator=platform.oauth is None,
    )


def calls_per_day(name: str, config: Config) -> int | None:
    """How many calls one account may make a day; None: no limit."""
    given = config.platform(name).get(CALLS_PER_DAY)
    return registry.get(name).calls_per_day if given is None else int(given) or None


def unset(name: str, site: str, config: Config, *, renews: bool = False) -> tuple[str, ...]:
    """The variables that are missing and without which an account can't be called; ``renews``: its access has to be
    renewed now and then, which takes our own id and secret.
    """
    platform, given = registry.get(name), config.platform(name, site)
    ours = ("API_KEY", *(("CLIENT_ID", "CLIENT_SECRET") if renews and platform.oauth else ()))
    needed = (*(() if platform.api_url else ("API_URL",)), *(each for each in ours if each in platform.settings))
    return tuple(f"{PREFIX}{name.upper()}_{setting}" for setting in needed if not given.get(setting))


def all_told(config: Config) -> list[Told]:
    """Every platform that there is a connector for."""
    return [told(name, config) for name in registry.names()]


def abilities() -> list[tuple[str, list[bool]]]:
    """What each platform can do, in plain words: the table of the README."""
    words = {**WRITES, **GIVES}
    return [(words[capability], able) for capability, able in registry.capabilities().items()]


def _lines(words: Mapping[Capability, str], platform: Platform) -> tuple[str, ...]:
    return tuple(text for capability, text in words.items() if capability in platform.capabilities)
