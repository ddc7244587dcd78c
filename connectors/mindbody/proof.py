"""The proof that writing one class's capacity does not harm its series, on one site.

Knows what harm looks like. It writes to a series that nobody has booked, reads back, and writes back what was.
"""

from __future__ import annotations

from datetime import timedelta

from connectors.errors import ConnectorError, Rejected, TryAgain
from connectors.mindbody.pushes import Series, class_of, day_of, series_of, write
from connectors.platform import Api, Trial, TrialNote
from connectors.records import Fetched

CALM = 60.0  # seconds after which reads show what was written back: a proof must not begin from a number of its own


def prove(api: Api, session_id: str, note: TrialNote) -> None:
    """Find out on a series without bookings whether a one-day window touches that day alone.

    Raises Rejected with what was seen where it harms the series (which is then written back as far as this API allows),
    TryAgain where the platform does not show the change yet. What is tried stands in ``note`` until it is taken back.
    """
    wanted = class_of(api, session_id)
    before = series_of(api, wanted)
    written = _trial_value(wanted, before)
    trial = Trial(session_id, wanted.record.online_capacity or 0, written, before.span, api.now)
    note.begin(trial)
    after = _after(api, before, wanted, trial, note)
    seen = _harm(before, after, session_id)
    shown = session_id in after.classes and after.classes[session_id].record.online_capacity == trial.written
    write(api, before, wanted, trial.online, None if shown and not seen else before.span)
    note.end(trial)
    if seen:
        raise Rejected(
            f"The proof failed, so capacities are not written on this site: {'; '.join(seen)}.", code="Unsafe"
        )
    if not shown:
        raise TryAgain("Mindbody does not show the new capacity yet: nothing is proven.", after=CALM)


def take_back(api: Api, trial: Trial) -> None:
    """Undo a trial of which nobody knows how far it came: its process died. A number set by somebody since stays.

    Raises TryAgain where Mindbody may not show yet what was written, Rejected where it refuses.
    """
    wanted = class_of(api, trial.session)
    series, held = series_of(api, wanted), wanted.record.online_capacity
    cut = {text[:10] for text in series.span} == {day_of(api, wanted)[:10]} and series.span != trial.span
    if held == trial.written or cut:
        own = trial.online if held in (None, trial.online, trial.written) else held
        write(api, series, wanted, own, trial.span if cut else None)
    elif held == trial.online and api.now < trial.at + timedelta(seconds=CALM):
        raise TryAgain("Mindbody may not show yet what a proof that broke off wrote.", after=CALM)


def _after(api: Api, before: Series, wanted: Fetched, trial: Trial, note: TrialNote) -> Series:
    """The series once the trial is written. Where that breaks off, what was is written back before it is raised: the
    next proof would take the trial for the studio's own number. Raises Rejected where it can't be.
    """
    written = False
    try:
        write(api, before, wanted, trial.written)
        written = True
        return series_of(api, wanted)
    except ConnectorError as error:
        if written or (isinstance(error, TryAgain) and error.unknown):
            _write_back(api, before, wanted, trial, error)
        note.end(trial)
        raise


def _write_back(api: Api, before: Series, wanted: Fetched, trial: Trial, error: ConnectorError) -> None:
    try:
        write(api, before, wanted, trial.online, before.span)
    except ConnectorError as worse:
        left = f"class {trial.session} may still have {trial.written} places online instead of {trial.online}"
        raise Rejected(f"The proof broke off ({error}), and {left}: set it back by hand.") from worse


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
