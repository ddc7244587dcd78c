"""The proof that writing one class's capacity does not harm its series, on one site.

Knows what harm looks like. It writes to a series that nobody has booked, reads back, and writes back what was.
"""

from __future__ import annotations

from connectors.errors import ConnectorError, Rejected, TryAgain
from connectors.mindbody.pushes import Series, class_of, series_of, write
from connectors.platform import Api
from connectors.records import Fetched

CALM = 60.0  # seconds after which reads show what was written back: a proof must not begin from a number of its own


def prove(api: Api, session_id: str) -> None:
    """Find out on a series without bookings whether a one-day window touches that day alone.

    Raises Rejected with what was seen where it harms the series (which is then written back as far as this API allows),
    TryAgain where the platform does not show the change yet.
    """
    wanted = class_of(api, session_id)
    before = series_of(api, wanted)
    trial = _trial_value(wanted, before)
    after = _after(api, before, wanted, trial)
    seen = _harm(before, after, session_id)
    shown = session_id in after.classes and after.classes[session_id].record.online_capacity == trial
    write(api, before, wanted, wanted.record.online_capacity or 0, None if shown and not seen else before.span)
    if seen:
        raise Rejected(
            f"The proof failed, so capacities are not written on this site: {'; '.join(seen)}.", code="Unsafe"
        )
    if not shown:
        raise TryAgain("Mindbody does not show the new capacity yet: nothing is proven.", after=CALM)


def _after(api: Api, before: Series, wanted: Fetched, trial: int) -> Series:
    """The series once the trial is written. Where that breaks off, what was is written back before it is raised: the
    next proof would take the trial for the studio's own number. Raises Rejected where it can't be.
    """
    written = False
    try:
        write(api, before, wanted, trial)
        written = True
        return series_of(api, wanted)
    except ConnectorError as error:
        if not written and not (isinstance(error, TryAgain) and error.unknown):
            raise
        own = wanted.record.online_capacity or 0
        try:
            write(api, before, wanted, own, before.span)
        except ConnectorError as worse:
            left = f"class {wanted.record.external_id} may still have {trial} places online instead of {own}"
            raise Rejected(f"The proof broke off ({error}), and {left}: set it back by hand.") from worse
        raise


def _trial_value(wanted: Fetched, series: Series) -> int:
    """An online capacity that differs by one and hurts nobody."""
    session = wanted.record
    if any(each.record.booked != 0 for each in series.classes.values()):
        raise Rejected("The proof needs a series that nobody has booked: make one for it, of two weeks or more.")
    if len(series.classes) < 2:
        raise Rejected("The proof needs a series with at least two classes still to come.")
    if session.capacity is None or not session.online_capacity:
        raise Rejected("The proof needs a class with a capacity, and at least one place online.")
    return int(session.online_capacity) - 1


def _harm(before: Series, after: Series, session_id: str) -> list[str]:
    """What a write did beyond what was asked, in words."""
    seen = []
    if before.span != after.span:
        seen.append(f"the series now runs from {after.span[0]} to {after.span[1]}")
    gone, new = before.classes.keys() - after.classes.keys(), after.classes.keys() - before.classes.keys()
    if gone or new:
        seen.append(f"{len(gone)} of its classes are gone and {len(new)} are new")
    changed = [
        key
        for key in before.classes.keys() & after.classes.keys()
        if key != session_id and _differs(before, after, key)
    ]
    if changed:
        seen.append(f"{len(changed)} of its other classes changed")
    return seen


def _differs(before: Series, after: Series, key: str) -> bool:
    old, new = before.classes[key].record, after.classes[key].record
    return any(
        getattr(old, name) != getattr(new, name)
        for name in ("starts_at", "ends_at", "capacity", "online_capacity", "booked", "status", "instructor_id")
    )
