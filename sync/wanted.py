"""The ways in which an offer takes effect: natively, or where we sell (totals.py has the third). And whether it has.

Knows what was wanted (the outbox row) and what a platform holds; knows no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Route:
    """A way to put an offer into force."""

    send: Callable[[Wanted, str], None]
    look: Callable[[Wanted], Held]
    in_force: PushState


def wanted_of(offer: Offer, *, total: int | None) -> dict[str, Any]:
    """An offer as the outbox keeps it; ``total``: the online capacity for platforms that take nothing else."""
    rate, premium = str(offer.rate), None if offer.premium_rate is None else str(offer.premium_rate)
    return {**asdict(offer), "rate": rate, "premium_rate": premium, "total": total}


def offer_of(wanted: Wanted) -> Offer:
    """The offer again."""
    fields = {name: value for name, value in wanted.items() if name != "total"}
    premium = fields["premium_rate"]
    fields["rate"] = Decimal(fields["rate"])
    fields["premium_rate"] = None if premium is None else Decimal(premium)
    return Offer(**fields)


def native_route(push: OfferPush, api: Api) -> Route:
    """The platform takes a count and a rate for one session and one channel."""

    def look(wanted: Wanted) -> Held:
        return _compare(wanted, push.read_back(api, wanted["session_id"]), premium=push.premium)

    return Route(lambda wanted, key: push.send(api, offer_of(wanted), key), look, PushState.CONFIRMED)


def local_route(words: str) -> Route:
    """The platform takes none: the count and the rate are in force where we sell, at once. ``words`` say why."""
    return Route(lambda _wanted, _key: None, lambda _: Held(equal=True, words=words, data=None), PushState.LOCAL)


def _compare(wanted: Wanted, held: ReadBack | None, *, premium: bool) -> Held:
    if held is None:
        return Held(False, "the platform holds no offer", None)
    if held.limit is None and held.rate is None:
        return Held(False, "taken, but the platform does not show what it holds", asdict(held), shown=False)
    names = ("limit", "rate", "premium_limit", "premium_rate") if premium else ("limit", "rate")
    apart = [name for name in names if not _same(name, wanted[name], getattr(held, name))]
    words = ", ".join(f"{name}: wanted {wanted[name]}, held {getattr(held, name)}" for name in apart)
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
