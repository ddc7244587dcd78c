"""The ways in which an offer takes effect: natively, or where we sell (totals.py has the third). And whether it has.

Knows what was wanted (the outbox row) and what a platform holds; knows no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from adapter.store.in_force import offer_of
from adapter.store.tables import PushState
from connectors.platform import Api, OfferPush, ReadBack
from connectors.records import Offer

Wanted = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What the platform holds of a session, and whether that is what we want."""

    equal: bool
    words: str | None  # the difference, for the studio
    data: dict[str, Any] | None
    shown: bool = True  # False: the platform does not show what it holds, and looking again is of no use

    @property
    def sequence(self) -> int:
        """The number it is held under; 0: none is told."""
        return int((self.data or {}).get("sequence") or 0)


@dataclass(frozen=True, slots=True)
class Route:
    """A way to put an offer into force."""

    send: Callable[[Wanted, str], None]
    look: Callable[[Wanted], Held]
    in_force: PushState
    read: Callable[[str], ReadBack | None] | None = None  # what is held of a session, where offers are kept for us
    read_all: Callable[[], Mapping[str, ReadBack]] | None = None  # of all sessions, in few calls
    at_once: int = 1  # writes at a time


def wanted_of(offer: Offer, *, total: int | None) -> dict[str, Any]:
    """An offer as the outbox keeps it; ``total``: the online capacity for platforms that take nothing else."""
    rate, premium = str(offer.rate), None if offer.premium_rate is None else str(offer.premium_rate)
    return {**asdict(offer), "rate": rate, "premium_rate": premium, "total": total}


def restored(wanted: Wanted, before: Mapping[str, Any]) -> dict[str, Any]:
    """The studio's own state, to be given back in place of an offer of ours: the kill switch and shadow mode do."""
    rates = {name: wanted[name] if before[name] is None else before[name] for name in ("rate", "premium_rate")}
    limits = {"limit": before["limit"], "premium_limit": before["premium_limit"] or 0}
    return {**wanted, **rates, **limits, "restores": True}


def native_route(push: OfferPush, api: Api) -> Route:
    """The platform takes a count and a rate for one session and one channel."""

    def send(wanted: Wanted, key: str) -> None:
        push.send(api, offer_of(wanted), key)

    def read(session: str) -> ReadBack | None:
        return push.read_back(api, session)

    def look(wanted: Wanted) -> Held:
        return compare(wanted, read(wanted["session_id"]))

    read_all = None if push.read_all is None else partial(push.read_all, api)
    return Route(send, look, PushState.CONFIRMED, read, read_all, push.at_once)


def local_route(words: str) -> Route:
    """The platform takes none: the count and the rate are in force where we sell, at once. ``words`` say why."""
    return Route(lambda _wanted, _key: None, lambda _: Held(equal=True, words=words, data=None), PushState.LOCAL)


def compare(wanted: Wanted, held: ReadBack | None) -> Held:
    """Whether what a platform holds is what is wanted, and the difference in words.

    Where a platform tells of no premium spots, its limit counts them in.
    """
    if held is None:
        return Held(False, "the platform holds no offer", None)
    if held.limit is None and held.rate is None:
        return Held(False, "taken, but the platform does not show what it holds", asdict(held), shown=False)
    whole = held.premium_limit is None
    ours = {**wanted, "limit": offer_of(wanted).total} if whole else wanted
    names = ("limit", "rate", *(() if whole else ("premium_limit", "premium_rate")))
    apart = [name for name in names if not _same(name, ours[name], getattr(held, name))]
    words = ", ".join(f"{name}: wanted {ours[name]}, held {getattr(held, name)}" for name in apart)
    return Held(not apart, words or None, asdict(held))


def _same(name: str, wanted: object, held: object) -> bool:
    if name == "premium_rate" and wanted is None:
        return True  # there are no premium spots: a rate that is left over sells nothing
    if not name.endswith("rate") or wanted is None or held is None:
        return (wanted or 0) == (held or 0)
    try:
        return Decimal(str(wanted)) == Decimal(str(held))
    except InvalidOperation:
        return False
