"""A day that is asked for in the address of a page."""

from __future__ import annotations

from datetime import date

from flask import abort, request

FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)  # beyond, the hours of a day in a zone may leave the calendar


def day_asked_for(name: str) -> date | None:
    """The day under this name; None: none was named. What is no day of these times is a 400."""
    text = request.args.get(name, "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)
    return day if day is None or FIRST <= day <= LAST else abort(400)
