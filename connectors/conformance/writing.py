"""The checks of what a platform takes: an offer is what is read back, the newest wins, a guest is booked once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connectors.booking import book_once
from connectors.conformance.asking import records
from connectors.errors import Rejected
from connectors.platform import Api, Capability, Guest, OfferPush, OfSession, Platform
from connectors.records import ACTIVE_OUTCOMES, Client, Offer, Session, SessionStatus, Stream

GUEST = Guest("Conny Forma", "conny.forma@example.org")


def offers_are_exact(platform: Platform, api: Api) -> Iterator[str]:
    """What was sent is read back; the same again is harmless; where the platform keeps order, an older is refused."""
    push = platform.offers
    if push is None:
        return
    session = _next_session(platform, api)
    if session is None:
        yield "there is no session to come at the double"
        return
    held = push.read_back(api, session.external_id)
    base = (held.sequence or 0) if held else 0
    first = _offer(session, api, base + 1, 2, "12.50")
    last = _offer(session, api, base + 3, 0, "13.00")
    for offer in (first, first, _offer(session, api, base + 2, 1, "13.00"), last):
        push.send(api, offer, f"conformance-{session.external_id}-{offer.sequence}")
        yield from _differences(push, api, offer)
    if push.ordered:
        yield from _older_is_refused(push, api, first, last)


def _older_is_refused(push: OfferPush, api: Api, older: Offer, newest: Offer) -> Iterator[str]:
    try:
        push.send(api, older, f"conformance-{older.session_id}-late")
        yield "an older offer is accepted over a newer one"
    except Rejected:
        pass
    yield from _differences(push, api, newest)


def guests_are_booked_once(platform: Platform, api: Api) -> Iterator[str]:
    """A guest who is booked twice is in once, is on the roster by their own address, and can be let go."""
    booking, session = platform.booking, _next_session(platform, api)
    if booking is None:
        return
    if session is None:
        yield "there is no session to come at the double"
        return
    if platform.offers is not None:
        platform.offers.send(
            api, replace(_offer(session, api, 10**6, 50, "12.50"), premium_limit=0), "conformance-room"
        )
    first, again = (book_once(booking, api, session.external_id, GUEST, "conformance-guest") for _ in range(2))
    if not first.new or again.new or first.reservation_id != again.reservation_id:
        yield "booked twice, a guest is in twice"
    if list(_places(platform, api, session, first.reservation_id)) != [first.reservation_id]:
        yield "the guest's reservation is not on the roster, or not by their own address"
    for _ in range(2):
        booking.cancel(api, first.reservation_id)
    if booking.find(api, session.external_id, GUEST) is not None or list(
        _places(platform, api, session, first.reservation_id)
    ):
        yield "a guest who was let go still has a place"


def _places(platform: Platform, api: Api, session: Session, made: str) -> Iterator[str]:
    """The guest's places on the roster: by the address there, or where it has none, by the client's own.

    A platform that gives no addresses knows a guest by the reservation alone.
    """
    known = {each.external_id for each in _clients(platform, api) if each.email == GUEST.email}
    told = Capability.CLIENT_EMAILS in platform.capabilities
    for page in platform.streams[Stream.RESERVATIONS].read(api, OfSession(session.external_id)):
        for item in page.items:
            theirs = item.record.guest_email == GUEST.email or item.record.client_id in known
            if (theirs if told else item.record.external_id == made) and item.record.outcome in ACTIVE_OUTCOMES:
                yield item.record.external_id


def _clients(platform: Platform, api: Api) -> list[Client]:
    return records(platform, api, Stream.CLIENTS) if Stream.CLIENTS in platform.streams else []


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
        "limit": offer.limit if push.premium else offer.total,
        "rate": offer.rate,
        **({"premium_limit": offer.premium_limit} if push.premium else {}),
        **({"sequence": offer.sequence} if push.ordered else {}),
    }
    found = {name: getattr(held, name) for name in wanted}
    found["rate"] = None if held.rate is None else Decimal(held.rate)
    if found != wanted:
        yield f"offer {offer.sequence}: sent {wanted}, held {found}"
    if push.read_all is not None and push.read_all(api).get(offer.session_id) != held:
        yield f"offer {offer.sequence}: read with all others it is another one"
