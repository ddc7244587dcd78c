"""A period, its change and a statement as plain values for JSON: what the command line and the API say. Asks nobody.

Amounts are decimal strings in their currency; what a floor is, or whether a rate is one, is said nowhere (SR-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapter.guarantee.rounding import as_money, in_units
from adapter.marketplace.payouts.causes import WORDS
from adapter.marketplace.payouts.change import PARTS, Parts, Split
from adapter.marketplace.payouts.days import Days
from adapter.marketplace.payouts.sums import Sum, by_venue, totals_of
from adapter.marketplace.payouts.view import Period, Shown
from adapter.showing.currency import digits
from adapter.store.tables import PayoutDifference, PayoutLine, PayoutStatement

Json = dict[str, Any]
AMOUNTS = ("amount", "franchisor", "studio", "tax")
COUNTS = ("places", "late_cancelled", "rebooked", "trials")


def tell_period(period: Period, change: Mapping[str, Split]) -> Json:
    """The period's totals, final and provisional, by currency and venue, and its change since the one before."""
    return {
        "from": period.days.first,
        "to": period.days.last,
        "unpriced": period.unpriced,
        "unentered": period.unentered,
        "totals": [
            {
                "currency": total.whole.currency,
                "final": tell_sum(total.final),
                "provisional": tell_sum(total.provisional),
                "whole": tell_sum(total.whole),
            }
            for total in totals_of(period.places)
        ],
        "venues": [
            {"venue": venue, "currency": sums.currency, **tell_sum(sums)} for venue, sums in by_venue(period.places)
        ],
        "change": tell_change(change, period.days.before),
    }


def tell_sum(sums: Sum) -> Json:
    """Counts and amounts."""
    return {name: getattr(sums, name) for name in COUNTS} | {name: sums.money(name) for name in AMOUNTS}


def tell_franchise(period: Period) -> list[Json]:
    """What a franchisor sees: venues, and its own part (J8)."""
    return [
        {"venue": venue, "currency": sums.currency, "places": sums.places, "franchisor": sums.money("franchisor")}
        for venue, sums in by_venue(period.places)
    ]


def tell_change(change: Mapping[str, Split], against: Days) -> list[Json]:
    """The change by currency, and by venue and class."""
    return [
        {
            "currency": currency,
            "against": {"from": against.first, "to": against.last},
            **_parts(found.whole, digits(currency)),
            "cells": [
                {"venue": venue, "class": name, **_parts(parts, digits(currency))}
                for (venue, name), parts in found.cells.items()
            ],
        }
        for currency, found in change.items()
    ]


def _parts(parts: Parts, places: int) -> Json:
    return {name: as_money(getattr(parts, name), places) for name in ("before", "after", "change", *PARTS)}


def tell_place(place: Shown) -> Json:
    """One place with its lines."""
    places = digits(place.currency)
    return {
        "reservation": place.number,
        "session_id": place.held.id,
        "starts_at": place.held.starts_at,
        "day": place.day,
        "venue": place.held.venue,
        "class_name": place.held.name,
        "product": place.product,
        "premium": list(place.sold.reasons) if place.sold else [],
        "reason": place.reason,
        "state": "final" if place.final else "provisional",
        "currency": place.currency,
        "rate": f"{place.rate:.{places}f}",
        "amount": as_money(place.amount, places),
        "franchisor": as_money(place.franchisor, places),
        "tax": as_money(in_units(place.tax, 0), places),
        "lines": [_line(line, places) for line in place.lines],
    }


def _line(line: PayoutLine, places: int) -> Json:
    return {
        "at": line.at,
        "kind": line.kind,
        "reason": line.reason,
        "amount": as_money(line.amount, places),
        "franchisor": as_money(line.franchisor, places),
        "why": line.why,
    }


def tell_statement(row: PayoutStatement) -> Json:
    """A statement that was compared, with its sums by class and cause."""
    return {
        "id": row.id,
        "name": row.name,
        "digest": row.digest,
        "from": row.first_day,
        "to": row.last_day,
        "rows": row.rows,
        "uploaded_at": row.uploaded_at,
        "sums": [tell_cause(found) for found in row.sums],
        "totals": list(_totals(row.sums)),
    }


def tell_cause(found: Mapping[str, Any]) -> Json:
    """One class and cause of a statement: how many, ours, theirs, and theirs less ours."""
    words = WORDS.get(found["cause"] or "", "")
    told = {name: found[name] for name in ("class", "cause", "currency", "entries")}
    return told | {"words": words} | _both(found["ours"], found["theirs"], found["currency"])


def _both(ours: int, theirs: int, currency: str) -> Json:
    amounts = {"ours": ours, "theirs": theirs, "difference": theirs - ours}
    return {name: as_money(amount, digits(currency)) for name, amount in amounts.items()}


def _totals(sums: Sequence[Mapping[str, Any]]) -> Iterable[Json]:
    for currency in sorted({found["currency"] for found in sums}):
        mine = [found for found in sums if found["currency"] == currency]
        ours, theirs = (sum(found[name] for found in mine) for name in ("ours", "theirs"))
        yield {"currency": currency, **_both(ours, theirs, currency)}


def tell_difference(row: PayoutDifference) -> Json:
    """One difference and its cause."""
    return {
        "position": row.position,
        "class": row.kind,
        "cause": row.cause,
        "words": WORDS[row.cause],
        "named": row.named,
        "reservation": row.reservation,
        "rows": row.file_rows,
        "currency": row.currency,
        **_both(row.ours, row.theirs, row.currency),
    }
