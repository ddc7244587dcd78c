"""The check of what a platform takes: an offer is what is read back, and the newest wins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from connectors.conformance.asking import records
from connectors.errors import Rejected
from connectors.platform import Api, OfferPush, Platform
from connectors.records import Offer, Session, SessionStatus, Stream


def offers_are_exact(platform: Platform, api: Api) -> Iterator[str]:
    """What was sent is read back; the same again is harmless; a higher sequence wins, a lower one is refused."""
    if platform.offers is None:
        return
    session = _next_session(platform, api)
    if session is None:
        yield "there is no session to come at the double"
        return
    held = platform.offers.read_back(api, session.external_id)
    base = (held.sequence or 0) if held else 0
    first = _offer(session, api, base + 1, 2, "12.50")
    for offer in (first, first, _offer(session, api, base + 2, 1, "13.00"), _offer(session, api, base + 3, 0, "13.00")):
        platform.offers.send(api, offer, f"conformance-{session.external_id}-{offer.sequence}")
        yield from _differences(platform.offers, api, offer)
    try:
        platform.offers.send(api, first, f"conformance-{session.external_id}-late")
        yield "an older offer is accepted over a newer one"
    except Rejected:
        pass
    yield from _differences(platform.offers, api, _offer(session, api, base + 3, 0, "13.00"))


def _next_session(platform: Platform, api: Api) -> Session | None:
    coming = (
        each
        for each in records(platform, api, Stream.SESSIONS)
        if each.starts_at > api.now + timedelta(hours=1) and each.status is SessionStatus.SCHEDULED
    )
    return max(coming, key=lambda each: each.starts_at, default=None)


def _offer(session: Session, api: Api, sequence: int, limit: int, rate: str) -> Offer:
    return Offer(
        session_id=session.external_id,
        sequence=sequence,
        limit=limit,
        rate=Decimal(rate),
        premium_limit=1 if limit else 0,
        premium_rate=Decimal("15.00") if limit else None,
        currency=api.site.currency,
    )


def _differences(push: OfferPush, api: Api, offer: Offer) -> Iterator[str]:
    held = push.read_back(api, offer.session_id)
    if held is None:
        yield f"offer {offer.sequence} was sent and is not held"
        return
    wanted = {
        "limit": offer.limit,
        "rate": offer.rate,
        "premium_limit": offer.premium_limit,
        "sequence": offer.sequence,
    }
    found = {name: getattr(held, name) for name in wanted}
    found["rate"] = None if held.rate is None else Decimal(held.rate)
    if found != wanted:
        yield f"offer {offer.sequence}: sent {wanted}, held {found}"
    if push.read_all is not None and push.read_all(api).get(offer.session_id) != held:
        yield f"offer {offer.sequence}: read with all others it is another one"
