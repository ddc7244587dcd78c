"""From JSON to a case: the shapes of the interface, and what is refused beside a wrong shape.

Knows what a case must look like and what contradicts itself in it; knows no rule of the guarantee.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from adapter.guarantee import case as facts
from adapter.guarantee.case import Case
from adapter.guarantee.readings import read_readings
from adapter.guarantee.shapes import (
    CaseError,
    amount,
    currency,
    day,
    flag,
    identifier,
    instant,
    listed,
    null_or,
    one_of,
    rate,
    shape,
    text,
    unbounded,
    whole,
    zone,
)
from adapter.guarantee.terms import TERMS, Terms

REQUIREMENTS = ("subscriber", "agreement", "inventory", "payout_set", "smarttools")
SINCE = {"from": "since"}


def read_case(value: Any) -> Case:
    """The case, checked. Raises CaseError, which says where it is wrong."""
    case = _CASE(value)
    _check_ids(case)
    _check_references(case)
    return case


def _version(value: Any) -> int:
    if value != 1 or type(value) is not int:
        raise CaseError("must be 1")
    return 1


def _terms(value: Any) -> Terms:
    if not isinstance(value, str) or value not in TERMS:
        raise CaseError(f"must be a version of the terms: {', '.join(TERMS)}")
    return TERMS[value]


_BUSINESS = shape(
    facts.Business,
    {
        "id": identifier,
        "currency": currency,
        "timezone": zone,
        "cancellation_policy_hours": whole(),
        "sign_up": one_of("assisted", "online_tool"),
        "platform": text,
    },
    {"owes": amount, "history_from": day},
)
_VENUE = shape(facts.Venue, {"id": identifier, "timezone": zone}, {"currency": currency, "opened_on": day})
_PARTICIPATION = shape(
    facts.Participation,
    {"acknowledged_at": null_or(instant), "earlier_participation": flag},
    {"displayed_start_date": day},
)
_SHAPED_HELD = shape(
    facts.Held,
    {
        "requirement": one_of(*REQUIREMENTS),
        "from": unbounded(instant),
        "until": null_or(unbounded(instant)),
    },
    {"venue_id": identifier},
    SINCE,
)
_WAIVER = shape(facts.Waiver, {"requirement": one_of(*REQUIREMENTS, "once"), "reference": text, "agreed_by": text})
_BREACH = shape(
    facts.Breach,
    {
        "kind": one_of("breach", "termination", "tracking", "fraud"),
        "at": instant,
        "reason": text,
        "recorded_by": text,
    },
)
_SHAPED_ADDRESS = shape(facts.Address, {}, {"email": text, "key": identifier, "from": instant}, SINCE)


def _held(value: Any) -> facts.Held:
    held = _SHAPED_HELD(value)
    if held.requirement == "smarttools" and held.venue_id is None:
        raise CaseError("is missing: smarttools are held at a venue", ".venue_id")
    return held


def _address(value: Any) -> facts.Address:
    address = _SHAPED_ADDRESS(value)
    if (address.email is None) == (address.key is None):
        raise CaseError("must have an email, or the key of an erased one: one of the two")
    return address


def _addresses(value: Any) -> tuple[facts.Address, ...]:
    addresses = listed(_address)(value)
    begun = set()
    for place, address in enumerate(addresses):
        if address.since in begun:
            raise CaseError("begins at the same time as another address of this client", f"[{place}]")
        begun.add(address.since)
    return addresses


_CLIENT = shape(facts.Client, {"client_id": identifier, "emails": _addresses})
_MERGE = shape(facts.Merge, {"client_ids": listed(identifier)})
_KIND = one_of("drop_in", "package", "membership", "free")
_KINDS_OF_FUNDING = {
    "drop_in": shape(facts.Funding, {"kind": _KIND, "price": amount}, {"refunded": amount}),
    "package": shape(facts.Funding, {"kind": _KIND, "purchase_id": identifier}),
    "membership": shape(facts.Funding, {"kind": _KIND, "purchase_id": identifier}),
    "free": shape(facts.Funding, {"kind": _KIND}),
}


def _funding(value: Any) -> facts.Funding:
    if not isinstance(value, dict):
        raise CaseError("must be an object")
    if "kind" not in value:
        raise CaseError("is missing", ".kind")
    try:
        kind = _KIND(value["kind"])
    except CaseError as error:
        raise error.under(".kind") from None
    return _KINDS_OF_FUNDING[kind](value)


_SHAPED_RESERVATION = shape(
    facts.Reservation,
    {
        "id": identifier,
        "client_id": identifier,
        "venue_id": identifier,
        "class_id": identifier,
        "class_type": identifier,
        "channel": one_of("marketplace", "direct", "third_party", "unknown"),
        "product": null_or(one_of("standard", "premium", "a_la_carte", "trial")),
        "booked_at": null_or(instant),
        "starts_at": instant,
        "cancelled_at": null_or(instant),
        "cancelled_by": null_or(one_of("customer", "marketplace", "studio")),
        "outcome": one_of("booked", "attended", "no_show", "late_cancelled", "cancelled", "denied"),
        "payout": null_or(amount),
        "tax": amount,
        "funding": null_or(_funding),
    },
    {"rebooked_by": identifier, "timezone": zone, "record": text},
)


def _reservation(value: Any) -> facts.Reservation:
    read = _SHAPED_RESERVATION(value)
    _check_money(read)
    _check_cancellation(read)
    return read


def _check_money(read: facts.Reservation) -> None:
    if (read.payout is None) == (read.channel == "marketplace"):
        raise CaseError("a marketplace reservation has a payout, and no other has", ".payout")
    if (read.funding is None) == (read.channel == "direct"):
        raise CaseError("a direct reservation has a funding, and no other has", ".funding")


def _check_cancellation(read: facts.Reservation) -> None:
    if (read.cancelled_at is None) != (read.cancelled_by is None):
        raise CaseError("cancelled_at and cancelled_by go together", ".cancelled_by")
    if read.cancelled_at is None:
        if read.outcome in ("cancelled", "late_cancelled"):
            raise CaseError(f"is missing: the outcome is {read.outcome}", ".cancelled_at")
    elif read.booked_at is not None and read.cancelled_at < read.booked_at:
        raise CaseError("is before the booking", ".cancelled_at")


_SHAPED_PURCHASE = shape(
    facts.Purchase,
    {
        "id": identifier,
        "client_id": identifier,
        "kind": one_of("package", "membership"),
        "price": amount,
        "sessions": null_or(whole(1)),
        "bought_at": instant,
    },
    {
        "currency": currency,
        "bonus_sessions": whole(),
        "cycle_from": day,
        "cycle_until": day,
        "refunded": amount,
        "refunded_sessions": whole(),
    },
)


def _purchase(value: Any) -> facts.Purchase:
    read = _SHAPED_PURCHASE(value)
    if read.kind == "package" and read.sessions is None:
        raise CaseError("is missing: a package has a number of sessions", ".sessions")
    if read.kind == "membership" and (read.cycle_from is None or read.cycle_until is None):
        missing = "cycle_from" if read.cycle_from is None else "cycle_until"
        raise CaseError("is missing: a membership has a cycle", f".{missing}")
    return read


_SHAPED_PRICE = shape(
    facts.Price,
    {
        "id": identifier,
        "class_type": identifier,
        "venue_id": identifier,
        "kind": one_of("package", "drop_in", "equivalent"),
        "price": amount,
        "from": unbounded(day),
        "until": null_or(unbounded(day)),
    },
    {"sessions": whole(1), "intro_only": flag, "hidden": flag, "unlimited": flag, "approved_by": text},
    SINCE,
)


def _price(value: Any) -> facts.Price:
    read = _SHAPED_PRICE(value)
    if read.kind == "package" and read.sessions is None and not read.unlimited:
        raise CaseError("is missing: a package has a number of sessions", ".sessions")
    return read


def read_prices(value: Any) -> tuple[facts.Price, ...]:
    """Direct prices alone, as a case has them. Raises CaseError."""
    return listed(_price)(value)


def read_reservations(value: Any) -> tuple[facts.Reservation, ...]:
    """Reservations alone, as a case has them. Raises CaseError."""
    return listed(_reservation)(value)


_RATE = shape(
    facts.ExchangeRate, {"from": currency, "to": currency, "date": day, "rate": rate}, renamed={"from": "base"}
)


def _made(**read: Any) -> Case:
    absent = {name: () for name in ("waivers", "breaches", "merges", "fx") if read.get(name) is None}
    return Case(**(read | absent | {"readings": read.get("readings") or read_readings({})}))


_CASE = shape(
    _made,
    {
        "case_version": _version,
        "as_of": instant,
        "terms": _terms,
        "business": _BUSINESS,
        "venues": listed(_VENUE),
        "participation": _PARTICIPATION,
        "eligibility": listed(_held),
        "people": listed(_CLIENT),
        "reservations": listed(_reservation),
        "purchases": listed(_purchase),
        "pricing": listed(_price),
    },
    {
        "readings": read_readings,
        "waivers": listed(_WAIVER),
        "breaches": listed(_BREACH),
        "merges": listed(_MERGE),
        "fx": listed(_RATE),
    },
)


def _check_ids(case: Case) -> None:
    _once("venues", "id", (venue.id for venue in case.venues))
    _once("people", "client_id", (client.client_id for client in case.people))
    _once("reservations", "id", (reservation.id for reservation in case.reservations))
    _once("purchases", "id", (purchase.id for purchase in case.purchases))
    _once("pricing", "id", (price.id for price in case.pricing))
    _once("fx", "date", ((rate.base, rate.to, rate.date) for rate in case.fx))


def _once(table: str, key: str, ids: Iterable[object]) -> None:
    seen = set()
    for place, given in enumerate(ids):
        if given in seen:
            raise CaseError("is given twice", f"{table}[{place}].{key}")
        seen.add(given)


def _check_references(case: Case) -> None:
    venues = {venue.id for venue in case.venues}
    clients = {client.client_id for client in case.people}
    purchases = {purchase.id for purchase in case.purchases}
    reservations = {reservation.id for reservation in case.reservations}
    for place, read in enumerate(case.reservations):
        where = f"reservations[{place}]"
        _leads(read.client_id, clients, f"{where}.client_id", "client")
        _leads(read.venue_id, venues, f"{where}.venue_id", "venue")
        if read.rebooked_by is not None:
            _leads(read.rebooked_by, reservations, f"{where}.rebooked_by", "reservation")
        if read.funding is not None and read.funding.purchase_id is not None:
            _leads(read.funding.purchase_id, purchases, f"{where}.funding.purchase_id", "purchase")
    _check_other_references(case, venues, clients)


def _check_other_references(case: Case, venues: Collection[str], clients: Collection[str]) -> None:
    for place, held in enumerate(case.eligibility):
        if held.venue_id is not None:
            _leads(held.venue_id, venues, f"eligibility[{place}].venue_id", "venue")
    for place, merge in enumerate(case.merges):
        for client_id in merge.client_ids:
            _leads(client_id, clients, f"merges[{place}].client_ids", "client")
    for place, purchase in enumerate(case.purchases):
        _leads(purchase.client_id, clients, f"purchases[{place}].client_id", "client")
    for place, price in enumerate(case.pricing):
        _leads(price.venue_id, venues, f"pricing[{place}].venue_id", "venue")


def _leads(given: str, known: Collection[str], path: str, what: str) -> None:
    if given not in known:
        raise CaseError(f"there is no such {what} in the case", path)
