"""A period's places for a spreadsheet, under the columns that a payout statement may have: it can be read back."""

from __future__ import annotations

from adapter.guarantee.rounding import as_money, in_units
from adapter.marketplace.payouts.view import Period, Shown
from adapter.showing import spreadsheets
from adapter.showing.currency import digits

COLUMNS = (
    *("date", "class", "venue", "reservation", "product", "status", "currency", "amount"),
    *("franchisor", "tax", "booked at", "final", "corrections"),
)


def period_as_csv(period: Period) -> str:
    """The places, one a row."""
    return spreadsheets.as_csv(COLUMNS, (_cells(place) for place in period.places))


def _cells(place: Shown) -> tuple[str, ...]:
    places = digits(place.currency)
    return (
        place.day.isoformat(),
        place.held.name,
        place.held.venue,
        place.number,
        place.product or "",
        place.reason,
        place.currency,
        as_money(place.amount, places),
        as_money(place.franchisor, places),
        as_money(in_units(place.tax, 0), places),
        f"{place.rate:.{places}f}",
        "yes" if place.final else "no",
        "; ".join(line.why for line in place.lines if line.why),
    )
