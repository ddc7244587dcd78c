"""A statement for a spreadsheet. It says the same as the JSON, which alone is signed; so does ``paper``."""

from __future__ import annotations

from typing import Any

from adapter.showing import spreadsheets

COLUMNS = (
    "reservation_id",
    "person",
    "qualifying",
    "reason",
    "payout",
    "switcher_revenue",
    "lost_revenue",
    "tax",
    "retail_rate",
    "switcher",
    "lost",
    "record",
)


def as_csv(body: dict[str, Any]) -> str:
    """The lines, one a row."""
    return spreadsheets.as_csv(COLUMNS, ([line.get(column) for column in COLUMNS] for line in body["lines"]))
