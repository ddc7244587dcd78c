"""Why a number is what it is, in words a studio uses: parts that sum exactly to it, the rule that binds, what one more takes."""

from __future__ import annotations

from adapter.smarttools.curves import keys_of, still_to_come
from adapter.smarttools.facts import DIRECT, MARKETPLACE, Reservations, Sessions
from adapter.smarttools.forecast import Forecast
from adapter.smarttools.judge import Books, Verdict
from adapter.smarttools.model import Model
from adapter.smarttools.money import major

DAY = 24.0

ONE_MORE = {
    "cancelled": "Nothing: the class is cancelled.",
    "started": "Nothing: the class has started.",
    "no_capacity": "A capacity: the booking platform does not say how many places the class has.",
    "full": "A place that becomes free.",
    "release_all": "A place that becomes free: every free place is already listed.",
    "risk_limit": "A higher limit on the risk of turning a direct client away, or fewer direct bookings still expected.",
    "min_spots": "A higher Minimum Spots, or so few direct bookings still expected that the place is worth more sold.",
}


def explained(
    sessions: Sessions,
    reservations: Reservations,
    books: Books,
    expected: Forecast,
    verdict: Verdict,
    index: int,
    at: float,
    model: Model,
) -> dict[str, object]:
    """The explanation of one session's verdict, ready for JSON."""
    return {
        "session_id": sessions.ids[index],
        "parts": spot_parts(sessions, books, verdict, index),
        "rate_parts": rate_parts(verdict, int(sessions.digits[index])),
        "binding": verdict.reason,
        "rate_binding": verdict.rate.binding,
        "one_more": one_more(verdict),
        "signals": signals(sessions, reservations, books, expected, index, at, model),
    }


def spot_parts(sessions: Sessions, books: Books, verdict: Verdict, index: int) -> list[dict[str, object]]:
    """Places, what takes them, what is kept, what a rule adds: summing to ``spots``."""
    capacity = sessions.capacity[index]
    if verdict.reason == "no_capacity":
        return [_part("places not known, so none is listed", 0)]
    places = int(capacity) if capacity == capacity else 0
    taken = {
        "booked direct": int(books.direct[index]),
        "booked through the marketplace": int(books.marketplace[index]),
        "booked through others": int(books.third_party[index]),
    }
    parts = [_part("places", places)]
    parts += [_part(label, -count) for label, count in taken.items() if count]
    over = sum(taken.values()) - places
    if over > 0:
        parts.append(_part("booked beyond the places", over))
    return parts + [part for part in _rules(verdict) if part["value"]]


def _rules(verdict: Verdict) -> list[dict[str, object]]:
    if verdict.reason in {"cancelled", "started"}:
        return [
            _part(
                f"not listed: the class {'is cancelled' if verdict.reason == 'cancelled' else 'has started'}",
                -verdict.free,
            )
        ]
    forced = verdict.spots - verdict.allowed
    return [
        _part("kept for expected direct", verdict.proposed + verdict.premium_spots - verdict.free),
        _part("kept by the limit on displacement risk", verdict.allowed - verdict.proposed),
        _part("listed because of Minimum Spots", forced),
        _part("offered as Premium instead", -verdict.premium_spots),
    ]


def rate_parts(verdict: Verdict, digits: int) -> list[dict[str, object]]:
    """Steps to the rate, in the currency, summing to it."""
    rate = verdict.rate
    parts = [
        _part("best rate with places to spare", major(rate.free_units, digits)),
        _part("because places may be needed", major(rate.wanted - rate.free_units, digits)),
        _part("kept near the rate in force", major(rate.units - rate.wanted, digits)),
    ]
    return [parts[0], *(part for part in parts[1:] if part["value"])]


def one_more(verdict: Verdict) -> str:
    """What would list one spot more."""
    if verdict.reason in ONE_MORE:
        return ONE_MORE[verdict.reason]
    if verdict.next_place == float("inf"):
        return ONE_MORE["release_all"]
    return f"The next place is worth {verdict.next_place:.2f} kept, more than it would bring sold: fewer direct bookings expected."


def signals(
    sessions: Sessions,
    reservations: Reservations,
    books: Books,
    expected: Forecast,
    index: int,
    at: float,
    model: Model,
) -> dict[str, float | int]:
    """The named signals behind the number (SS-10); one that is not known is left out."""
    found: dict[str, float | int] = {
        "free_places": max(int(sessions.capacity[index]) - int(books.active[index]), 0)
        if sessions.capacity[index] == sessions.capacity[index]
        else 0,
        "hours_to_start": round(float(expected.lead[index]), 2),
        "share_of_direct_bookings_to_come": round(float(expected.to_come[index]), 4),
        "usual_direct_bookings": round(float(expected.level[index]), 3),
        "direct_bookings_to_come": round(float(expected.remaining[index]), 3),
        "weeks_known": model.level.weeks.get(sessions.slot[index], 0),
    }
    if sessions.capacity[index] == sessions.capacity[index]:
        found["capacity"] = int(sessions.capacity[index])
    season = model.level.season.get(f"{sessions.studio[index]}|{sessions.month[index]}")
    if season is not None:
        found["season"] = round(season, 4)
    return found | _velocity(sessions, reservations, expected, index, at, model)


def _velocity(
    sessions: Sessions, reservations: Reservations, expected: Forecast, index: int, at: float, model: Model
) -> dict[str, float | int]:
    """Bookings of the last day on each channel beside what is usual, where booking times are known."""
    mine = reservations.session == index
    known = mine & ~(reservations.booked > at) & (reservations.booked == reservations.booked)
    if mine.any() and not known.any():
        return {}
    lately = known & (reservations.booked > at - DAY)
    keys, lead = keys_of(sessions, index), float(expected.lead[index])
    curve = model.curves.of(keys)
    usual = float(still_to_come(curve, lead + DAY) - still_to_come(curve, lead)) * float(expected.level[index])
    return {
        "direct_bookings_last_day": int((lately & (reservations.channel == DIRECT)).sum()),
        "direct_bookings_usual_in_that_day": round(usual, 3),
        "marketplace_bookings_last_day": int((lately & (reservations.channel == MARKETPLACE)).sum()),
    }


def _part(label: str, value: float) -> dict[str, object]:
    return {"label": label, "value": value}
