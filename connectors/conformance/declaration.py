"""Checks of what a platform declares: that it is there, and that strangers' messages are refused."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import available_timezones

from connectors.errors import BadRecord
from connectors.platform import Api, Capability, Platform, Since
from connectors.records import Stream

_SPOTS = frozenset({Capability.SPOTS_NATIVE, Capability.SPOTS_READ, Capability.SPOTS_LOCAL})
_RATES = frozenset({Capability.RATE_NATIVE, Capability.RATE_LOCAL})
_OF_STREAM = {Capability.SALES: Stream.SALES, Capability.CLIENT_EMAILS: Stream.CLIENTS}
_NEEDED = (Stream.VENUES, Stream.CLASS_TYPES, Stream.SESSIONS, Stream.RESERVATIONS)


def declared_is_there(platform: Platform, api: Api) -> Iterator[str]:
    """Each capability has what it needs, and nothing is there that is not declared."""
    has = platform.capabilities
    pairs = {
        "WEBHOOKS": (Capability.WEBHOOKS in has, platform.webhooks is not None),
        "SPOTS_NATIVE": (Capability.SPOTS_NATIVE in has, platform.offers is not None),
        "SPOTS_TOTAL": (Capability.SPOTS_TOTAL in has, platform.totals is not None),
        "RATE_NATIVE": (Capability.RATE_NATIVE in has, platform.offers is not None),
        "BOOK": (Capability.BOOK in has, platform.booking is not None),
        "RATE_CATALOG": (Capability.RATE_CATALOG in has, platform.catalog is not None),
        "UPDATED_SINCE": (
            Capability.UPDATED_SINCE in has,
            any(resource.ask is Since for resource in (*platform.streams.values(), *platform.changes.values())),
        ),
    }
    for name, (declared, there) in pairs.items():
        if declared != there:
            yield f"{name} is {'declared, but not there' if declared else 'there, but not declared'}"
    yield from (
        f"{cap} is declared without the stream {of}"
        for cap, of in _OF_STREAM.items()
        if cap in has and of not in platform.streams
    )
    if not has & _SPOTS or not has & _RATES:
        yield "it is not said where spots and rates are kept"
    for needed in _NEEDED:
        if needed not in platform.streams:
            yield f"the stream {needed} is missing: nothing can be decided without it"


def account_is_described(platform: Platform, api: Api) -> Iterator[str]:
    """The account has a name, an IANA zone and, where it names one, a currency, and says the same twice."""
    site = platform.describe(api)
    if site.timezone not in available_timezones():
        yield f"{site.timezone} is no IANA zone"
    if site.currency and (len(site.currency) != 3 or not site.currency.isupper()):  # none: the studio's own is taken
        yield f"{site.currency} is no currency"
    if not site.name or site.id != api.site.id:
        yield "the account has no name, or is another one"
    if platform.describe(api) != site:
        yield "the account is described differently the second time"


def strangers_are_refused(platform: Platform, api: Api) -> Iterator[str]:
    """No webhook without the right signature is taken for genuine, and none can crash the reading."""
    if platform.webhooks is None:
        return
    name, body = platform.webhooks.signature_header, b'{"a": 1}'
    for signature in ("", "x", "sha256=", "é", "a" * 100_000, "sha256=" + "A" * 44):
        if platform.webhooks.verify("secret", {name: signature}, body):
            yield f"the signature {signature[:20]!r} is taken for genuine"
    if platform.webhooks.verify("secret", {}, body):
        yield "a message without a signature is taken for genuine"
    for given in (b"", b"<html>", b"[]", b"{", b"null", b'{"a": NaN}', b"[" * 50_000):
        try:
            platform.webhooks.read(given)
            yield f"{given[:10]!r} is read as a message"
        except BadRecord:
            continue
